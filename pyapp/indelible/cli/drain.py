"""Refused attempts on the audit, brought from the write-ahead log into the audit log."""

import asyncio
from typing import Any

import psycopg
from rich.console import Console

from indelible.cli.failure import sentence_of
from indelible.db.outage import is_outage
from indelible.queries import QUERIES

DRAIN_SECONDS = 1.0
PAUSE_SECONDS = 30.0


def drain(connection: psycopg.Connection[Any]) -> int:
    """Record all that waits, portion by portion; returns how many attempts there were."""
    recorded = 0
    while portion := (connection.execute(QUERIES["drain"].encode()).fetchone() or (0,))[0]:
        recorded += portion
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
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True, connect_timeout=10) as connection:
        while True:
            await connection.execute(QUERIES["drain"].encode())
            await asyncio.sleep(DRAIN_SECONDS)
