"""Whatever happens to the database, business goes on: record() neither raises nor waits, and no loss is silent.

How long something takes is never asserted. That record() returns while the database hangs is what a test shows,
since waiting for the database would last until the test's own deadline.
"""

import asyncio
import json
import logging
from collections.abc import Callable
from typing import Any

import asyncpg
import psycopg
import pytest
from anyio.to_thread import run_sync
from pydantic import SecretStr

from indelible import Audit, Settings
from indelible.db.dsn import dsn_of
from tests.proxy import Proxy
from tests.stage import ACTION, set_stage
from tests.support import events

Postgresql = psycopg.Connection[Any]


@pytest.fixture
def settings(postgresql: Postgresql, login: Callable[..., str]) -> Settings:
    return set_stage(postgresql, login, record_timeout=0.05, record_deadline=30)


def through(settings: Settings, proxy: Proxy, **changes: Any) -> Settings:
    return settings.model_copy(update={"audit_dsn": SecretStr(proxy.dsn), **changes})


def recorded(postgresql: Postgresql) -> int:
    return len(events(postgresql, "action = %s", ACTION))


def losses(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [json.loads(record.message)["reason"] for record in caplog.records if record.name == "indelible.audit"]


def failures(audit: Audit, reason: str) -> float | None:
    return audit.metrics.registry.get_sample_value("audit_write_failures_total", {"reason": reason})


async def settled(audit: Audit) -> None:
    """Wait until no event is in flight."""
    while audit.in_flight:  # noqa: ASYNC110
        await asyncio.sleep(0.01)


async def test_a_hung_database_delays_nobody(settings: Settings, proxy: Proxy, postgresql: Postgresql) -> None:
    """A connection fell silent: neither the loop nor a thread waits; the events are written when it speaks again."""
    async with Audit(through(settings, proxy)) as audit:
        await audit.record(ACTION)
        await settled(audit)
        proxy.pause()
        assert await audit.record(ACTION) is None
        assert await run_sync(audit.record_sync, ACTION) is None
        proxy.resume()
    assert recorded(postgresql) == 3
    assert failures(audit, "timeout") is None


async def test_a_database_that_hangs_while_connecting_delays_nobody(
    settings: Settings, proxy: Proxy, postgresql: Postgresql
) -> None:
    """The first connection is made in the background as well."""
    proxy.pause()
    async with Audit(through(settings, proxy)) as audit:
        assert await audit.record(ACTION) is None
        assert await run_sync(audit.record_sync, ACTION) is None
        proxy.resume()
    assert recorded(postgresql) == 2


async def test_an_event_is_given_up_at_the_deadline(
    settings: Settings, proxy: Proxy, postgresql: Postgresql, caplog: pytest.LogCaptureFixture
) -> None:
    """After record_deadline it is counted and logged, its connection is freed, and later events are written."""
    async with Audit(through(settings, proxy, record_deadline=0.2)) as audit:
        await audit.record(ACTION)
        await settled(audit)
        proxy.pause()
        await audit.record(ACTION)
        await settled(audit)
        assert failures(audit, "timeout") == 1
        proxy.resume()
    assert losses(caplog) == ["timeout"]
    async with Audit(through(settings, proxy)) as audit:
        await audit.record(ACTION)
    # What was given up may have reached the server all the same; what came after it has.
    assert recorded(postgresql) in (2, 3)


async def test_a_lock_delays_nobody(settings: Settings, postgresql: Postgresql) -> None:
    """A statement that waits for a lock goes on in the background; the pool of one is busy, the others queue."""
    async with Audit(settings) as audit:
        postgresql.execute("begin")
        postgresql.execute("lock table audit.audit_logs")
        assert [await audit.record(ACTION) for _ in range(3)] == [None] * 3
        postgresql.execute("commit")
    assert recorded(postgresql) == 3


async def test_a_refused_connection_is_counted_and_logged(
    settings: Settings, proxy: Proxy, postgresql: Postgresql, caplog: pytest.LogCaptureFixture
) -> None:
    """An application starts while its database is down, loses events aloud, and writes again when it is back."""
    proxy.refuse()
    async with Audit(through(settings, proxy)) as audit:
        assert await audit.record(ACTION) is None
        assert await run_sync(audit.record_sync, ACTION) is None
        await settled(audit)
        assert failures(audit, "unreachable") == 2
        assert losses(caplog) == ["unreachable", "unreachable"]
        proxy.accept()
        await audit.record(ACTION)
    assert recorded(postgresql) == 1


async def test_a_connection_that_breaks_is_replaced(
    settings: Settings, proxy: Proxy, postgresql: Postgresql, caplog: pytest.LogCaptureFixture
) -> None:
    """The event that was under way is lost aloud, the next one finds a new connection."""
    async with Audit(through(settings, proxy)) as audit:
        await audit.record(ACTION)
        await settled(audit)
        proxy.pause()
        await audit.record(ACTION)
        proxy.refuse()
        await settled(audit)
        proxy.accept()
        await audit.record(ACTION)
    assert losses(caplog) == ["unreachable"]
    assert recorded(postgresql) == 2


async def test_only_so_many_events_wait(
    settings: Settings, postgresql: Postgresql, caplog: pytest.LogCaptureFixture
) -> None:
    """Beyond record_pending an event is given up at once instead of filling the memory."""
    async with Audit(settings.model_copy(update={"record_pending": 3})) as audit:
        postgresql.execute("begin")
        postgresql.execute("lock table audit.audit_logs")
        for _ in range(5):
            audit.record_soon(ACTION)
        assert await run_sync(audit.record_sync, ACTION) is None
        postgresql.execute("commit")
        assert failures(audit, "saturated") == 3
        await settled(audit)
        audit.record_soon(ACTION)
    assert losses(caplog) == ["saturated"] * 3
    assert recorded(postgresql) == 4


async def test_closing_does_not_wait_for_ever(
    settings: Settings, proxy: Proxy, caplog: pytest.LogCaptureFixture
) -> None:
    """With a database that never answers, the end comes at the deadline, and what was in flight is said to be lost."""
    async with Audit(through(settings, proxy, record_deadline=0.3)) as audit:
        proxy.pause()
        for _ in range(3):
            audit.record_soon(ACTION)
    assert len(losses(caplog)) == 3
    assert set(losses(caplog)) <= {"closed", "timeout"}


async def test_a_borrowed_connection_does_not_hold_up_the_end(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What somebody forgot to give back is cut off."""
    monkeypatch.setattr("indelible.services.sessions.CLOSE_SECONDS", 0.1)
    async with Audit(settings) as audit:
        forgotten = await audit.database.acquire()
        await forgotten.execute("begin")
    with pytest.raises(asyncpg.InterfaceError):
        await forgotten.execute("select 1")


async def test_after_the_end_events_are_lost_aloud(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    """By every door, without an exception."""
    async with Audit(settings) as audit:
        pass
    assert await audit.record(ACTION) is None
    assert audit.record_sync(ACTION) is None
    audit.record_soon(ACTION)
    assert losses(caplog) == ["not_running"] * 3
    with pytest.raises(RuntimeError, match="not running"):
        _ = audit.database


@pytest.mark.parametrize(
    ("action", "fields", "reason"),
    [
        ("TEST_NEVER_DEFINED", {}, "unknown_action"),
        ("ROW_INSERTED", {}, "wrong_origin"),
        (ACTION, {"outcome": "maybe"}, "invalid_event"),
        ("'; drop table public.things; --", {}, "unknown_action"),
    ],
    ids=range(4),
)
async def test_what_the_database_refuses_is_lost_aloud(
    settings: Settings, caplog: pytest.LogCaptureFixture, action: str, fields: Any, reason: str
) -> None:
    """A programming error in an event is no error of the business; it is counted by its SQLSTATE."""
    async with Audit(settings.model_copy(update={"record_timeout": 30.0})) as audit:
        assert await audit.record(action, **fields) is None
    assert losses(caplog) == [reason]
    assert failures(audit, reason) == 1


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("revoke audit_writer from {user}", "not_permitted"),
        ("drop schema audit cascade", "not_installed"),
        ("alter role {user} nologin", "unreachable"),
    ],
    ids=range(3),
)
async def test_a_misconfigured_database_is_lost_aloud(
    settings: Settings, postgresql: Postgresql, caplog: pytest.LogCaptureFixture, statement: str, reason: str
) -> None:
    """Missing grants, missing migrations and refused logins each have their reason."""
    user = psycopg.conninfo.conninfo_to_dict(dsn_of(settings, independent=True))["user"]
    postgresql.execute(statement.format(user=f'"{user}"').encode())
    async with Audit(settings.model_copy(update={"record_timeout": 30.0})) as audit:
        assert await audit.record(ACTION) is None
    assert losses(caplog) == [reason]
    assert failures(audit, reason) == 1


async def test_no_value_is_logged(settings: Settings, proxy: Proxy, caplog: pytest.LogCaptureFixture) -> None:
    """A canary in metadata and description is in no log line, whatever logger."""
    proxy.refuse()
    with caplog.at_level(logging.DEBUG):
        async with Audit(through(settings, proxy)) as audit:
            await audit.record(ACTION, description="canary-4711", metadata={"password": "canary-4711"})
    assert losses(caplog) == ["unreachable"]
    assert "canary-4711" not in caplog.text
