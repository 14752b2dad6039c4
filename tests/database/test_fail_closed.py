"""Fail-closed actions: on record before they begin, or they do not; their success commits with what they did."""

import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import psycopg
import pytest
from anyio.to_thread import run_sync

from indelible import Audit, Settings, audited, set_entity, transaction
from indelible.context import bind
from indelible.db.dsn import dsn_of
from indelible.errors import TransactionAborted
from tests.closing import closed, intents, make, make_sync, make_with, outcomes, told
from tests.stage import ACTION, alice, insert, set_stage, stored
from tests.support import Connect, Login, events, one

Postgresql = psycopg.Connection[Any]


@pytest.fixture
def settings(postgresql: Postgresql, login: Callable[..., str], tmp_path: Path) -> Settings:
    spool = tmp_path / "spool"
    return set_stage(postgresql, login, record_timeout=20, record_deadline=20, audit_pool_size=2, spool_dir=spool)


async def test_attempt_then_success_with_the_change(settings: Settings, postgresql: Postgresql) -> None:
    """First the attempt, in a transaction of its own; then the row and the success in one; all under one intent."""
    async with Audit(settings):
        with bind(alice()):
            assert await make(7) == 7
    attempted, success = told(postgresql)
    (change,) = events(postgresql, "action = 'ROW_INSERTED' and entity_type = 'THING' and entity_id = '7'")
    assert (attempted["outcome"], success["outcome"]) == ("attempted", "success")
    assert attempted["id"] < change["id"] < success["id"]
    assert success["xid"] == change["xid"] != attempted["xid"]
    assert attempted["metadata"]["event_id"] == attempted["metadata"]["intent_id"] == success["metadata"]["intent_id"]
    assert success["metadata"]["event_id"] != attempted["metadata"]["event_id"]
    assert [row["entity_id"] for row in (attempted, success)] == ["7", "7"]
    assert [row["user_id"] for row in (attempted, success)] == ["alice", "alice"]
    assert attempted["db_user"] != success["db_user"] == change["db_user"]


async def test_sync_code_too(settings: Settings, postgresql: Postgresql) -> None:
    """A worker thread with psycopg."""
    async with Audit(settings):
        with bind(alice()):
            assert await run_sync(make_sync, 8) == 8
    (change,) = events(postgresql, "action = 'ROW_INSERTED' and entity_type = 'THING' and entity_id = '8'")
    assert outcomes(postgresql) == ["attempted", "success"]
    assert told(postgresql)[1]["xid"] == change["xid"]


def test_scripts_too(settings: Settings, postgresql: Postgresql) -> None:
    """Outside of any request, without a context in the transaction."""
    with Audit(settings):
        assert make_sync(8) == 8
    assert outcomes(postgresql) == ["attempted", "success"]
    assert told(postgresql)[1]["user_id"] is None


async def test_a_pool_of_ones_own(settings: Settings, postgresql: Postgresql) -> None:
    """A plain asyncpg connection, which `transaction(db)` uses."""
    connection = await asyncpg.connect(dsn_of(settings, independent=False))
    async with Audit(settings):
        await make_with(connection, 9)
        with pytest.raises(ValueError, match="no"):
            await make_with(connection, 10, ValueError("no"))
    await connection.close()
    (change,) = events(postgresql, "action = 'ROW_INSERTED' and entity_type = 'THING'")
    assert outcomes(postgresql) == ["attempted", "success", "attempted", "failure"]
    assert told(postgresql)[1]["xid"] == change["xid"]


async def test_what_fails_has_no_success(settings: Settings, postgresql: Postgresql) -> None:
    """Rolled back: an attempt and a failure under one intent, and no row."""
    async with Audit(settings):
        with pytest.raises(RuntimeError, match="no"):
            await make_with(None, 1, RuntimeError("no"))
    assert (outcomes(postgresql), stored(postgresql), len(intents(postgresql))) == (["attempted", "failure"], [], 1)


async def test_what_fails_at_commit_has_no_success(settings: Settings, postgresql: Postgresql) -> None:
    """A constraint that is checked last takes the success back with the rest."""
    postgresql.execute("insert into public.things values (1, 'thing 2')")
    async with Audit(settings):
        with pytest.raises(asyncpg.UniqueViolationError):
            await make(2)
    assert (outcomes(postgresql), stored(postgresql)) == (["attempted", "failure"], [1])


async def test_a_doomed_transaction_says_so_as_ever(settings: Settings, postgresql: Postgresql) -> None:
    """A swallowed error before the commit is TransactionAborted, async and sync."""

    @closed
    async def doomed(number: int) -> None:
        async with transaction() as db:
            with pytest.raises(asyncpg.PostgresError):
                await db.execute("select 1 / 0")

    @closed
    def doomed_sync(number: int) -> None:
        with transaction() as db, pytest.raises(psycopg.Error):
            db.execute("select 1 / 0")

    async with Audit(settings):
        with pytest.raises(TransactionAborted):
            await doomed(1)
        with pytest.raises(TransactionAborted):
            await run_sync(doomed_sync, 1)
    assert outcomes(postgresql) == ["attempted", "failure"] * 2


async def test_a_success_that_cannot_be_recorded_is_none(settings: Settings, postgresql: Postgresql) -> None:
    """If the success finds no place in the log, the business does not commit either; async and sync."""
    async with Audit(settings) as audit:
        postgresql.execute("revoke execute on all functions in schema audit from audit_app")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await make(3)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await run_sync(make_sync, 4)
        assert not [size for size in (audit.database.get_size(),) if size > 1]
    assert (outcomes(postgresql), stored(postgresql)) == (["attempted", "failure"] * 2, [])


async def test_without_a_transaction_the_success_follows(settings: Settings, postgresql: Postgresql) -> None:
    """Where the action commits nothing, or only reads, its success is recorded when it has returned."""

    @closed
    async def call(number: int) -> None:
        async with transaction(readonly=True) as db:
            await db.execute("select 1")

    async with Audit(settings):
        await call(5)
    assert outcomes(postgresql) == ["attempted", "success"]
    assert len(intents(postgresql)) == 1


async def test_a_failure_after_the_commit_is_told_too(settings: Settings, postgresql: Postgresql) -> None:
    """What was committed was, and the caller saw an error: both are true, and on record."""

    @closed
    async def late(number: int) -> None:
        async with transaction() as db:
            await insert(db, number)
        raise RuntimeError

    async with Audit(settings):
        with pytest.raises(RuntimeError):
            await late(1)
    assert (outcomes(postgresql), stored(postgresql)) == (["attempted", "success", "failure"], [1])


async def test_calls_within_calls(settings: Settings, postgresql: Postgresql) -> None:
    """One transaction carries the success of each fail-closed call that it is part of, and a durable one has none."""

    @audited(ACTION, durability="durable")
    async def inner() -> None:
        await make(1)

    @closed
    async def outer(number: int) -> None:
        await inner()

    async with Audit(settings):
        await outer(2)
    rows = told(postgresql)
    (change,) = events(postgresql, "action = 'ROW_INSERTED' and entity_type = 'THING'")
    assert [row["outcome"] for row in rows] == ["attempted", "attempted", "success", "success", "success"]
    assert [row["xid"] == change["xid"] for row in rows] == [False, False, True, True, False]
    assert len({row["metadata"].get("intent_id") for row in rows}) == 3


async def test_the_entity_may_be_named_inside(settings: Settings, postgresql: Postgresql) -> None:
    """set_entity() before the commit is in the success; the attempt did not know it yet."""

    @audited(ACTION, entity_type="THING", durability="fail_closed")
    async def make_next() -> None:
        async with transaction() as db:
            await insert(db, 11)
            set_entity(11)

    async with Audit(settings):
        await make_next()
    assert [row["entity_id"] for row in told(postgresql)] == [None, "11"]


async def test_the_setting_is_the_default(settings: Settings, postgresql: Postgresql) -> None:
    """INDELIBLE_DURABILITY=fail_closed closes every action that does not say otherwise."""

    @audited(ACTION)
    async def plain() -> None:
        return None

    @audited(ACTION, durability="fast")
    async def fast() -> None:
        return None

    async with Audit(settings.model_copy(update={"durability": "fail_closed"})) as audit:
        await plain()
        await fast()
        assert isinstance(await audit.record(ACTION), int)
    assert outcomes(postgresql) == ["attempted", "success", "success", "success"]


VICTIM = """
    import asyncio, os, sys
    from indelible import Audit, Settings, audited, transaction

    @audited(sys.argv[3], durability="fail_closed")
    async def act():
        async with transaction() as db:
            await db.execute("insert into public.things values (1, 'x')")
            os._exit(9)

    async def main():
        async with Audit(Settings(audit_dsn=sys.argv[1], app_dsn=sys.argv[2], record_timeout=20)):
            await act()

    asyncio.run(main())
"""


async def test_a_crash_leaves_the_attempt(settings: Settings, postgresql: Postgresql) -> None:
    """Killed before its commit: that it was attempted is on record, no success, and no change."""
    dsns = [dsn_of(settings, independent=independent) for independent in (True, False)]
    command = [sys.executable, "-c", textwrap.dedent(VICTIM), *dsns, ACTION]
    done = await run_sync(lambda: subprocess.run(command, capture_output=True, text=True, check=False))
    assert done.returncode == 9, done.stderr
    assert (outcomes(postgresql), stored(postgresql)) == (["attempted"], [])


FINISH = "select audit.finish_attempt(%s, %s, %s, null, %s::text::jsonb, null)"


def test_an_application_can_finish_attempts_alone(
    postgresql: Postgresql, settings: Settings, login: Login, connect: Connect
) -> None:
    """Its login records nothing but the success of an attempt whose id it knows (ID016), under that attempt's code."""
    intent = uuid4()
    attempt = (
        "select audit.record(%s, 'THING', '1', outcome => %s, metadata => jsonb_build_object('event_id', %s::text))"
    )
    (attempted,) = one(postgresql, attempt, ACTION, "attempted", intent)
    (done,) = one(postgresql, attempt, ACTION, "success", intent)
    with connect(login("audit_app")) as connection:
        for log_id, event_id in ((attempted, uuid4()), (done, intent), (attempted + 1000, intent), (attempted, None)):
            with pytest.raises(psycopg.Error) as refusal:
                connection.execute(FINISH, (log_id, event_id, uuid4(), None))
            assert refusal.value.sqlstate == "ID016"
        with pytest.raises(psycopg.Error) as refusal:
            connection.execute(FINISH, (attempted, intent, uuid4(), "[]"))
        assert refusal.value.sqlstate == "ID005"
        made = uuid4()
        (log_id,) = one(connection, FINISH, attempted, intent, made, '{"claim": "x", "intent_id": "y", "a": 1}')
    (row,) = events(postgresql, "id = %s", log_id)
    assert (row["action"], row["entity_id"], row["outcome"]) == (ACTION, "1", "success")
    assert row["metadata"] == {"a": 1, "event_id": str(made), "intent_id": str(intent)}
    assert UUID(row["metadata"]["event_id"]) == made
