"""asyncpg transactions carry the request context in BEGIN's own round trip, nest, and never leave a mess behind."""

# ruff: noqa: PT012  # what these tests raise over is the end of a block

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import asyncpg
import psycopg
import pytest
from pydantic import SecretStr

from indelible import Audit, Settings, transaction
from indelible.context import bind
from indelible.db.dsn import dsn_of
from indelible.db.pools import async_pool
from tests.proxy import Proxy
from tests.stage import ALICE, NOBODY, alice, clean, insert, set_stage, stored, who

Postgresql = psycopg.Connection[Any]


@pytest.fixture
def settings(postgresql: Postgresql, login: Callable[..., str]) -> Settings:
    return set_stage(postgresql, login)


@pytest.fixture
async def pool(settings: Settings) -> AsyncIterator[Any]:
    async with async_pool(settings, independent=False) as pool:
        yield pool


async def test_a_change_is_recorded_with_its_request(pool: Any, postgresql: Postgresql) -> None:
    """User, address and request id of the request stand beside the row change; the next transaction has its own."""
    with bind(alice()):
        async with transaction(pool) as connection:
            await insert(connection, 1)
    async with transaction(pool) as connection:
        await insert(connection, 2)
    assert who(postgresql, 1) == ALICE
    assert who(postgresql, 2) == NOBODY


async def test_a_pooled_connections_own_transaction_does_the_same(pool: Any, postgresql: Postgresql) -> None:
    """Code that knows nothing of us and calls connection.transaction() is recorded too."""
    with bind(alice()):
        async with pool.acquire() as connection, connection.transaction():
            await insert(connection, 1)
    assert who(postgresql, 1) == ALICE


async def test_begin_and_context_cost_one_round_trip(settings: Settings) -> None:
    """BEGIN and the context travel together; COMMIT is the only other one."""
    with Proxy(dsn_of(settings, independent=False)) as proxy:
        through = settings.model_copy(update={"app_dsn": SecretStr(proxy.dsn)})
        async with async_pool(through, independent=False) as pool, pool.acquire() as connection:
            with bind(alice()):
                before = proxy.round_trips
                async with connection.transaction():
                    assert proxy.round_trips == before + 1
                assert proxy.round_trips == before + 2


async def test_savepoints_nest_three_deep(pool: Any, postgresql: Postgresql) -> None:
    """Each level rolls back alone, siblings too, and every surviving row is recorded with its request."""
    with bind(alice()):
        async with transaction(pool) as connection:
            await insert(connection, 1)
            async with connection.transaction():
                await insert(connection, 2)
                with pytest.raises(RuntimeError):
                    async with connection.transaction():
                        await insert(connection, 3)
                        async with transaction(connection):
                            await insert(connection, 4)
                        raise RuntimeError
                async with connection.transaction():
                    await insert(connection, 5)
            with pytest.raises(asyncpg.UniqueViolationError):
                async with connection.transaction():
                    await insert(connection, 1)
            await insert(connection, 6)
    assert stored(postgresql) == [1, 2, 5, 6]
    assert {who(postgresql, number) for number in (1, 2, 5, 6)} == {ALICE}
    assert await clean(pool)


async def test_options_reach_begin(pool: Any) -> None:
    """Isolation, read only and deferrable are asyncpg's; a nested block may repeat but not change the isolation."""
    with bind(alice()):
        async with transaction(pool, isolation="serializable", readonly=True, deferrable=True) as connection:
            found = await connection.fetchrow(
                "select current_setting('transaction_isolation'), current_setting('transaction_read_only'),"
                " current_setting('transaction_deferrable')"
            )
            assert tuple(found) == ("serializable", "on", "on")
            async with connection.transaction(isolation="serializable"):
                pass
            with pytest.raises(asyncpg.InterfaceError):
                async with connection.transaction(isolation="read_committed"):
                    pass
            assert await connection.fetchval("select 1") == 1
        async with pool.acquire() as connection:
            with pytest.raises(ValueError, match="isolation is one of"):
                connection.transaction(isolation="serializable; drop table things")


async def test_a_manual_begin_is_not_taken_over(pool: Any) -> None:
    """As asyncpg itself says: its transaction cannot nest in one that it did not begin."""
    async with pool.acquire() as connection:
        await connection.execute("begin")
        with pytest.raises(asyncpg.InterfaceError, match="manually started"):
            await connection.transaction().start()
        await connection.execute("rollback")
        async with connection.transaction():
            pass


async def test_start_commit_and_rollback_by_hand(pool: Any, postgresql: Postgresql) -> None:
    """The explicit form of asyncpg's transactions works, and each can be used once."""
    async with pool.acquire() as connection:
        block = connection.transaction()
        await block.start()
        with pytest.raises(asyncpg.InterfaceError, match="already started"):
            await block.start()
        await insert(connection, 1)
        await block.commit()
        with pytest.raises(asyncpg.InterfaceError, match="not open"):
            await block.rollback()
        block = connection.transaction()
        await block.start()
        await insert(connection, 2)
        await block.rollback()
    assert stored(postgresql) == [1]


async def test_cursors_and_prepared_statements_work_inside(pool: Any, postgresql: Postgresql) -> None:
    """What asyncpg offers inside its own transactions, it offers inside ours."""
    with bind(alice()):
        async with transaction(pool) as connection:
            statement = await connection.prepare("select generate_series(1, $1)")
            assert [row[0] async for row in statement.cursor(3)] == [1, 2, 3]
            await connection.executemany("insert into public.things values ($1, $2)", [(1, "a"), (2, "b")])
            await connection.copy_records_to_table("things", records=[(3, "c")], schema_name="public")
    assert stored(postgresql) == [1, 2, 3]
    assert {who(postgresql, number) for number in (1, 2, 3)} == {ALICE}


async def test_other_peoples_pools_carry_the_context_too(settings: Settings, postgresql: Postgresql) -> None:
    """transaction() on a plain asyncpg pool or connection sets the context with a statement of its own."""
    async with asyncpg.create_pool(dsn_of(settings, independent=False), min_size=0, max_size=1) as plain:
        with bind(alice()):
            async with transaction(plain) as connection:
                await insert(connection, 1)
                async with connection.transaction():
                    await insert(connection, 2)
            async with plain.acquire() as connection, transaction(connection):
                await insert(connection, 3)
        async with transaction(plain) as connection:
            await insert(connection, 4)
    assert {who(postgresql, number) for number in (1, 2, 3)} == {ALICE}
    assert who(postgresql, 4) == NOBODY


async def test_the_current_service_is_the_default(settings: Settings, postgresql: Postgresql) -> None:
    """transaction() alone takes the business session of the audit service around it."""
    async with Audit(settings):
        with bind(alice()):
            async with transaction() as connection:
                await insert(connection, 1)
    assert who(postgresql, 1) == ALICE
    with pytest.raises(RuntimeError, match="needs a database"):
        async with transaction():
            pass


async def test_without_prepared_statements(settings: Settings, postgresql: Postgresql) -> None:
    """The setting for PgBouncer keeps no statement on the server."""
    pooling = settings.model_copy(update={"transaction_pooling": True})
    async with async_pool(pooling, independent=False) as pool:
        with bind(alice()):
            async with transaction(pool) as connection:
                for number in range(5):
                    await insert(connection, number)
                assert await connection.fetchval("select count(*) from pg_prepared_statements where name <> ''") == 0
    assert who(postgresql, 4) == ALICE


HOSTILE = ["o'brien", "a\\'; drop table public.things; --", "a\0b", "\ud800", "cr\r\nlf", "$1", "x" * 10_000_000]


async def test_hostile_user_ids_arrive_as_text(pool: Any, postgresql: Postgresql) -> None:
    """Nothing is injected, nothing raises; what cannot be stored is replaced, what is too long is cut."""
    for number, user in enumerate(HOSTILE):
        with bind(alice(user_id=user)):
            async with transaction(pool) as connection:
                await insert(connection, number)
        expected = "".join("\ufffd" if character in "\0\r\n\ud800" else character for character in user[:200])
        assert who(postgresql, number)[0] == expected


async def test_interleaved_transactions_keep_their_requests_apart(settings: Settings, postgresql: Postgresql) -> None:
    """Fifty requests on three connections, half of them failing: every row has its own request's user."""
    several = settings.model_copy(update={"app_pool_size": 3})
    async with async_pool(several, independent=False) as pool:

        async def request(number: int) -> None:
            with bind(alice(user_id=f"user {number}", request_id=f"{number:032x}")):
                async with transaction(pool) as connection:
                    await asyncio.sleep(0)
                    await insert(connection, number)
                    if number % 2:
                        raise RuntimeError

        await asyncio.gather(*(request(number) for number in range(50)), return_exceptions=True)
    assert stored(postgresql) == list(range(0, 50, 2))
    for number in range(0, 50, 2):
        assert who(postgresql, number)[:3:2] == (f"user {number}", f"{number:032x}")
