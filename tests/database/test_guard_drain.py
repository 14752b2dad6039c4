"""Refused attempts are on record although they were undone: each once, with login and time, through any crash."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests.guard_attacks import attempt, refusals
from tests.support import Connect, Login, events, last_id, one


@pytest.fixture
def attacker(postgresql: psycopg.Connection, login: Login, connect: Connect) -> Iterator[psycopg.Connection[Any]]:
    """A login with the rights of audit_owner, in a database that is drained."""
    one(postgresql, "select audit.drain()")
    with connect(login("audit_owner", inherit=True, set_=True)) as connection:
        yield connection


def test_an_attempt_is_on_record_once(
    postgresql: psycopg.Connection, attacker: psycopg.Connection, login: Login, connect: Connect
) -> None:
    """With the login that tried, the moment, the command and its object; the second drain finds nothing."""
    (before,) = one(postgresql, "select clock_timestamp()")
    attempt(attacker, "mine")
    (after,) = one(postgresql, "select clock_timestamp()")
    with connect(login("audit_admin")) as administrator:
        assert [one(administrator, "select audit.drain()") for _ in range(3)] == [(1,), (0,), (0,)]
    (event,) = refusals(postgresql)
    assert (event["db_user"], event["outcome"], event["actor_proof"]) == (attacker.info.user, "denied", "direct")
    assert (event["entity_type"], event["entity_id"]) == ("AUDIT_OBJECT", "audit.mine")
    assert event["metadata"] == {"command": "CREATE TABLE", "reason": "guarded", "role": "none"}
    assert before <= event["created_at"] <= after <= event["recorded_at"]
    assert event["time_source"] == "database"


def test_the_attempt_outlives_every_rollback(postgresql: psycopg.Connection, attacker: psycopg.Connection) -> None:
    """Caught, rolled back to a savepoint, or with its whole transaction: it was attempted."""
    attacker.execute("do $$ begin create table audit.caught (); exception when others then null; end $$")
    attacker.execute("begin; savepoint s")
    attempt(attacker, "undone")
    attacker.execute("rollback to s; commit; begin")
    attempt(attacker, "gone")
    attacker.execute("rollback")
    one(postgresql, "select audit.drain()")
    assert [row["entity_id"] for row in refusals(postgresql)] == ["audit.caught", "audit.undone", "audit.gone"]


def test_several_drains_at_once(postgresql: psycopg.Connection, attacker: psycopg.Connection, admin_dsn: str) -> None:
    """They wait for each other: of 40 attempts none is recorded twice, whatever isolation they run in."""

    def drain(number: int) -> int:
        with psycopg.connect(admin_dsn) as connection:
            connection.execute(
                ("set transaction isolation level " + ("read committed", "repeatable read")[number % 2]).encode()
            )
            try:
                return int(one(connection, "select audit.drain()")[0])
            except psycopg.errors.SerializationFailure:
                return 0

    for number in range(40):
        attempt(attacker, f"mine_{number}")
        if number % 4 == 0:
            with ThreadPoolExecutor(4) as pool:
                list(pool.map(drain, range(4)))
    one(postgresql, "select audit.drain()")
    assert sorted(row["entity_id"] for row in refusals(postgresql)) == sorted(f"audit.mine_{n}" for n in range(40))


def test_a_drain_that_is_undone_is_done_again(
    postgresql: psycopg.Connection, attacker: psycopg.Connection, admin_dsn: str
) -> None:
    """Rows and progress are one transaction."""
    attempt(attacker, "mine")
    with psycopg.connect(admin_dsn) as connection:
        assert one(connection, "select audit.drain()") == (1,)
        connection.rollback()
    assert one(postgresql, "select audit.drain()") == (1,)
    assert len(refusals(postgresql)) == 1


def test_forged_messages_are_thrown_away(postgresql: psycopg.Connection, attacker: psycopg.Connection) -> None:
    """A message without our seal becomes no event, but one that says how many there were."""
    body = '{"action": "ROW_INSERTED", "outcome": "success", "db_user": "postgres", "created_at": "2026-01-01"}'
    for content in (body, "\0" * 32 + body, "x" * 32 + body, "", "\0"):
        query = "select pg_logical_emit_message(false, 'indelible.verdict', %s::bytea)"
        postgresql.execute(query.encode(), (content.encode(),))
    postgresql.execute("select pg_logical_emit_message(true, 'indelible.verdict', 'in a transaction')")
    postgresql.execute("select pg_logical_emit_message(false, 'somebody.else', 'hello')")
    attempt(attacker, "mine")
    mark = last_id(postgresql)
    assert one(postgresql, "select audit.drain()") == (1,)
    found = [(row["action"], row["metadata"].get("messages")) for row in events(postgresql, "id > %s", mark)]
    assert found == [("AUDIT_TAMPERING_REFUSED", None), ("AUDIT_VERDICTS_FORGED", 5)]


def test_many_wait_and_all_come(postgresql: psycopg.Connection, attacker: psycopg.Connection) -> None:
    """More messages than a portion: the next portion goes on where the last one ended."""
    emit = "select pg_logical_emit_message(false, 'somebody.else', 'x') from generate_series(1, %s)"
    attempt(attacker, "first")
    postgresql.execute(emit.encode(), (15000,))
    attempt(attacker, "second")
    postgresql.execute(emit.encode(), (15000,))
    attempt(attacker, "third")
    for _ in range(5):
        one(postgresql, "select audit.drain()")
    assert [row["entity_id"] for row in refusals(postgresql)] == ["audit.first", "audit.second", "audit.third"]


def test_nothing_falls_between_two_portions(postgresql: psycopg.Connection) -> None:
    """A message that begins where the last portion ended, with nothing between them, belongs to the next one."""
    one(postgresql, "select audit.drain()")
    emit = "select pg_logical_emit_message(false, 'indelible.verdict', 'x') from generate_series(1, 20002)"
    postgresql.execute(emit.encode())
    for _ in range(4):
        one(postgresql, "select audit.drain()")
    thrown_away = [row["metadata"]["messages"] for row in events(postgresql, "action = 'AUDIT_VERDICTS_FORGED'")]
    assert 10000 in thrown_away and sum(thrown_away) == 20002


def test_an_idle_drain_writes_nothing(postgresql: psycopg.Connection, attacker: psycopg.Connection) -> None:
    """`up` asks every second, for ever; that must not fill the log of writes that it reads."""
    attempt(attacker, "mine")
    one(postgresql, "select audit.drain()")
    progress = "select xmin::text, next_lsn from audit_private.drains"
    before = one(postgresql, progress)
    for _ in range(3):
        one(postgresql, "select audit.drain()")
    assert one(postgresql, progress) == before
    postgresql.execute("create table public.big as select repeat('x', 100) from generate_series(1, 200000)")
    one(postgresql, "select audit.drain()")
    assert one(postgresql, progress) != before


def test_another_clusters_positions_mean_nothing(postgresql: psycopg.Connection, admin_dsn: str) -> None:
    """Restored elsewhere, the stored position is far ahead of the write-ahead log: it is not believed."""
    postgresql.execute("create role attacker_of_this login; grant audit_owner to attacker_of_this with inherit true")
    try:
        one(postgresql, "select audit.drain()")
        postgresql.execute("update audit_private.drains set next_lsn = 'FF/0', system_identifier = '1'")
        postgresql.execute(
            "insert into audit_private.drains select slot_name, '1', 'FF/0' from pg_replication_slots "
            "where database = current_database() on conflict do nothing"
        )
        with psycopg.connect(make_conninfo(admin_dsn), autocommit=True) as connection:
            connection.execute("set session authorization attacker_of_this")
            attempt(connection, "mine")
        assert [one(postgresql, "select audit.drain()") for _ in range(2)] == [(1,), (0,)]
    finally:
        postgresql.execute("drop role attacker_of_this")


@pytest.mark.parametrize(
    "theft", ["pg_drop_replication_slot(slot_name)", "pg_replication_slot_advance(slot_name, pg_current_wal_lsn())"]
)
def test_whoever_takes_the_slot_is_noticed(
    postgresql: psycopg.Connection, attacker: psycopg.Connection, login: Login, connect: Connect, theft: str
) -> None:
    """Whoever has REPLICATION can throw verdicts away; that some may be missing is on record then, once."""
    attempt(attacker, "gone")
    with connect(login(options="replication")) as thief:
        thief.execute(f"select {theft} from pg_replication_slots where database = current_database()".encode())
    assert [one(postgresql, "select audit.drain()") for _ in range(2)] == [(0,), (0,)]
    assert len(events(postgresql, "action = 'AUDIT_VERDICTS_LOST'")) == 1
