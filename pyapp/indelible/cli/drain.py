"""Refused attempts, brought from the write-ahead log into the audit log."""

import asyncio
import math
from typing import Any

import psycopg
from rich.console import Console

from indelible.cli.failure import sentence_of
from indelible.db.outage import is_outage
from indelible.queries import QUERIES

DRAIN_SECONDS = 1.0
PAUSE_SECONDS = 30.0

# What an idle server may leave undrained, twice over.
BEHIND_BYTES = 32 << 20


class _Pace:
    """When to go on at once: while there are refusals, and while what waits is much, and shrinks."""

    def __init__(self) -> None:
        self._before = math.inf

    def goes_on(self, recorded: int, waiting: float) -> bool:
        shrinks, self._before = waiting < self._before, waiting
        return recorded > 0 or (waiting > BEHIND_BYTES and shrinks)


def drain(connection: psycopg.Connection[Any]) -> int:
    """Record all that waits, portion by portion; returns how many attempts there were."""
    pace, recorded = _Pace(), 0
    while True:
        (portion,) = connection.execute(QUERIES["drain"].encode()).fetchone() or (0,)
        recorded += portion
        if not pace.goes_on(portion, _waiting(connection.execute(QUERIES["verdict_lag"].encode()).fetchone())):
            return recorded


async def keep_draining(dsn: str) -> None:
    """Record what comes, within about a second of it, for as long as the task lives; `dsn` is an audit_admin's."""
    while True:
        try:
            await _drain_until_lost(dsn)
        except psycopg.Error as error:
            if not is_outage(error):
                Console(stderr=True).print(f"Refused attempts wait: {sentence_of(error)[0]}", highlight=False)
                await asyncio.sleep(PAUSE_SECONDS)
        await asyncio.sleep(DRAIN_SECONDS)


async def _drain_until_lost(dsn: str) -> None:
    pace = _Pace()
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True, connect_timeout=10) as connection:
        while True:
            (portion,) = await (await connection.execute(QUERIES["drain"].encode())).fetchone() or (0,)
            lag = await (await connection.execute(QUERIES["verdict_lag"].encode())).fetchone()
            if not pace.goes_on(portion, _waiting(lag)):
                await asyncio.sleep(DRAIN_SECONDS)


def _waiting(lag: Any) -> float:
    """Bytes of the write-ahead log, of a row of verdict_lag; 0 where there is none."""
    return float(lag[1]) if lag else 0.0


def state_of_verdicts(connection: psycopg.Connection[Any]) -> list[tuple[str, str]]:
    """A line for `maintain` about the slot of this database; none where refusals are not kept."""
    rows = connection.execute(QUERIES["verdict_lag"].encode()).fetchall()
    return [("slot", _told(*row)) for row in rows]


def _told(slot: str, waiting: int | None, seconds: int | None, safe: int | None, failover: bool) -> str:  # noqa: FBT001
    return ", ".join(
        part
        for part, is_known in (
            (f"{slot}: {waiting} bytes wait", waiting is not None),
            (f"drained {seconds} s ago", seconds is not None),
            (f"{safe} bytes until refusals are lost", safe is not None),
            ("survives a failover", failover),
        )
        if is_known
    )
