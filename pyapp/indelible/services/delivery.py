"""Batches of events into the database, on the independent session: one statement, one commit, a verdict for each."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any

import asyncpg

from indelible.errors import REFUSALS, sqlstate_of
from indelible.models import Event
from indelible.queries import QUERIES
from indelible.services.sessions import SessionPools
from indelible.services.standing import Standing
from indelible.settings import Settings

BATCH = 500
# Longest wait for a timed-out statement to be cancelled before its connection is closed, in seconds.
RELEASE_SECONDS = 1.0
# A value that the driver or the protocol will not carry: the event's own fault, told before the function ran.
_UNCARRIED = "22"
_UNCARRIED_BY_DRIVER = "22000"
_columns = attrgetter(*(field.name for field in fields(Event)))


@dataclass(frozen=True, slots=True)
class Verdict:
    """The database's answer for one event; `state` is the SQLSTATE of a refusal."""

    word: str
    log_id: int | None
    state: str | None

    @property
    def stored(self) -> bool:
        """Whether the event is on record, through this or an earlier delivery."""
        return self.word in ("stored", "known")

    @property
    def reason(self) -> str:
        """Why not, in a word of the metrics."""
        return "conflict" if self.word == "conflict" else REFUSALS.get(self.state or "", "database_error")


class Delivery:
    """Sends batches on the independent pool."""

    def __init__(self, sessions: SessionPools, settings: Settings) -> None:
        self._sessions = sessions
        self._settings = settings

    async def send(self, events: Sequence[Event], standing: Standing) -> list[Verdict]:
        """The verdicts on `events`, in order, committed. Any number of times: what is on record already is "known".

        Raises what the driver raises where there is no verdict on any of them; then some may be on record all the same.
        """
        async with self._sessions.shares.turn(standing), self._connection() as connection:
            return await self._record(connection, events)

    async def _record(self, connection: Any, events: Sequence[Event]) -> list[Verdict]:
        try:
            rows = await self._fetch(connection, list(zip(*map(_columns, events), strict=True)))
        except asyncpg.ReadOnlySQLTransactionError:
            # Connections to what was the primary stay what they are: the next ones may find the new one.
            await self._sessions.independent.expire_connections()
            raise
        except (asyncpg.PostgresError, ValueError) as error:  # the driver's own refusals are values' errors
            state = sqlstate_of(error) or _UNCARRIED_BY_DRIVER
            if not state.startswith(_UNCARRIED):
                raise
            if len(events) == 1:
                return [Verdict("refused", None, state)]
            return [verdict for event in events for verdict in await self._record(connection, [event])]
        return [Verdict(*row) for row in rows]

    async def _fetch(self, connection: Any, columns: list[tuple[Any, ...]]) -> Any:
        if not self._settings.transaction_pooling:
            return await connection.fetch(QUERIES["record_batch"], *columns)
        # Between preparing and executing, PgBouncer would hand over another server.
        async with connection.transaction():
            return await connection.fetch(QUERIES["record_batch"], *columns)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Any]:
        pool = self._sessions.independent
        connection = await pool.acquire()
        try:
            yield connection
        finally:
            # In a task of its own: who is cancelled meanwhile leaves nothing half given back.
            await asyncio.shield(asyncio.get_running_loop().create_task(_release(pool, connection)))


async def _release(pool: Any, connection: Any) -> None:
    # The pool closes a connection that it cannot reset in time.
    with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        await pool.release(connection, timeout=RELEASE_SECONDS)
