"""Sessions: opaque, hashed twice, ended by time, logout, deactivation and a new password."""

import hashlib
from collections.abc import Iterator

import psycopg
import pytest

from tests.database.test_iam_login import KEY, TOKEN, attempt
from tests.support import Connect, Login, events, one


@pytest.fixture
def application(postgresql: psycopg.Connection, login: Login, connect: Connect) -> Iterator[psycopg.Connection]:
    """A login of audit_app for whom ann has just logged in with TOKEN."""
    postgresql.execute("select iam.create_user('ann', 'Ann')")
    postgresql.execute("select iam.set_password('ann', %s, 8192, 1, 1, %s)", (b"s" * 16, hashlib.sha256(KEY).digest()))
    postgresql.commit()
    with connect(login("audit_app")) as connection:
        assert attempt(connection, "ann", KEY) == "succeeded"
        yield connection


def who(connection: psycopg.Connection, token: bytes = TOKEN) -> tuple[str, str] | None:
    return connection.execute(
        "select username, sealed from iam.authenticate(%s, '10.0.0.1', 'r1')", (token,)
    ).fetchone()


def known(connection: psycopg.Connection) -> tuple[str, str]:
    found = who(connection)
    assert found is not None
    return found


def test_the_token_names_the_user(application: psycopg.Connection) -> None:
    """The token's hash finds the user; any other finds nobody."""
    assert known(application)[0] == "ann"
    assert who(application, b"x" * 32) is None
    assert who(application, hashlib.sha256(TOKEN).digest()) is None


def test_only_a_hash_of_the_hash_is_stored(postgresql: psycopg.Connection, application: psycopg.Connection) -> None:
    """What the table holds opens neither the HTTP door nor the SQL door."""
    (digest,) = one(postgresql, "select token_digest from iam.sessions")
    assert digest == hashlib.sha256(TOKEN).digest()


def test_sealed_context_acts_for_the_user(postgresql: psycopg.Connection, application: psycopg.Connection) -> None:
    """The sealed context carries user, address and request into the transaction, proven."""
    sealed = known(application)[1]
    postgresql.execute("create table public.things (id int primary key)")
    postgresql.execute("grant all on public.things to public")
    postgresql.execute("select audit.watch('public.things', 'THING')")
    postgresql.commit()
    with application.transaction():
        application.execute("select audit.set_context(%s)", (sealed,))
        application.execute("insert into public.things values (1)")
    (event,) = events(postgresql, "entity_type = 'THING'")
    assert (event["user_id"], event["actor_proof"], event["request_id"]) == ("ann", "sealed", "r1")
    assert str(event["ip_address"]) == "10.0.0.1"


def test_an_altered_seal_is_broken(application: psycopg.Connection) -> None:
    """Any changed digit makes a sealed context nobody's."""
    sealed = known(application)[1]
    for place in range(0, len(sealed), 7):
        if sealed[place] == ".":
            continue
        altered = sealed[:place] + ("0" if sealed[place] != "0" else "1") + sealed[place + 1 :]
        with application.transaction():
            row = application.execute("select iam.check_permission('x.y', %s)", (altered,)).fetchone()
        assert row == ("unauthenticated",)


@pytest.mark.parametrize(
    "statement",
    [
        "update iam.sessions set expires_at = clock_timestamp()",
        "select iam.set_active('ann', false)",
        "select iam.set_password('ann', decode(repeat('00', 16), 'hex'), 8192, 1, 1, sha256('x'))",
    ],
)
def test_sessions_end(postgresql: psycopg.Connection, application: psycopg.Connection, statement: str) -> None:
    """Expiry, deactivation and a new password end a session at once."""
    assert who(application)
    postgresql.execute(statement.encode())
    postgresql.commit()
    assert who(application) is None


def test_logout_ends_the_session_once(postgresql: psycopg.Connection, application: psycopg.Connection) -> None:
    """Logout is on record with the user; a second one finds nothing."""
    results = [application.execute("select iam.logout(%s, '10.0.0.1', 'r2')", (TOKEN,)).fetchone() for _ in range(2)]
    assert results == [(True,), (False,)]
    assert who(application) is None
    (event,) = events(postgresql, "action = 'AUTH_LOGOUT'")
    assert (event["user_id"], event["request_id"], event["actor_proof"]) == ("ann", "r2", "sealed")


def test_an_expired_seal_is_the_applications_word(
    postgresql: psycopg.Connection, application: psycopg.Connection, login: Login, connect: Connect
) -> None:
    """A request that outlives its seal keeps its user, on the application's word, while the session lasts."""
    postgresql.execute("select audit.define_action('TEST_DONE', 'A test.', 'service')")
    (sealed,) = one(
        postgresql,
        """
        select payload || '.' || encode(audit_private.mac('handoff', convert_to(payload, 'UTF8')), 'hex')
        from iam.sessions cross join lateral encode(
          convert_to('1,' || session_id || audit_private.claimed_actor('ann', '10.0.0.1', 'r1')::text, 'UTF8'), 'hex'
        ) as payload
        """,
    )
    with connect(login("audit_writer", "audit_app")) as writer:
        writer.execute("select audit.record('TEST_DONE', sealed => %s)", (sealed,))
        application.execute("select iam.logout(%s, null, null)", (TOKEN,))
        writer.execute("select audit.record('TEST_DONE', sealed => %s)", (sealed,))
    kept, ended = events(postgresql, "action = 'TEST_DONE'")
    assert (kept["user_id"], kept["actor_proof"], kept["request_id"]) == ("ann", "service", "r1")
    assert (ended["user_id"], ended["actor_proof"]) == (None, "direct")
