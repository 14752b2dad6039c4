"""What `up` does beside serving: refused attempts come on record within moments, whatever becomes of the connection."""

import asyncio
from typing import Any

import psycopg
import pytest

from indelible.cli.drain import keep_draining
from indelible.db.migrate import migrate

SLOTS = (
    "select count(*) from pg_replication_slots where database = current_database() and confirmed_flush_lsn is not null"
)
RECORDED = "select count(*) from audit.audit_logs where action = 'AUDIT_TAMPERING_REFUSED'"


async def until(connection: psycopg.AsyncConnection[Any], query: str, wanted: int) -> None:
    """Wait until a count is what it is to be; a minute at most."""
    for _ in range(1200):
        if (await (await connection.execute(query.encode())).fetchone()) == (wanted,):
            return
        await asyncio.sleep(0.05)
    pytest.fail(f"not {wanted}: {query}")


async def attempt(connection: psycopg.AsyncConnection[Any]) -> None:
    await connection.execute("set session authorization audit_owner")
    with pytest.raises(psycopg.Error) as refusal:
        await connection.execute("create table public.mine ()")
    assert refusal.value.sqlstate == "ID013"
    await connection.execute("reset session authorization")


async def test_draining_goes_on_for_as_long_as_it_is_wanted(
    empty_database: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Attempts are recorded; a lost connection is made anew; what is wrong in the database is told, and tried again."""
    monkeypatch.setattr("indelible.cli.drain.DRAIN_SECONDS", 0.05)
    monkeypatch.setattr("indelible.cli.drain.PAUSE_SECONDS", 0.05)
    await asyncio.to_thread(migrate, empty_database)
    task = asyncio.create_task(keep_draining(empty_database))
    try:
        async with await psycopg.AsyncConnection.connect(empty_database, autocommit=True) as connection:
            await until(connection, SLOTS, 1)
            await attempt(connection)
            await until(connection, RECORDED, 1)
            await connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'"
            )
            await attempt(connection)
            await until(connection, RECORDED, 2)
            await connection.execute("alter function audit.drain() rename to drained")
            await asyncio.sleep(1)
            await attempt(connection)
            await connection.execute("alter function audit.drained() rename to drain")
            await until(connection, RECORDED, 3)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert "Refused attempts wait: " in capfd.readouterr().err
