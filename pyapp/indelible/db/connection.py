"""asyncpg connections whose transactions carry the request context, sent in the same round trip as BEGIN.

Only asyncpg's public interface is used. Its own Transaction refuses to nest in a transaction it did not begin,
so savepoints are made here.
"""

from types import TracebackType
from typing import Any, Self

import anyio
import asyncpg

from indelible.context import Attempt, current, open_attempts
from indelible.db.attempts import note_committed, success_calls
from indelible.db.literal import context_statement
from indelible.errors import TransactionAborted

ISOLATION_LEVELS = frozenset({"read_committed", "read_uncommitted", "repeatable_read", "serializable"})
# asyncpg's own reset leaves these behind for the next borrower.
RESET = "reset session authorization; reset role; discard temp;"
UNDO_SECONDS = 5.0


class AuditedTransaction:
    """A transaction, or a savepoint inside one; made by `AuditedConnection.transaction()`."""

    def __init__(self, connection: "AuditedConnection", begin: str, isolation: str | None) -> None:
        self._connection = connection
        self._begin = begin
        self._isolation = isolation
        self._savepoint: str | None = None
        self._started = False
        self._attempts: tuple[Attempt, ...] = ()

    async def start(self) -> None:
        """Begin; a failure, or a cancellation half-way, leaves the connection outside of any transaction."""
        stack = self._connection.open_transactions
        if self._started:
            raise asyncpg.InterfaceError("the transaction is already started")
        if not self._connection.is_in_transaction():
            stack.clear()
            context = current()
            self._attempts = () if " read only" in self._begin else open_attempts()
            statement = self._begin if context is None else f"{self._begin}; {context_statement(context)}"
        elif stack:
            await self._require_same_isolation()
            self._savepoint = f"indelible_{len(stack)}"
            statement = f"savepoint {self._savepoint}"
        else:
            raise asyncpg.InterfaceError("cannot use transaction() in a manually started transaction")
        self._started = True
        stack.append(self)
        try:
            await self._connection.execute(statement)
        except BaseException:
            stack.remove(self)
            if self._savepoint is None:
                await self._undo()
            raise

    async def commit(self) -> None:
        """Commit, or release the savepoint; TransactionAborted if PostgreSQL rolled back instead."""
        self._leave()
        if self._savepoint is not None:
            await self._connection.execute(f"release savepoint {self._savepoint}")
            return
        await self._finish_attempts()
        try:
            status = await self._connection.execute("commit")
        except asyncpg.PostgresError:
            raise  # refused at commit, for example by a deferred constraint: already rolled back
        except BaseException:
            await self._undo()
            raise
        if status == "ROLLBACK":
            raise TransactionAborted("rolled back at commit, because an earlier statement had failed")
        note_committed(self._attempts)

    async def rollback(self) -> None:
        """Roll back, or roll back to the savepoint. Never raises over a connection that is gone."""
        self._leave()
        await self._undo()

    async def _finish_attempts(self) -> None:
        try:
            for statement, values in success_calls(self._attempts):
                await self._connection.execute(statement, *values)
        except asyncpg.InFailedSQLTransactionError:
            pass  # an earlier statement had failed: what becomes of the commit says so
        except BaseException:
            await self._undo()
            raise

    async def _undo(self) -> None:
        connection, name = self._connection, self._savepoint
        if connection.is_closed():
            return
        statement = f"rollback to savepoint {name}; release savepoint {name}" if name else "rollback"
        try:
            # A cancelled scope would cancel this too, and hand the pool an open transaction.
            with anyio.CancelScope(shield=True):
                await connection.execute(statement, timeout=UNDO_SECONDS)
        except BaseException as error:
            connection.terminate()
            if not isinstance(error, Exception):
                raise

    def _leave(self) -> None:
        stack = self._connection.open_transactions
        if self not in stack:
            raise asyncpg.InterfaceError("the transaction is not open, or its connection was released")
        del stack[stack.index(self) :]

    async def _require_same_isolation(self) -> None:
        if self._isolation is None:
            return
        running = await self._connection.fetchval("show transaction_isolation")
        if self._isolation.replace("_", " ") != running:
            msg = f"nested transaction asks for {self._isolation}, but the outer one is {running}"
            raise asyncpg.InterfaceError(msg)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is None:
            await self.commit()
        elif self in self._connection.open_transactions:
            await self.rollback()
        # Otherwise the pool took the connection back first and rolled back: the error in flight says enough.


class AuditedConnection(asyncpg.Connection):
    """An asyncpg connection; use it as any other, its `transaction()` sets the request context by itself."""

    sets_request_context = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.open_transactions: list[AuditedTransaction] = []

    def transaction(  # type: ignore[override]  # used like asyncpg's own, and made without its private parts
        self, *, isolation: str | None = None, readonly: bool = False, deferrable: bool = False
    ) -> AuditedTransaction:
        """A transaction with asyncpg's own parameters; inside another one it is a savepoint."""
        if isolation is not None and isolation not in ISOLATION_LEVELS:
            msg = f"isolation is one of {', '.join(sorted(ISOLATION_LEVELS))}"
            raise ValueError(msg)
        words = ["begin"]
        if isolation:
            words.append(f"isolation level {isolation.replace('_', ' ')}")
        words += ["read only"] * readonly + ["deferrable"] * deferrable
        return AuditedTransaction(self, " ".join(words), isolation)

    def is_in_transaction(self) -> bool:
        """True inside a transaction; False on a closed connection too, where asyncpg raises."""
        return not self.is_closed() and bool(super().is_in_transaction())

    def get_reset_query(self) -> str:
        """What the pool sends when a connection comes back: role first, so that asyncpg's own query may reset all."""
        return f"{RESET}\n{super().get_reset_query()}"

    async def reset(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109  # asyncpg's name
        """Forget the last borrower; a transaction left open is rolled back."""
        self.open_transactions.clear()
        await super().reset(timeout=timeout)
