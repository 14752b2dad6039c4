"""For whom a session acts on the word of an application: until it ends, in that session alone, and never as sealed."""

from typing import Any

import psycopg
import pytest

from tests.support import Connect, Login, admin_connection, events, one


@pytest.fixture(autouse=True)
def table(postgresql: psycopg.Connection) -> None:
    """A watched table that any login may change."""
    postgresql.execute("create table public.things (id bigint generated always as identity, note text)")
    postgresql.execute("grant all on public.things to public")
    postgresql.execute("select audit.watch('public.things', 'THING')")


def change(connection: psycopg.Connection[Any]) -> None:
    connection.execute("insert into public.things (note) values ('x')")


def actors(connection: psycopg.Connection[Any]) -> list[tuple[object, object]]:
    return [(row["user_id"], row["actor_proof"]) for row in events(connection, "entity_type = 'THING'")]


def test_a_session_acts_for_a_user_until_it_resets(
    postgresql: psycopg.Connection, login: Login, connect: Connect
) -> None:
    """Every transaction of the session, past a context of one transaction; then nobody's."""
    with connect(login("audit_app")) as connection:
        connection.execute("select audit.set_session_context('ann', '10.0.0.1', 'r1')")
        change(connection)
        with connection.transaction():
            connection.execute("select audit.set_context('bob', null, null)")
            change(connection)
        change(connection)
        connection.execute("discard all")
        change(connection)
    assert actors(postgresql) == [("ann", "service"), ("bob", "service"), ("ann", "service"), (None, "direct")]
    first = events(postgresql, "entity_type = 'THING'")[0]
    assert (str(first["ip_address"]), first["request_id"]) == ("10.0.0.1", "r1")


def test_a_setting_written_by_hand_is_a_claim(postgresql: psycopg.Connection, login: Login, connect: Connect) -> None:
    """Copied into another session, altered, or made up where none was set: recorded as what it is, and no error."""
    dsn = login("audit_app")
    with connect(dsn) as first, connect(dsn) as second:
        first.execute("select audit.set_session_context('ann', null, null)")
        (stolen,) = one(first, "select current_setting('indelible.context')")
        for session, setting in ((second, stolen), (second, "session"), (first, stolen.replace("ann", "root"))):
            session.execute("select set_config('indelible.context', %s, false)", (setting,))
            change(session)
    assert actors(postgresql) == [(None, "direct")] * 3
    assert all(row["metadata"]["claim"] for row in events(postgresql, "entity_type = 'THING'"))


def test_who_is_no_application_names_nobody(postgresql: psycopg.Connection, login: Login, connect: Connect) -> None:
    """A superuser's word is a claim; a login outside audit_app finds the door shut."""
    with admin_connection(postgresql) as connection:
        connection.execute("select audit.set_session_context('ann', null, null)")
        change(connection)
    assert actors(postgresql) == [(None, "direct")]
    with connect(login("audit_writer")) as stranger, pytest.raises(psycopg.errors.InsufficientPrivilege):
        stranger.execute("select audit.set_session_context('ann', null, null)")


@pytest.mark.parametrize("claimed", ["sealed", "direct", "client"])
def test_a_session_proves_no_more_than_a_word(postgresql: psycopg.Connection, claimed: str) -> None:
    """The number that a session remembers is no signature: a body made to match it is still the application's word."""
    context = f"session(root,,,{claimed},)"
    with admin_connection(postgresql) as connection:
        connection.execute("select setval('audit_private.session_context', hashtextextended(%s, 0))", (context,))
        connection.execute("select set_config('indelible.context', %s, false)", (context,))
        change(connection)
    assert actors(postgresql) == [("root", "service")]
