"""Reads of the log in SQL are themselves on record: one for each login, view and minute."""

from typing import Any

import psycopg
import pytest

from tests.support import Connect, Login, events, one, remove_guard

VIEWS = ["v_events", "v_data_changes", "v_authentication", "v_denials", "v_entity_history"]


@pytest.fixture
def drained(postgresql: psycopg.Connection[Any]) -> psycopg.Connection[Any]:
    """From here on there is a slot that keeps what is told."""
    one(postgresql, "select audit.drain()")
    return postgresql


def reads(connection: psycopg.Connection[Any], *readers: str) -> list[tuple[str, str]]:
    one(connection, "select audit.drain()")
    rows = events(connection, "action = 'AUDIT_LOG_READ' and db_user = any (%s)", list(readers))
    # A minute may end in the middle of a test.
    return sorted({(row["db_user"], row["entity_id"]) for row in rows})


@pytest.mark.parametrize("view", VIEWS)
def test_each_view_tells(drained: psycopg.Connection[Any], login: Login, connect: Connect, view: str) -> None:
    """Also where nothing is found, within READ ONLY, and when the transaction is rolled back."""
    with connect(login("audit_reader")) as reader:
        reader.execute("begin read only")
        reader.execute(f"select count(*) from audit.{view} where id = -1".encode())
        reader.execute("rollback")
        assert reads(drained, reader.info.user) == [(reader.info.user, view)]


def test_the_log_itself_and_the_functions_tell(
    drained: psycopg.Connection[Any], login: Login, connect: Connect
) -> None:
    """Investigators who read the table of the log, or rebuild and trace, name what they read."""
    drained.execute("create table public.things (id int primary key)")
    drained.execute("select audit.watch('public.things', 'THING')")
    drained.execute("insert into public.things values (1)")
    with connect(login("audit_investigator")) as reader:
        drained.execute(f"grant select on public.things to {reader.info.user}".encode())
        for query in (
            "select count(*) from audit.audit_logs",
            "select * from audit.as_of(null::public.things, now())",
            "select * from audit.history('public.things', '1')",
            "select audit.undo_sql('public.things', '1')",
            "select * from audit.transaction('1')",
            "select * from audit.request('r')",
        ):
            reader.execute(query.encode())
        found = [view for _, view in reads(drained, reader.info.user)]
    assert found == [
        "as_of public.things",
        "audit_logs",
        "history public.things",
        "request",
        "transaction",
        "undo_sql public.things",
    ]


def test_one_for_each_reader_view_and_minute(drained: psycopg.Connection[Any], login: Login, connect: Connect) -> None:
    """Not one for each query, transaction or session; of a minute that is over, a new one."""
    dsn = login("audit_reader")
    with connect(dsn) as first, connect(dsn) as second:
        for connection in (first, second, first, second):
            connection.execute("select * from audit.v_events limit 1")
            with connection.transaction(force_rollback=True):
                connection.execute("select * from audit.v_denials limit 1")
        one(drained, "select audit.drain()")
        first.execute("reset indelible.reads; select * from audit.v_events limit 1")
        one(drained, "select audit.drain()")
        found = events(drained, "action = 'AUDIT_LOG_READ' and db_user = %s", first.info.user)
        minutes = {(row["entity_id"], row["created_at"].replace(second=0, microsecond=0)) for row in found}
        assert len(found) == len(minutes) and {view for view, _ in minutes} == {"v_denials", "v_events"}


def test_nobody_hushes_it_up(drained: psycopg.Connection[Any], login: Login, connect: Connect) -> None:
    """The setting that says what was told proves nothing for another session, and nothing made by hand is believed."""
    dsn = login("audit_reader")
    with connect(dsn) as honest, connect(login("audit_reader")) as sly:
        honest.execute("select * from audit.v_events limit 1")
        told = one(honest, "show indelible.reads")[0]
        sly.execute("select set_config('indelible.reads', %s, false)", (told,))
        sly.execute("select * from audit.v_events limit 1")
        assert reads(drained, honest.info.user, sly.info.user) == sorted(
            [(honest.info.user, "v_events"), (sly.info.user, "v_events")]
        )


def test_only_views_are_noted(drained: psycopg.Connection[Any], login: Login, connect: Connect) -> None:
    """Who may read may call the function of the views, and fills no log with names of its own."""
    with connect(login("audit_reader")) as reader:
        reader.execute("select audit.note_read('made up ' || g) from generate_series(1, 20) as g")
        reader.execute("select audit.note_read(null)")
        assert reads(drained, reader.info.user) == []


def test_the_application_s_user_is_on_record(drained: psycopg.Connection[Any], login: Login, connect: Connect) -> None:
    """A reader who acts for somebody is recorded with that user."""
    with connect(login("audit_reader", "audit_app")) as reader:
        with reader.transaction():
            reader.execute("select audit.set_context('ann', '192.0.2.7', 'request-1')")
            reader.execute("select * from audit.v_events limit 1")
        one(drained, "select audit.drain()")
        (event,) = events(drained, "action = 'AUDIT_LOG_READ' and db_user = %s", reader.info.user)
    assert (event["user_id"], str(event["ip_address"]), event["request_id"], event["actor_proof"]) == (
        "ann",
        "192.0.2.7",
        "request-1",
        "service",
    )


def test_without_the_guard_reading_works(postgresql: psycopg.Connection[Any], login: Login, connect: Connect) -> None:
    """Where no superuser installed it, reads are not on record, and not refused."""
    remove_guard(postgresql)
    with connect(login("audit_reader")) as reader:
        reader.execute("select * from audit.v_events limit 1")


def test_what_is_noted_is_forgotten_after_a_day(postgresql: psycopg.Connection[Any]) -> None:
    """Maintenance keeps the list of the last day; the log keeps all."""
    postgresql.execute(
        "insert into audit_private.noted_reads "
        "select 'r', 'v', now() - age from unnest('{2 days,1 hour}'::interval[]) as age"
    )
    postgresql.execute("select audit.maintain()")
    assert one(postgresql, "select count(*) from audit_private.noted_reads where reader = 'r'") == (1,)
