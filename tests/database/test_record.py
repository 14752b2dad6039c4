"""Events enter through one door, which stamps what must be true and refuses what may not be said."""

import datetime

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.support import Connect, Login, events, last_id, one


def define(connection: psycopg.Connection, code: str, origin: str = "service") -> None:
    connection.execute("select audit.define_action(%s, 'A test.', %s)", (code, origin))
    connection.commit()


def test_recorded_event_carries_the_truth(postgresql: psycopg.Connection, login: Login, connect: Connect) -> None:
    """Who wrote it, when and in which transaction is stamped by the database."""
    define(postgresql, "TEST_DONE")
    with connect(login("audit_writer", "audit_app")) as connection:
        name = connection.info.user
        (number,) = one(
            connection,
            "select audit.record('TEST_DONE', 'THING', '7', 'did it', 'failure', %s, null, 'ann', '10.0.0.1', 'r1')",
            Jsonb({"reason": "x"}),
        )
    (event,) = events(postgresql, "id = %s", number)
    assert (event["user_id"], event["db_user"], event["actor_proof"]) == ("ann", name, "service")
    assert (event["entity_type"], event["entity_id"], event["outcome"]) == ("THING", "7", "failure")
    assert str(event["ip_address"]) == "10.0.0.1" and event["request_id"] == "r1"
    assert event["metadata"] == {"reason": "x"} and event["time_source"] == "database"
    assert event["created_at"] == event["recorded_at"]


@pytest.mark.parametrize(
    ("code", "sqlstate"),
    [
        ("NEVER_DEFINED", "ID002"),
        (None, "ID002"),
        ("", "ID002"),
        ("ROW_INSERTED", "ID003"),
        ("AUTH_LOGIN_SUCCEEDED", "ID003"),
        ("RBAC_PERMISSION_DENIED", "ID003"),
        ("AUDIT_WATCH_STOPPED", "ID003"),
        ("TEST_CLIENT", "ID003"),
    ],
)
def test_codes_of_other_origins_are_refused(
    postgresql: psycopg.Connection, login: Login, connect: Connect, code: str | None, sqlstate: str
) -> None:
    """A writer cannot forge a row change, a login, a denial, or an event of the audit itself."""
    define(postgresql, "TEST_CLIENT", "client")
    before = last_id(postgresql)
    with connect(login("audit_writer")) as connection, pytest.raises(psycopg.Error) as refusal:
        connection.execute("select audit.record(%s)", (code,))
    assert refusal.value.sqlstate == sqlstate
    assert last_id(postgresql) == before


@pytest.mark.parametrize(
    ("outcome", "metadata"),
    [("great", None), (None, None), ("success", [1]), ("success", "x"), ("success", {"big": "x" * 70_000})],
)
def test_senseless_events_are_refused(
    postgresql: psycopg.Connection, login: Login, connect: Connect, outcome: str | None, metadata: object
) -> None:
    """An outcome is one of four, metadata an object of bounded size: anything else is ID005."""
    define(postgresql, "TEST_DONE")
    with connect(login("audit_writer")) as connection, pytest.raises(psycopg.Error) as refusal:
        connection.execute(
            "select audit.record('TEST_DONE', outcome => %s, metadata => %s)",
            (outcome, None if metadata is None else Jsonb(metadata)),
        )
    assert refusal.value.sqlstate == "ID005"


@pytest.mark.parametrize(
    ("offset", "source"),
    [
        (datetime.timedelta(hours=-1), "claimed"),
        (datetime.timedelta(days=-400), "clamped"),
        (datetime.timedelta(days=1), "clamped"),
    ],
)
def test_claimed_times_are_clamped(
    postgresql: psycopg.Connection, login: Login, connect: Connect, offset: datetime.timedelta, source: str
) -> None:
    """A claimed time lies within 30 days before the database's clock, or is moved there and says so."""
    define(postgresql, "TEST_DONE")
    claimed = datetime.datetime.now(datetime.UTC) + offset
    with connect(login("audit_writer")) as connection:
        (number,) = one(connection, "select audit.record('TEST_DONE', created_at => %s)", claimed)
    (event,) = events(postgresql, "id = %s", number)
    assert event["time_source"] == source
    assert event["recorded_at"] - datetime.timedelta(days=30) <= event["created_at"] <= event["recorded_at"]
    assert (event["created_at"] == claimed) == (source == "claimed")


def test_control_characters_are_neutralised(postgresql: psycopg.Connection, login: Login, connect: Connect) -> None:
    """Line breaks, escapes and bidirectional overrides cannot fake a line of the log (CWE-117)."""
    define(postgresql, "TEST_DONE")
    with connect(login("audit_writer", "audit_app")) as connection:
        (number,) = one(
            connection,
            "select audit.record('TEST_DONE', %s, %s, %s, user_id => %s)",
            "T\r\nX",
            "\x1b[31m7",
            "a\u202eb\u2028c",
            "eve\nroot",
        )
    (event,) = events(postgresql, "id = %s", number)
    assert event["entity_type"] == "T\ufffd\ufffdX" and event["entity_id"] == "\ufffd[31m7"
    assert event["description"] == "a\ufffdb\ufffdc" and event["user_id"] == "eve\ufffdroot"


def test_a_writer_that_is_no_application_claims_nobody(
    postgresql: psycopg.Connection, login: Login, connect: Connect
) -> None:
    """Outside audit_app a claimed user is a claim, and the login is the actor."""
    define(postgresql, "TEST_DONE")
    with connect(login("audit_writer")) as connection:
        (number,) = one(connection, "select audit.record('TEST_DONE', user_id => 'ann')")
    (event,) = events(postgresql, "id = %s", number)
    assert event["user_id"] is None and event["actor_proof"] == "direct"
    assert event["metadata"]["claim"].endswith(": ann")


def test_catalogue_grows_only_by_the_outer_origins(
    postgresql: psycopg.Connection, login: Login, connect: Connect
) -> None:
    """An administrator defines codes of service and client, once; the rest belongs to Indelible."""
    with connect(login("audit_admin")) as connection:
        before = last_id(postgresql)
        for _ in range(2):
            connection.execute("select audit.define_action('SHOP_ORDER_PAID', 'An order was paid.', 'service')")
        postgresql.rollback()
        (event,) = events(postgresql, "id > %s", before)
        assert (event["action"], event["entity_id"]) == ("AUDIT_ACTION_DEFINED", "SHOP_ORDER_PAID")
        for code, description, origin, sqlstate in [
            ("SHOP_FORGED", "x", "trigger", "ID003"),
            ("SHOP_ORDER_PAID", "x", "client", "ID003"),
            ("lower_case", "x", "service", "ID005"),
            ("NOUNDERSCORE", "x", "service", "ID005"),
            ("SHOP_ORDER_LOST", "", "service", "ID005"),
        ]:
            with pytest.raises(psycopg.Error) as refusal:
                connection.execute("select audit.define_action(%s, %s, %s)", (code, description, origin))
            assert refusal.value.sqlstate == sqlstate
