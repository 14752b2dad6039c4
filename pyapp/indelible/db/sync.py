"""The same for psycopg: BEGIN and the context travel in one pipeline, the context as bound parameters."""

from types import TracebackType
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

from indelible.context import Attempt, current, open_attempts
from indelible.db.attempts import note_committed, success_calls
from indelible.db.literal import context_call
from indelible.errors import TransactionAborted
from indelible.queries import QUERIES

SyncConnection = psycopg.Connection[Any]
RESET = (
    "reset session authorization; reset role; reset all; close all; unlisten *; discard temp;"
    " select pg_advisory_unlock_all()"
)


class SyncTransaction:
    """A psycopg transaction block that sets the request context; inside a transaction it is a savepoint.

    The context is set in a savepoint too: a connection without autocommit may be in a transaction that a plain
    statement began, and that one carries no context yet.
    """

    def __init__(self, connection: SyncConnection) -> None:
        self._connection = connection
        # connection.transaction() would stay in the pipeline until its end, and report errors late.
        self._block = psycopg.Transaction(connection)
        self._outermost = False
        self._attempts: tuple[Attempt, ...] = ()
        self._autocommit = connection.autocommit

    def __enter__(self) -> SyncConnection:
        connection, context = self._connection, current()
        self._outermost = connection.info.transaction_status == TransactionStatus.IDLE
        if self._outermost and not connection.read_only:
            self._attempts = open_attempts()
        if context is None:
            self._block.__enter__()
            return connection
        if self._outermost:
            # In a pipeline psycopg does not know yet that a transaction has begun, and would begin another one.
            connection.autocommit = True
        name, values = context_call(context)
        entered = False
        try:
            with connection.pipeline():
                self._block.__enter__()
                entered = True
                psycopg.RawCursor(connection).execute(QUERIES[name].encode(), values)
        except BaseException as error:
            if entered:
                self._block.__exit__(type(error), error, error.__traceback__)
            self._restore_autocommit()
            raise
        return connection

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        doomed = self._connection.info.transaction_status == TransactionStatus.INERROR
        try:
            if kind is None and self._outermost and doomed:
                aborted = TransactionAborted("rolled back at commit, because an earlier statement had failed")
                self._block.__exit__(TransactionAborted, aborted, None)
                raise aborted
            if kind is None:
                self._finish_attempts()
            swallowed = bool(self._block.__exit__(kind, error, traceback))
            if kind is None:
                note_committed(self._attempts)
            return swallowed
        finally:
            self._restore_autocommit()

    def _finish_attempts(self) -> None:
        try:
            for statement, values in success_calls(self._attempts):
                psycopg.RawCursor(self._connection).execute(statement.encode(), values)
        except BaseException as error:
            self._block.__exit__(type(error), error, error.__traceback__)
            raise

    def _restore_autocommit(self) -> None:
        if self._outermost and self._connection.info.transaction_status == TransactionStatus.IDLE:
            self._connection.autocommit = self._autocommit


def reset_connection(connection: SyncConnection) -> None:
    """Forget the last borrower: role, settings, cursors, temporary tables, locks (psycopg_pool clears none of them)."""
    autocommit = connection.autocommit
    connection.autocommit = True
    connection.execute(RESET)
    connection.autocommit = autocommit
