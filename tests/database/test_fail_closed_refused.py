"""Fail-closed actions that cannot be put on record before they begin, and so do not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import psycopg
import pytest
from anyio.to_thread import run_sync
from pydantic import SecretStr

from indelible import Audit, AuditUnavailable, Settings, audited
from indelible.services.spool.spool import Spool
from tests.closing import make, make_sync, outcomes, told
from tests.proxy import Proxy
from tests.stage import ACTION, set_stage, stored
from tests.support import events

Postgresql = psycopg.Connection[Any]


@pytest.fixture
def settings(postgresql: Postgresql, login: Callable[..., str], tmp_path: Path) -> Settings:
    spool = tmp_path / "spool"
    return set_stage(postgresql, login, record_timeout=20, record_deadline=20, audit_pool_size=2, spool_dir=spool)


@pytest.mark.parametrize("begin", ["refuse", "pause", "keep_answers"])
async def test_without_the_database_nothing_begins(
    settings: Settings, proxy: Proxy, postgresql: Postgresql, begin: str
) -> None:
    """Gone, hung or unheard: refused, whatever the spool could do; that it was refused is on record when it can be."""
    through = settings.model_copy(update={"audit_dsn": SecretStr(proxy.dsn), "record_timeout": 1.0})
    async with Audit(through) as audit:
        getattr(proxy, begin)()
        with pytest.raises(AuditUnavailable):
            await make(1)
        with pytest.raises(AuditUnavailable):
            await run_sync(make_sync, 2)
        with pytest.raises(AuditUnavailable):
            await audit.record(ACTION, durability="fail_closed")
        assert stored(postgresql) == []
        with anyio.fail_after(60):
            while audit.metrics.count("audit_events_unavailable_total") < 3:  # noqa: ASYNC110
                await anyio.sleep(0.05)
        proxy.refuse()
        proxy.accept()
        with anyio.fail_after(60):
            while len(events(postgresql, "action = %s and outcome = 'failure'", ACTION)) < 2:  # noqa: ASYNC110
                await anyio.sleep(0.05)
    failures = [row for row in told(postgresql) if row["outcome"] == "failure"]
    assert [row["metadata"]["reason"] for row in failures] == ["audit_unavailable"] * 2
    assert "success" not in outcomes(postgresql) or begin == "keep_answers"  # the plain event may have arrived, unheard


async def test_an_outage_known_to_the_spool_does_not_count(
    settings: Settings, proxy: Proxy, postgresql: Postgresql
) -> None:
    """While other events are acknowledged on disk, a fail-closed one is refused; when the database is back it runs."""
    through = settings.model_copy(update={"audit_dsn": SecretStr(proxy.dsn), "record_timeout": 1.0})
    async with Audit(through) as audit:
        proxy.refuse()
        assert (await audit.submit(ACTION)).durable
        with pytest.raises(AuditUnavailable):
            await make(1)
        proxy.accept()
        with anyio.fail_after(60):
            while audit.database_away:  # noqa: ASYNC110
                await anyio.sleep(0.05)
        assert await make(2) == 2
    assert stored(postgresql) == [2]


async def test_what_is_refused_by_the_database_is_refused(settings: Settings, postgresql: Postgresql) -> None:
    """An action whose code nobody defined cannot be put on record, and so cannot begin."""
    ran: list[int] = []
    undefined = audited("TEST_NEVER_DEFINED", durability="fail_closed")
    async with Audit(settings):
        with pytest.raises(AuditUnavailable):
            await run_sync(undefined(ran.append), 1)
    assert ran == []


async def test_without_a_service_nothing_begins() -> None:
    """Nobody there to record it: refused, sync and async."""
    with pytest.raises(AuditUnavailable):
        await make(1)
    with pytest.raises(AuditUnavailable):
        make_sync(1)


async def test_the_event_loop_cannot_wait(settings: Settings, postgresql: Postgresql) -> None:
    """A sync function called on the loop itself is refused rather than run unrecorded."""
    async with Audit(settings):
        with pytest.raises(AuditUnavailable):
            make_sync(1)
    assert stored(postgresql) == []


async def test_the_attempt_never_waits_on_disk(settings: Settings, proxy: Proxy) -> None:
    """What is in the spool after a refusal is the refusal, not the attempt."""
    through = settings.model_copy(update={"audit_dsn": SecretStr(proxy.dsn), "record_timeout": 1.0})
    async with Audit(through):
        proxy.refuse()
        with pytest.raises(AuditUnavailable):
            await make(1)
    spool = Spool.open(settings.spool_dir or Path(), max_bytes=1 << 30)
    (waiting,) = await run_sync(spool.claim, 10, 60)
    await run_sync(spool.close)
    assert b'"outcome":"failure"' in waiting.payload and b"audit_unavailable" in waiting.payload
