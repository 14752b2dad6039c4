"""Whatever goes wrong in a transaction, its error is heard, and the connection is clean for the next one."""

# ruff: noqa: PT012  # what these tests raise over is the end of a block

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Any

import anyio
import asyncpg
import psycopg
import pytest
from pydantic import SecretStr

from indelible import Settings, transaction
from indelible.context import bind
from indelible.db.connection import AuditedConnection
from indelible.db.dsn import dsn_of
from indelible.db.pools import async_pool
from indelible.errors import DatabaseUnreachable, TransactionAborted
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


async def test_an_exception_rolls_back_and_passes_through(pool: Any, postgresql: Postgresql) -> None:
    """The very exception, and nothing of its transaction."""
    error = RuntimeError()
    with pytest.raises(RuntimeError) as caught, bind(alice()):
        async with transaction(pool) as connection:
            await insert(connection, 1)
            raise error
    assert caught.value is error
    assert stored(postgresql) == []
    assert await clean(pool)


async def test_a_failed_begin_leaves_nothing_behind(pool: Any, postgresql: Postgresql) -> None:
    """If the context cannot be set, the error is raised and the connection is out of any transaction."""
    postgresql.execute("revoke execute on function audit.set_context(text, inet, text) from audit_app")
    async with pool.acquire() as connection:
        with bind(alice()), pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with transaction(connection):
                pytest.fail("a transaction without its context")
        assert not connection.is_in_transaction()
        assert await connection.fetchval("select 1") == 1
    assert await clean(pool)
    async with transaction(pool) as connection:
        await insert(connection, 1)
    assert who(postgresql, 1) == NOBODY


async def test_a_transaction_ended_behind_its_back_does_not_end_the_next(pool: Any, postgresql: Postgresql) -> None:
    """After a literal ROLLBACK the block is over, and its own end must not commit what came after it."""
    async with pool.acquire() as connection:
        first, second = connection.transaction(), connection.transaction()
        await first.start()
        await connection.execute("rollback")
        await second.start()
        await insert(connection, 1)
        with pytest.raises(asyncpg.InterfaceError, match="not open"):
            await first.commit()
        await second.rollback()
    assert stored(postgresql) == []


async def test_a_closed_connection_is_in_no_transaction(settings: Settings) -> None:
    """asyncpg itself raises AttributeError here, which would hide the error that closed the connection."""
    dsn = dsn_of(settings, independent=False)
    connection: Any = await asyncpg.connect(dsn, connection_class=AuditedConnection)
    with pytest.raises(RuntimeError):
        async with connection.transaction():
            connection.terminate()
            raise RuntimeError
    assert connection.is_in_transaction() is False


async def test_an_error_at_commit_is_raised(pool: Any, postgresql: Postgresql) -> None:
    """A deferred constraint speaks at COMMIT, and is heard."""
    with pytest.raises(asyncpg.UniqueViolationError), bind(alice()):
        async with transaction(pool) as connection:
            await connection.execute("insert into public.things values (1, 'same'), (2, 'same')")
    assert stored(postgresql) == []
    assert await clean(pool)


async def test_a_swallowed_error_is_not_a_commit(pool: Any, postgresql: Postgresql) -> None:
    """PostgreSQL answers COMMIT of a failed transaction with a silent ROLLBACK; that is told as an error."""
    with pytest.raises(TransactionAborted):
        async with transaction(pool) as connection:
            await insert(connection, 1)
            with pytest.raises(asyncpg.PostgresError):
                await connection.execute("select 1/0")
    assert stored(postgresql) == []
    assert await clean(pool)


async def test_cancellation_leaves_the_connection_clean(pool: Any, postgresql: Postgresql) -> None:
    """A statement cancelled in a savepoint rolls everything back, and the cancellation passes on."""

    async def work() -> None:
        with bind(alice()):
            async with transaction(pool) as connection:
                await insert(connection, 1)
                async with connection.transaction():
                    await connection.execute("select pg_sleep(60)")

    task = asyncio.create_task(work())
    await sleeping(postgresql)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await clean(pool)
    assert stored(postgresql) == []


async def test_a_cancelled_scope_leaves_the_connection_clean(pool: Any, postgresql: Postgresql) -> None:
    """anyio's cancellation strikes at every await, the rollback must not be one of them."""
    with anyio.CancelScope() as scope, bind(alice()):
        async with anyio.create_task_group() as group, transaction(pool) as connection:
            group.start_soon(cancel_when_sleeping, scope, postgresql)
            await insert(connection, 1)
            backend = connection.get_server_pid()
            await connection.execute("select pg_sleep(60)")
    assert scope.cancelled_caught
    assert stored(postgresql) == []
    assert await clean(pool)
    async with pool.acquire() as connection:
        assert connection.get_server_pid() == backend


async def cancel_when_sleeping(scope: anyio.CancelScope, postgresql: Postgresql) -> None:
    await sleeping(postgresql)
    scope.cancel()


async def sleeping(postgresql: Postgresql) -> None:
    """Wait until some session of this database runs pg_sleep."""
    query = "select count(*) from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'"
    while postgresql.execute(query).fetchone() == (0,):  # noqa: ASYNC110  # another process sleeps
        await asyncio.sleep(0.01)


async def test_cancellation_while_beginning_leaves_the_connection_clean(settings: Settings) -> None:
    """Cancelled between sending BEGIN and its answer: nobody inherits the half-begun transaction."""
    with Proxy(dsn_of(settings, independent=False)) as proxy:
        through = settings.model_copy(update={"app_dsn": SecretStr(proxy.dsn)})
        async with async_pool(through, independent=False) as pool:
            async with pool.acquire() as connection:
                await connection.fetchval("select 1")
                proxy.pause()
                with bind(alice()):
                    task = asyncio.create_task(connection.transaction().start())
                await asyncio.sleep(0.05)
                task.cancel()
                await asyncio.sleep(0.05)
                proxy.resume()
                with pytest.raises(asyncio.CancelledError):
                    await task
                assert not connection.is_in_transaction()
                assert await connection.fetchval("select 1") == 1
            assert await clean(pool)


async def test_a_lost_connection_is_replaced(pool: Any, postgresql: Postgresql) -> None:
    """The driver's own error passes through, and the next transaction gets a new connection."""
    with pytest.raises(asyncpg.PostgresError), bind(alice()):
        async with transaction(pool) as connection:
            await insert(connection, 1)
            postgresql.execute("select pg_terminate_backend(%s)", (connection.get_server_pid(),))
            await insert(connection, 2)
    assert stored(postgresql) == []
    with bind(alice()):
        async with transaction(pool) as connection:
            await insert(connection, 3)
    assert who(postgresql, 3) == ALICE


async def test_nothing_of_a_borrower_is_left(pool: Any, postgresql: Postgresql) -> None:
    """Role, temporary tables, settings and an open transaction end when the connection goes back."""
    async with pool.acquire() as connection:
        user = await connection.fetchval("select session_user")
        postgresql.execute(f'grant audit_app to "{user}" with set true')
        await connection.execute("create temp table leftover (x int)")
        await connection.execute("select set_config('indelible.context', 'forged', false)")
        await connection.execute("set role audit_app")
    assert await clean(pool)


async def test_a_generator_that_outlives_its_connection_does_no_harm(pool: Any, postgresql: Postgresql) -> None:
    """The pool rolls back what a forgotten generator left open, and its late exit touches nobody else's transaction."""
    asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: None)

    async def rows(connection: Any) -> AsyncGenerator[int, None]:
        async with connection.transaction():
            await insert(connection, 1)
            yield 1
            yield 2

    async with pool.acquire() as connection:
        forgotten = rows(connection)
        async for _ in forgotten:
            break
    async with pool.acquire() as connection:
        await connection.execute("begin")
        await insert(connection, 2)
        await forgotten.aclose()
        await connection.execute("commit")
    async with pool.acquire() as connection:
        forgotten = rows(connection)
        async for _ in forgotten:
            break
    async with transaction(pool) as connection:
        await insert(connection, 3)
        await forgotten.aclose()
    asyncio.get_running_loop().set_exception_handler(None)
    assert stored(postgresql) == [2, 3]


async def test_an_unreachable_database_is_said_so(settings: Settings) -> None:
    """No connection to be had is DatabaseUnreachable, with the driver's error as its cause."""
    with Proxy(dsn_of(settings, independent=False)) as proxy:
        through = settings.model_copy(update={"app_dsn": SecretStr(proxy.dsn)})
        async with async_pool(through, independent=False) as pool:
            proxy.refuse()
            with pytest.raises(DatabaseUnreachable) as caught:
                async with transaction(pool):
                    pass
            assert isinstance(caught.value.__cause__, OSError)
            proxy.accept()
            assert await clean(pool)
