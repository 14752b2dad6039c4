"""`transaction()`: one way to begin, on asyncpg with `async with` and on psycopg with `with`."""

from collections.abc import AsyncIterator, Iterator
from contextlib import (
    AsyncExitStack,
    ExitStack,
    asynccontextmanager,
    contextmanager,
    suppress,
)
from types import TracebackType
from typing import Any

import asyncpg
from psycopg_pool import ConnectionPool

from indelible.context import current, current_audit, open_attempts
from indelible.db.attempts import note_committed, success_calls
from indelible.db.literal import context_call
from indelible.db.outage import is_outage
from indelible.db.pools import ACQUIRE_SECONDS
from indelible.db.sync import SyncConnection, SyncTransaction
from indelible.errors import DatabaseUnreachable
from indelible.queries import QUERIES


class transaction:  # noqa: N801  # used like a function, as contextlib's own context managers are
    """A transaction that carries the current request's context; yields the connection it runs on.

    `async with transaction(db)` takes an asyncpg pool or connection, `with transaction(db)` a psycopg connection
    or ConnectionPool; without `db`, the current audit service's own pool is used. On a connection that is in a
    transaction already, it is a savepoint. `isolation`, `readonly` and `deferrable` are asyncpg's.
    Raises DatabaseUnreachable if there is no connection to be had, TransactionAborted if the commit was none.
    """

    def __init__(
        self, db: Any = None, *, isolation: str | None = None, readonly: bool = False, deferrable: bool = False
    ) -> None:
        self._db = db
        self._options = {"isolation": isolation, "readonly": readonly, "deferrable": deferrable}
        self._async = AsyncExitStack()
        self._sync = ExitStack()

    async def __aenter__(self) -> Any:
        db = self._db if self._db is not None else _service().database
        begun = _on_pool(db, self._options) if isinstance(db, asyncpg.Pool) else _on(db, self._options)
        return await self._async.enter_async_context(begun)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        return await self._async.__aexit__(kind, error, traceback)

    def __enter__(self) -> SyncConnection:
        if any(self._options.values()):
            raise TypeError("isolation, readonly and deferrable are attributes of a psycopg connection")
        db = self._db if self._db is not None else _service().sync_database
        return self._sync.enter_context(_on_sync_pool(db) if isinstance(db, ConnectionPool) else SyncTransaction(db))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        return self._sync.__exit__(kind, error, traceback)


def _service() -> Any:
    audit = current_audit()
    if audit is None:
        raise RuntimeError("transaction() needs a database: pass one, or run inside a request or a `with Audit()`")
    return audit


@asynccontextmanager
async def _on(connection: Any, options: dict[str, Any]) -> AsyncIterator[Any]:
    # isinstance() cannot tell: asyncpg's metaclass takes every pooled connection for every class.
    if getattr(connection, "sets_request_context", False):
        async with connection.transaction(**options):
            yield connection
        return
    attempts = () if connection.is_in_transaction() or options["readonly"] else open_attempts()
    async with connection.transaction(**options):
        if (context := current()) is not None:
            name, values = context_call(context)
            await connection.execute(QUERIES[name], *values)
        yield connection
        for statement, parameters in success_calls(attempts):
            await connection.execute(statement, *parameters)
    note_committed(attempts)


@asynccontextmanager
async def _on_pool(pool: Any, options: dict[str, Any]) -> AsyncIterator[Any]:
    try:
        connection = await pool.acquire(timeout=ACQUIRE_SECONDS)
    except TimeoutError as error:
        raise DatabaseUnreachable("no connection became free") from error
    try:
        async with _on(connection, options):
            yield connection
    finally:
        # A connection that cannot be reset is closed by the pool; the transaction's own outcome stands.
        with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            await pool.release(connection)


@contextmanager
def _on_sync_pool(pool: "ConnectionPool[SyncConnection]") -> Iterator[SyncConnection]:
    try:
        connection = pool.getconn()
    except Exception as error:
        if is_outage(error):
            raise DatabaseUnreachable("no connection became free") from error
        raise
    try:
        with SyncTransaction(connection):
            yield connection
    finally:
        pool.putconn(connection)
