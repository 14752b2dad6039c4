"""Questions to the database, each answered in a transaction of its own."""

import asyncio
import logging
from contextlib import nullcontext
from typing import Any, Protocol

import asyncpg

from indelible.context import current
from indelible.errors import DatabaseUnreachable, sqlstate_of
from indelible.queries import QUERIES
from indelible.services.standing import Shares, Standing, standing_of
from indelible.settings import Settings

ANSWER_SECONDS = 10.0
# The last is what asyncpg makes of a connection that died in the middle of a question.
NO_ANSWER = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, DatabaseUnreachable)
_log = logging.getLogger("indelible.database")


class Sessions(Protocol):
    """What a question needs of the audit service (services.audit.Audit)."""

    @property
    def pool(self) -> Any: ...
    @property
    def database(self) -> Any: ...
    @property
    def shares(self) -> Shares: ...
    @property
    def settings(self) -> Settings: ...


async def ask(
    sessions: Sessions,
    query: str,
    *values: Any,
    independent: bool = True,
    seconds: float = ANSWER_SECONDS,
    standing: Standing | None = None,
) -> Any:
    """The first row that the named query returns, or None; committed before this returns.

    `independent` asks on the session that no rollback of the request can reach, otherwise on the business session.
    `seconds` is the longest wait, for a connection and the answer together. `standing`, by default that of the
    request, decides what share of the independent session's connections it has.

    Raises:
        DatabaseUnreachable: for every failure: no answer is no yes. The cause is chained, and logged without values.
    """
    return await _answer(sessions, "fetchrow", query, values, independent, seconds, standing)


async def ask_all(sessions: Sessions, query: str, *values: Any, seconds: float = ANSWER_SECONDS) -> list[Any]:
    """All rows that the named query returns, on the independent session; otherwise as `ask`."""
    rows: list[Any] = await _answer(sessions, "fetch", query, values, True, seconds, None)  # noqa: FBT003
    return rows


async def _answer(
    sessions: Sessions,
    fetch: str,
    query: str,
    values: tuple[Any, ...],
    independent: bool,  # noqa: FBT001
    seconds: float,
    standing: Standing | None,
) -> Any:
    pool = sessions.pool if independent else sessions.database
    turn = sessions.shares.turn(standing or standing_of(current())) if independent else nullcontext()
    try:
        # The pool's own timeout bounds the giving back as well: a stalled server does not answer a cancellation either.
        async with asyncio.timeout(seconds), turn, pool.acquire(timeout=seconds) as connection:
            if not sessions.settings.transaction_pooling:
                return await getattr(connection, fetch)(QUERIES[query], *values)
            # Between preparing and executing, PgBouncer would hand over another server.
            async with connection.transaction():
                return await getattr(connection, fetch)(QUERIES[query], *values)
    except NO_ANSWER as error:
        _log.error("%s got no answer: %s %s", query, type(error).__name__, sqlstate_of(error) or "")
        raise DatabaseUnreachable(query) from error
