"""psycopg transactions carry the request context too, in one pipeline with BEGIN."""

# ruff: noqa: PT012  # what these tests raise over is the end of a block

import threading
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from psycopg.pq import TransactionStatus
from psycopg_pool import ConnectionPool

from indelible import Audit, Settings, transaction
from indelible.context import bind
from indelible.db.dsn import dsn_of
from indelible.db.pools import sync_pool
from indelible.errors import DatabaseUnreachable, TransactionAborted
from tests.proxy import Proxy
from tests.stage import ALICE, NOBODY, alice, set_stage, who

Postgresql = psycopg.Connection[Any]
Pool = ConnectionPool[Postgresql]


@pytest.fixture
def settings(postgresql: Postgresql, login: Callable[..., str]) -> Settings:
    return set_stage(postgresql, login)


@pytest.fixture
def pool(settings: Settings) -> Iterator[Pool]:
    with sync_pool(settings) as pool:
        yield pool


def insert(connection: Postgresql, number: int) -> None:
    connection.execute("insert into public.things values (%s, %s)", (number, f"thing {number}"))


def abandon(connection: Postgresql) -> None:
    """Begin one more change and take it back in psycopg's own way."""
    with transaction(connection):
        insert(connection, 6)
        raise psycopg.Rollback


def stored(postgresql: Postgresql) -> list[int]:
    return [row[0] for row in postgresql.execute("select id from public.things order by id").fetchall()]


def clean(pool: Pool) -> bool:
    """Whether the pool's only connection is idle, of no role, and carries neither context nor temporary tables."""
    with pool.connection() as connection:
        idle = connection.info.transaction_status == TransactionStatus.IDLE
        left = connection.execute(
            """
            select current_setting('indelible.context', true), current_user = session_user, current_setting('work_mem'),
              (select count(*) from pg_class where relpersistence = 't' and relname = 'leftover')
            """
        ).fetchone()
        return idle and left in ((None, True, "4MB", 0), ("", True, "4MB", 0))


def test_a_change_is_recorded_with_its_request(pool: Pool, postgresql: Postgresql) -> None:
    """User, address and request id stand beside the row change; the next transaction has its own."""
    with bind(alice()), transaction(pool) as connection:
        insert(connection, 1)
    with transaction(pool) as connection:
        insert(connection, 2)
    assert who(postgresql, 1) == ALICE
    assert who(postgresql, 2) == NOBODY


@pytest.mark.parametrize("autocommit", [True, False])
def test_begin_and_context_cost_one_round_trip(settings: Settings, *, autocommit: bool) -> None:
    """BEGIN and the bound context travel in one pipeline; COMMIT is the only other round trip."""
    with (
        Proxy(dsn_of(settings, independent=False)) as proxy,
        psycopg.connect(proxy.dsn, autocommit=autocommit) as connection,
        bind(alice()),
    ):
        before = proxy.round_trips
        with transaction(connection):
            assert proxy.round_trips == before + 1
        assert proxy.round_trips == before + 2
        assert connection.autocommit is autocommit


@pytest.mark.parametrize("autocommit", [True, False])
def test_savepoints_nest_three_deep(settings: Settings, postgresql: Postgresql, *, autocommit: bool) -> None:
    """psycopg's own nested blocks and ours mix, each rolls back alone."""
    dsn = dsn_of(settings, independent=False)
    with psycopg.connect(dsn, autocommit=autocommit) as connection, bind(alice()), transaction(connection):
        insert(connection, 1)
        with connection.transaction():
            insert(connection, 2)
            with pytest.raises(RuntimeError), transaction(connection):
                insert(connection, 3)
                with connection.transaction():
                    insert(connection, 4)
                raise RuntimeError
            with transaction(connection):
                insert(connection, 5)
        abandon(connection)
    assert stored(postgresql) == [1, 2, 5]
    assert {who(postgresql, number) for number in (1, 2, 5)} == {ALICE}


def test_a_transaction_that_a_statement_began_gets_the_context(settings: Settings, postgresql: Postgresql) -> None:
    """Without autocommit psycopg begins by itself; the block inside is a savepoint and still sets the context."""
    with psycopg.connect(dsn_of(settings, independent=False)) as connection, bind(alice()):
        connection.execute("select 1")
        with transaction(connection):
            insert(connection, 1)
    assert who(postgresql, 1) == ALICE


def test_an_exception_rolls_back_and_passes_through(pool: Pool, postgresql: Postgresql) -> None:
    """The very exception, and nothing of its transaction."""
    error = RuntimeError()
    with pytest.raises(RuntimeError) as caught, bind(alice()), transaction(pool) as connection:
        insert(connection, 1)
        raise error
    assert caught.value is error
    assert stored(postgresql) == []
    assert clean(pool)


def test_a_failed_begin_leaves_nothing_behind(pool: Pool, postgresql: Postgresql) -> None:
    """If the context cannot be set, the error is raised and the connection is out of any transaction."""
    postgresql.execute("revoke execute on function audit.set_context(text, inet, text) from audit_app")
    with pool.connection() as connection:
        with bind(alice()), pytest.raises(psycopg.errors.InsufficientPrivilege), transaction(connection):
            pytest.fail("a transaction without its context")
        assert connection.info.transaction_status == TransactionStatus.IDLE
        with transaction(connection):
            insert(connection, 1)
    assert who(postgresql, 1) == NOBODY


def test_an_error_at_commit_is_raised(pool: Pool, postgresql: Postgresql) -> None:
    """A deferred constraint speaks at COMMIT, and is heard."""
    with pytest.raises(psycopg.errors.UniqueViolation), bind(alice()), transaction(pool) as connection:
        connection.execute("insert into public.things values (1, 'same'), (2, 'same')")
    assert stored(postgresql) == []
    assert clean(pool)


def test_a_swallowed_error_is_not_a_commit(pool: Pool, postgresql: Postgresql) -> None:
    """PostgreSQL answers COMMIT of a failed transaction with a silent ROLLBACK; that is told as an error."""
    with pytest.raises(TransactionAborted), bind(alice()), transaction(pool) as connection:
        insert(connection, 1)
        with pytest.raises(psycopg.errors.DivisionByZero):
            connection.execute("select 1/0")
    assert stored(postgresql) == []
    assert clean(pool)


def test_nothing_of_a_borrower_is_left(pool: Pool, postgresql: Postgresql) -> None:
    """Role, settings and temporary tables end when the connection goes back, which psycopg_pool alone leaves."""
    with pool.connection() as connection:
        user = connection.execute("select session_user").fetchone()
        assert user is not None
        postgresql.execute(f'grant audit_app to "{user[0]}" with set true'.encode())
        connection.execute("create temp table leftover (x int)")
        connection.execute(
            "select set_config('indelible.context', 'forged', false), set_config('work_mem', '5MB', false)"
        )
        connection.execute("set role audit_app")
    assert clean(pool)


def test_a_lost_connection_is_replaced(pool: Pool, postgresql: Postgresql) -> None:
    """The driver's own error passes through, and the next transaction gets a new connection."""
    with pytest.raises(psycopg.OperationalError), bind(alice()), transaction(pool) as connection:
        insert(connection, 1)
        postgresql.execute("select pg_terminate_backend(%s)", (connection.info.backend_pid,))
        insert(connection, 2)
    with bind(alice()), transaction(pool) as connection:
        insert(connection, 3)
    assert stored(postgresql) == [3]
    assert who(postgresql, 3) == ALICE


def test_hostile_user_ids_arrive_as_text(pool: Pool, postgresql: Postgresql) -> None:
    """psycopg would refuse NUL and surrogates in a parameter: they are replaced before."""
    with bind(alice(user_id="o'\0\ud800\r\n" + "x" * 10_000_000)), transaction(pool) as connection:
        insert(connection, 1)
    assert who(postgresql, 1)[0] == ("o'\ufffd\ufffd\ufffd\ufffd" + "x" * 200)[:200]


def test_the_current_service_is_the_default(settings: Settings, postgresql: Postgresql) -> None:
    """transaction() alone takes the sync pool of the audit service around it, opened when first asked for."""
    with Audit(settings):
        with bind(alice()), transaction() as connection:
            insert(connection, 1)
        with bind(alice()), transaction() as connection:
            insert(connection, 2)
    assert {who(postgresql, 1), who(postgresql, 2)} == {ALICE}


def test_asyncpg_options_are_refused(pool: Pool) -> None:
    """psycopg keeps isolation on the connection: an option that would be ignored is an error."""
    with pytest.raises(TypeError), transaction(pool, isolation="serializable"):
        pass


def test_an_unreachable_database_is_said_so(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """No connection to be had within the pool's patience is DatabaseUnreachable."""
    monkeypatch.setattr("indelible.db.pools.ACQUIRE_SECONDS", 0.2)
    with sync_pool(settings) as pool, pool.connection(), pytest.raises(DatabaseUnreachable), transaction(pool):
        pass


def test_threads_keep_their_requests_apart(settings: Settings, postgresql: Postgresql) -> None:
    """Twenty threads share a pool of one; every row has its own thread's user."""
    with sync_pool(settings) as pool:

        def request(number: int) -> None:
            with bind(alice(user_id=f"user {number}", request_id=f"{number:032x}")), transaction(pool) as connection:
                insert(connection, number)

        threads = [threading.Thread(target=request, args=(number,)) for number in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for number in range(20):
        assert who(postgresql, number)[:3:2] == (f"user {number}", f"{number:032x}")
