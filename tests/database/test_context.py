"""For whom a transaction acts: what the database believes, and what it merely notes."""

import psycopg
import pytest

from tests.support import Connect, Login, admin_connection, events, last_id, one

FORGERIES = [
    "sealed\x1froot\x1f10.0.0.1\x1fr\x1f" + "0" * 64,
    "root",
    "\x1f",
    "x" * 10_000,
    "service\x1froot\x1f\x1f\x1f" + "f" * 63 + "g",
]


@pytest.fixture
def table(postgresql: psycopg.Connection) -> str:
    """A watched table that any login may change."""
    postgresql.execute("create table public.things (id bigint primary key, note text)")
    postgresql.execute("grant all on public.things to public")
    postgresql.execute("select audit.watch('public.things', 'THING')")
    postgresql.commit()
    return "public.things"


def change(connection: psycopg.Connection, key: int) -> None:
    connection.execute("insert into public.things values (%s, 'x')", (key,))


@pytest.mark.usefixtures("table")
def test_trusted_application_names_the_user(postgresql: psycopg.Connection, login: Login, connect: Connect) -> None:
    """A login in audit_app acts for a user in one transaction, and in that one alone."""
    with connect(login("audit_app")) as connection:
        with connection.transaction():
            connection.execute("select audit.set_context('ann', '10.0.0.1', 'r1')")
            change(connection, 1)
        change(connection, 2)
        name = connection.info.user
    first, second = events(postgresql, "entity_type = 'THING'")
    assert (first["user_id"], str(first["ip_address"]), first["request_id"]) == ("ann", "10.0.0.1", "r1")
    assert (first["actor_proof"], first["db_user"]) == ("service", name)
    assert (second["user_id"], second["actor_proof"], second["db_user"]) == (None, "direct", name)


@pytest.mark.usefixtures("table")
def test_savepoints_keep_the_context(postgresql: psycopg.Connection, login: Login, connect: Connect) -> None:
    """Nested transactions act for the same user, after a rollback to a savepoint too."""
    with connect(login("audit_app")) as connection, connection.transaction():
        connection.execute("select audit.set_context('ann', null, null)")
        with connection.transaction(force_rollback=True):
            change(connection, 1)
        with connection.transaction():
            change(connection, 2)
    (event,) = events(postgresql, "entity_type = 'THING'")
    assert (event["user_id"], event["entity_id"]) == ("ann", "2")


@pytest.mark.usefixtures("table")
def test_logins_outside_audit_app_have_no_context(
    postgresql: psycopg.Connection, login: Login, connect: Connect
) -> None:
    """Without audit_app the door is shut (42501)."""
    refused = pytest.raises(psycopg.errors.InsufficientPrivilege)
    with connect(login("audit_writer", "audit_admin")) as connection, refused:
        connection.execute("select audit.set_context('ann', null, null)")


@pytest.mark.usefixtures("table")
def test_a_superuser_poses_as_nobody(postgresql: psycopg.Connection) -> None:
    """pg_has_role says yes for a superuser; the log does not, and keeps the claim."""
    with admin_connection(postgresql) as connection, connection.transaction():
        connection.execute("select audit.set_context('ann', '10.0.0.1', 'r1')")
        change(connection, 1)
    (event,) = events(postgresql, "entity_type = 'THING'")
    assert event["user_id"] is None and event["ip_address"] is None and event["actor_proof"] == "direct"
    assert "ann" in event["metadata"]["claim"]


@pytest.mark.usefixtures("table")
def test_who_has_the_owners_rights_proves_nothing(
    postgresql: psycopg.Connection, login: Login, connect: Connect
) -> None:
    """Such a login could write anything into the log, as a superuser could: what it says of a user stays a claim."""
    with connect(login("audit_app", "audit_owner")) as connection, connection.transaction():
        connection.execute("select audit.set_context('ann', null, null)")
        change(connection, 1)
    (event,) = events(postgresql, "entity_type = 'THING'")
    assert (event["user_id"], event["actor_proof"]) == (None, "direct")
    assert "ann" in event["metadata"]["claim"]


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize("forgery", FORGERIES)
def test_forged_settings_are_claims(
    postgresql: psycopg.Connection, login: Login, connect: Connect, forgery: str
) -> None:
    """Any client can set any custom setting; without the key it proves nothing."""
    with connect(login("audit_app")) as connection, connection.transaction():
        connection.execute("select set_config('indelible.context', %s, true)", (forgery,))
        change(connection, 1)
    (event,) = events(postgresql, "entity_type = 'THING'")
    assert event["user_id"] is None and event["actor_proof"] == "direct" and event["metadata"]["claim"]
    assert "\x1f" not in event["metadata"]["claim"]


@pytest.mark.usefixtures("table")
def test_a_copied_context_is_worthless_elsewhere(
    postgresql: psycopg.Connection, login: Login, connect: Connect
) -> None:
    """The context is bound to transaction and backend: replayed in either it is a claim."""
    dsn = login("audit_app")
    with connect(dsn) as first, connect(dsn) as second:
        with first.transaction():
            first.execute("select audit.set_context('ann', null, null)")
            (stolen,) = one(first, "select current_setting('indelible.context')")
            with second.transaction():
                second.execute("select set_config('indelible.context', %s, true)", (stolen,))
                change(second, 1)
        with first.transaction():
            first.execute("select set_config('indelible.context', %s, true)", (stolen,))
            change(first, 2)
        first.execute("select set_config('indelible.context', %s, false)", (stolen,))
        change(first, 3)
    rows = events(postgresql, "entity_type = 'THING'")
    assert [row["user_id"] for row in rows] == [None, None, None]


@pytest.mark.usefixtures("table")
def test_settings_of_the_session_do_not_break_the_proof(
    postgresql: psycopg.Connection, login: Login, connect: Connect
) -> None:
    """The proof does not rest on anything a client may set, such as time zone or date style."""
    with connect(login("audit_app")) as connection, connection.transaction():
        connection.execute("select audit.set_context('ann', null, null)")
        connection.execute("set local timezone = 'Asia/Tokyo'")
        connection.execute("set local datestyle = 'SQL, DMY'")
        connection.execute("set local bytea_output = 'escape'")
        connection.execute("set local search_path = pg_temp")
        change(connection, 1)
    (event,) = events(postgresql, "entity_type = 'THING'")
    assert event["user_id"] == "ann"


@pytest.mark.usefixtures("table")
def test_hostile_user_ids_stay_one_field(postgresql: psycopg.Connection, login: Login, connect: Connect) -> None:
    """A user id cannot carry a separator into the next field, nor end a line."""
    hostile = "ann\x1f1.2.3.4\x1ffake\r\nroot"
    with connect(login("audit_app")) as connection, connection.transaction():
        connection.execute("select audit.set_context(%s, null, %s)", (hostile, "r\x1fr"))
        change(connection, 1)
    (event,) = events(postgresql, "entity_type = 'THING'")
    assert event["user_id"] == "ann\ufffd1.2.3.4\ufffdfake\ufffd\ufffdroot"
    assert event["request_id"] == "r\ufffdr" and event["ip_address"] is None


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize(
    "sealed", ["", "zz", "00." + "0" * 64, "0." + "0" * 64, "'; drop table x; --", "ff." + "a" * 64]
)
def test_forged_sealed_contexts_name_nobody(
    postgresql: psycopg.Connection, login: Login, connect: Connect, sealed: str
) -> None:
    """A sealed context that this database did not make is noted, not believed, and breaks nothing."""
    with connect(login("audit_app")) as connection, connection.transaction():
        connection.execute("select audit.set_context(%s)", (sealed,))
        change(connection, 1)
    (event,) = events(postgresql, "entity_type = 'THING'")
    assert event["user_id"] is None and event["actor_proof"] == "direct"
    assert "sealed context" in event["metadata"]["claim"]


def test_secrets_are_out_of_reach(postgresql: psycopg.Connection, login: Login, connect: Connect) -> None:
    """No group reads the keys or calls what signs with them."""
    dsn = login("audit_app", "audit_writer", "audit_admin", "audit_investigator", "audit_sealer", "iam_admin")
    before = last_id(postgresql)
    for statement in (
        "select * from audit_private.secrets",
        "select audit_private.mac('context', 'x')",
        "select audit_private.seal_context('root', null, null, 1)",
        "select audit_private.append(null, 'ROW_INSERTED')",
    ):
        with connect(dsn) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement.encode())
    assert last_id(postgresql) == before
