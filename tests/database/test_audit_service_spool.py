"""While the database is away the spool has the events; when it is back, each is in the log exactly once.

What is waited for here are states, never times; the deadlines only end a test that has failed.
"""

import asyncio
import json
import subprocess
import sys
import textwrap
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
import psycopg
import pytest
from anyio.to_thread import run_sync
from pydantic import SecretStr

from indelible import Audit, Receipt, Settings
from indelible.context import RequestContext, bind
from indelible.models import Fate
from indelible.services import replayer
from indelible.services.event import compose, new_event_id
from indelible.services.spool.payload import to_payload
from indelible.services.spool.spool import Spool
from tests.outages import (
    OUTAGES,
    Break,
    acknowledged,
    back_to_rest,
    balanced,
    hung,
    ids,
    recorded,
    refused,
    unheard,
    until,
)
from tests.proxy import Proxy
from tests.stage import ACTION, alice, set_stage

Postgresql = psycopg.Connection[Any]


MAX_BYTES = 1 << 30


@pytest.fixture
def settings(postgresql: Postgresql, login: Callable[..., str], tmp_path: Path) -> Settings:
    spool = tmp_path / "spool"
    return set_stage(postgresql, login, record_timeout=0.5, record_deadline=10, audit_pool_size=3, spool_dir=spool)


@pytest.fixture
def through(settings: Settings, proxy: Proxy) -> Settings:
    return settings.model_copy(update={"audit_dsn": SecretStr(proxy.dsn)})


@pytest.mark.parametrize("begin", OUTAGES)
async def test_what_is_acknowledged_comes_into_the_log_once(
    through: Settings, proxy: Proxy, postgresql: Postgresql, begin: Break, caplog: pytest.LogCaptureFixture
) -> None:
    """Through an outage of any kind: before, during and after it each event is durable, in the end recorded once."""
    async with Audit(through) as audit:
        first = await acknowledged(audit, 3)
        mend = await begin(proxy, postgresql)
        during = [receipt for _ in range(3) for receipt in await acknowledged(audit, 20)]
        assert balanced(audit)
        assert audit.metrics.count("audit_events_dropped_total") == 0
        assert audit.metrics.count("audit_events_deferred_total") > 0
        mend()
        await back_to_rest(audit)
        after = await acknowledged(audit, 3)
        await back_to_rest(audit)
        assert balanced(audit) and not audit.database_away
    sent = [str(receipt.event_id) for receipt in (*first, *during, *after)]
    found = ids(postgresql)
    assert len(found) == len(set(found)) == len(sent) and set(found) == set(sent)


async def test_events_keep_their_time_and_their_order(through: Settings, proxy: Proxy, postgresql: Postgresql) -> None:
    """created_at is when it happened, recorded_at when the database had it; who and where came along."""
    async with Audit(through) as audit:
        proxy.refuse()
        before = datetime.now(UTC)
        for number in range(5):
            with bind(alice()):
                await audit.submit(ACTION, entity_id=number, metadata={"n": number})
            await until(lambda: audit.in_flight == 0)
        after = datetime.now(UTC)
        proxy.accept()
        await back_to_rest(audit)
    rows = recorded(postgresql)
    assert [row["entity_id"] for row in rows] == [str(number) for number in range(5)]
    for row in rows:
        assert before <= row["created_at"] <= after <= row["recorded_at"]
        assert (row["user_id"], str(row["ip_address"]), row["time_source"]) == ("alice", "192.0.2.7", "claimed")


async def test_the_doors_of_sync_code(through: Settings, proxy: Proxy, postgresql: Postgresql) -> None:
    """A worker thread has the same receipt; `fast` waits for nothing and goes the same way."""
    async with Audit(through) as audit:
        stored = await run_sync(audit.submit_sync, ACTION)
        proxy.refuse()
        spooled = await run_sync(audit.submit_sync, ACTION)
        assert (stored.fate, spooled.fate, spooled.durable) == (Fate.STORED, Fate.SPOOLED, True)
        fast = await audit.submit(ACTION, durability="fast")
        assert (fast.fate, fast.durable, await audit.record(ACTION, durability="fast")) == (Fate.PENDING, False, None)
        audit.record_soon(ACTION)
        await until(lambda: audit.in_flight == 0)
        proxy.accept()
        await back_to_rest(audit)
    assert len(recorded(postgresql)) == 5


async def test_closing_leaves_the_rest_on_disk(
    through: Settings, settings: Settings, proxy: Proxy, postgresql: Postgresql
) -> None:
    """A service that ends while the database is away loses nothing; the next one brings it there."""
    async with Audit(through) as audit:
        proxy.pause()
        for _ in range(700):
            audit.record_soon(ACTION)
    assert audit.metrics.count("audit_events_dropped_total") == 0
    assert audit.metrics.count("audit_events_deferred_total") == 700
    assert len(recorded(postgresql)) in (0, 500)  # what was sent may arrive when it is cut off
    async with Audit(settings) as other:
        await back_to_rest(other)
    assert len(recorded(postgresql)) == len(set(ids(postgresql))) == 700


VICTIM = """
    import asyncio, os, sys
    from indelible import Audit, Settings

    async def main():
        async with Audit(Settings(audit_dsn=sys.argv[1], spool_dir=sys.argv[2], record_timeout=20)) as audit:
            for receipt in await asyncio.gather(*(audit.submit(sys.argv[3]) for _ in range(100))):
                assert receipt.durable
                print(receipt.event_id, flush=True)
            os._exit(9)

    asyncio.run(main())
"""


async def test_what_a_dead_process_left_is_brought_by_another(settings: Settings, postgresql: Postgresql) -> None:
    """Killed after its acknowledgements, with a database that it never reached."""
    nowhere = "postgresql://nobody@127.0.0.1:1/gone"
    command = [sys.executable, "-c", textwrap.dedent(VICTIM), nowhere, str(settings.spool_dir), ACTION]
    done = await run_sync(lambda: subprocess.run(command, capture_output=True, text=True, check=False))
    assert done.returncode == 9, done.stderr
    async with Audit(settings) as audit:
        await back_to_rest(audit)
    assert sorted(ids(postgresql)) == sorted(done.stdout.split())


async def test_two_processes_share_the_work(
    through: Settings, settings: Settings, proxy: Proxy, postgresql: Postgresql
) -> None:
    """Several services of one host replay one spool, and no event twice."""
    async with Audit(through) as audit, Audit(settings) as other:
        proxy.refuse()
        for _ in range(5):
            await acknowledged(audit, 300)
            await acknowledged(other, 10)
        proxy.accept()
        await back_to_rest(audit)
        replayed = [service.metrics.count("audit_events_replayed_total") for service in (audit, other)]
        deferred = [service.metrics.count("audit_events_deferred_total") for service in (audit, other)]
    assert sum(replayed) == sum(deferred) >= 1500
    assert len(recorded(postgresql)) == len(set(ids(postgresql))) == 1550


async def test_without_a_usable_spool_losses_are_loud(
    through: Settings, proxy: Proxy, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """No exception, one line when it begins, each failure counted; the event is given up as without a spool."""
    (tmp_path / "file").write_text("")
    hopeless = through.model_copy(update={"spool_dir": tmp_path / "file"})
    async with Audit(hopeless) as audit:
        proxy.refuse()
        for _ in range(3):
            assert (await audit.submit(ACTION)).fate is Fate.DROPPED
        assert audit.metrics.count("audit_spool_failures_total") >= 4
        assert balanced(audit)
    spool = [json.loads(record.message)["event"] for record in caplog.records if record.name == "indelible.spool"]
    lost = [json.loads(record.message)["reason"] for record in caplog.records if record.name == "indelible.audit"]
    assert (spool, lost) == (["audit_spool_failed"], ["unreachable"] * 3)


async def test_a_spool_that_cannot_be_used_costs_nothing_while_the_database_answers(
    settings: Settings, postgresql: Postgresql, tmp_path: Path
) -> None:
    """Events go straight into the database."""
    (tmp_path / "file").write_text("")
    async with Audit(settings.model_copy(update={"spool_dir": tmp_path / "file"})) as audit:
        await acknowledged(audit, 5)
    assert len(recorded(postgresql)) == 5


async def test_no_spool_is_told_once(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    """A service without one says so when it starts."""
    async with Audit(settings.model_copy(update={"spool_dir": None})):
        pass
    lines = [json.loads(record.message) for record in caplog.records if record.name == "indelible.spool"]
    assert lines == [{"event": "audit_spool_absent", "setting": "INDELIBLE_SPOOL_DIR"}]


async def test_one_bad_event_fails_alone(settings: Settings, postgresql: Postgresql) -> None:
    """Of events that are committed together, the one that the database will not have is refused, and no other."""
    async with Audit(settings) as audit:
        bad = asyncio.create_task(audit.submit("TEST_NEVER_DEFINED"))
        good = await acknowledged(audit, 50)
        assert (await bad).fate is Fate.REFUSED
        assert (
            audit.metrics.count("audit_events_refused_total") == audit.metrics.count("audit_events_dropped_total") == 1
        )
    assert sorted(ids(postgresql)) == sorted(str(receipt.event_id) for receipt in good)


async def test_what_is_refused_on_replay_is_set_aside(
    through: Settings, proxy: Proxy, postgresql: Postgresql, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Poison in the spool, readable or not, is kept for people and holds nothing up."""
    monkeypatch.setattr(replayer, "REREAD_SECONDS", 0.0)
    spool = Spool.open(through.spool_dir or Path(), max_bytes=MAX_BYTES)
    async with Audit(through) as audit:
        proxy.refuse()
        assert (await audit.submit("TEST_NEVER_DEFINED")).fate is Fate.SPOOLED
        await acknowledged(audit, 2)
        payload = b'{"version": 1, "event": {}}'
        other = to_payload(compose(ACTION, None, {}))
        await run_sync(spool.put, [(new_event_id(), content) for content in (payload, other, b"\xff")])
        for text in ("\0", "\ud800"):  # neither protocol nor driver carries these
            event = replace(compose(ACTION, None, {}), entity_id=text)
            await run_sync(spool.put, [(event.event_id, to_payload(event))])
        await acknowledged(audit, 2)
        proxy.accept()
        await back_to_rest(audit)
        counts = await audit.look_at_spool()
        assert counts is not None and counts.set_aside == 6
        assert audit.metrics.count("audit_events_refused_total") == 3
    assert len(recorded(postgresql)) == 4
    spool.close()


async def test_strangers_leave_room_on_disk(through: Settings, proxy: Proxy) -> None:
    """Requests of nobody fill half of the spool at most, and displace no event of a user."""
    stranger = RequestContext("b" * 32)
    async with Audit(through.model_copy(update={"spool_max_bytes": 1 << 20, "record_deadline": 0.5})) as audit:
        proxy.refuse()
        fates: list[Fate] = []
        with bind(stranger):
            while Fate.DROPPED not in fates:
                fates.append((await audit.submit(ACTION, metadata={"x": "x" * 16_000})).fate)
                await audit.look_at_spool()
        assert fates.count(Fate.SPOOLED) > 5
        with bind(alice()):
            assert (await audit.submit(ACTION)).fate is Fate.SPOOLED


async def test_a_flapping_database_loses_and_doubles_nothing(
    through: Settings, proxy: Proxy, postgresql: Postgresql
) -> None:
    """Acknowledged is in the log or on disk at every moment, and in the log at rest."""
    sent: list[Receipt] = []
    async with Audit(through) as audit:

        async def work(number: int) -> None:
            for _ in range(40):
                sent.append(await audit.submit(ACTION, entity_id=number))
                assert balanced(audit)
                await anyio.sleep(0.01)

        async with anyio.create_task_group() as group:
            for number in range(8):
                group.start_soon(work, number)
            for begin in (unheard, hung, refused, unheard):
                mend = await begin(proxy, postgresql)
                await anyio.sleep(0.3)
                stored = set(ids(postgresql))
                spooled = sum(receipt.fate is Fate.SPOOLED for receipt in list(sent))
                assert {str(receipt.event_id) for receipt in sent if receipt.fate is Fate.STORED} <= stored | set(
                    ids(postgresql)
                )
                assert spooled <= audit.metrics.count("audit_events_deferred_total")
                mend()
                await anyio.sleep(0.3)
        await back_to_rest(audit)
        assert balanced(audit) and audit.metrics.count("audit_events_dropped_total") == 0
    found = ids(postgresql)
    assert len(found) == len(set(found)) == 320
    assert {str(receipt.event_id) for receipt in sent} == set(found)
