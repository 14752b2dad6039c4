"""asyncpg transactions carry the request context in BEGIN's own round trip, nest, and never leave a mess behind."""

# ruff: noqa: PT012  # what these tests raise over is the end of a block

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Any

import anyio
import asyncpg
import psycopg
import pytest
from pydantic import SecretStr

from indelible import Audit, Settings, transaction
from indelible.context import bind
from indelible.db.dsn import dsn_of
from indelible.db.pools import async_pool
from indelible.errors import DatabaseUnreachable, TransactionAborted
from tests.proxy import Proxy
from tests.stage import ALICE, NOBODY, alice, set_stage, who

Postgresql = psycopg.Connection[Any]


@pytest.fixture
def settings(postgresql: Postgresql, login: Callable[..., str]) -> Settings:
    return set_stage(postgresql, login)


@pytest.fixture
async def pool(settings: Settings) -> AsyncIterator[Any]:
    async with async_pool(settings, independent=False) as pool:
        yield pool


async def insert(connection: Any, number: int) -> None:
    await connection.execute("insert into public.things values ($1, $2)", number, f"thing {number}")


def stored(postgresql: Postgresql) -> list[int]:
    return [row[0] for row in postgresql.execute("select id from public.things order by id").fetchall()]


async def clean(pool: Any) -> bool:
    """Whether the pool's only connection is out of any transaction, of any role, and carries no context."""
    async with pool.acquire(timeout=5) as connection:
        left = await connection.fetchrow(
            """
            select current_setting('indelible.context', true), current_user = session_user,
              (select count(*) from pg_class where relpersistence = 't' and relname = 'leftover')
            """
        )
        return not connection.is_in_transaction() and tuple(left) in ((None, True, 0), ("", True, 0))


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


async def test_a_failed_begin_leaves_nothing_behind(pool: Any, postgresql: Postgresql) -> None:
    """If the context cannot be set, the error is raised and the connection is out of any transaction."""
    postgresql.execute("revoke execute on function audit.set_context(text, inet, text) from audit_app")
    with bind(alice()), pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with transaction(pool):
            pytest.fail("a transaction without its context")
    assert await clean(pool)
    async with transaction(pool) as connection:
        await insert(connection, 1)
    assert who(postgresql, 1) == NOBODY


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
            assert await clean(pool)
            with bind(alice()):
                task = asyncio.create_task(hold(pool))
            while not pool.get_size() or pool.get_idle_size():  # noqa: ASYNC110  # asyncpg tells nobody
                await asyncio.sleep(0)
            proxy.pause()
            await asyncio.sleep(0.05)
            task.cancel()
            await asyncio.sleep(0.05)
            proxy.resume()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await clean(pool)


async def hold(pool: Any) -> None:
    while True:
        async with transaction(pool):
            pass


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
    async with transaction(pool) as connection:
        await insert(connection, 2)
        await forgotten.aclose()
        await insert(connection, 3)
    asyncio.get_running_loop().set_exception_handler(None)
    assert stored(postgresql) == [2, 3]


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
