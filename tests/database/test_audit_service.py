"""The audit service writes what happened on a session of its own, from every kind of code."""

import asyncio
import json
import threading
from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, datetime
from typing import Any

import anyio
import psycopg
import pytest
from anyio.to_thread import run_sync

from indelible import Audit, Settings, audited, set_entity, transaction
from indelible.context import RequestContext, bind
from indelible.errors import ConfigurationError
from tests.stage import ACTION, alice, set_stage
from tests.support import Row, events, facts

Postgresql = psycopg.Connection[Any]


@pytest.fixture
def settings(postgresql: Postgresql, login: Callable[..., str]) -> Settings:
    # Patient, so that a slow machine does not fail a test; the impatient ones are in test_audit_service_faults.py.
    return set_stage(postgresql, login, record_timeout=30, record_deadline=30)


def recorded(postgresql: Postgresql) -> list[Row]:
    return events(postgresql, "action = %s", ACTION)


async def test_an_event_has_who_where_and_what(settings: Settings, postgresql: Postgresql) -> None:
    """User, address, request id, the client's own id and the time come along by themselves."""
    before = datetime.now(UTC)
    async with Audit(settings) as audit:
        with bind(alice(client_request_id="c-1", peer_address="10.0.0.1")):
            number = await audit.record(
                ACTION, entity_type="THING", entity_id=7, description="Did it.", outcome="failure", metadata={"n": 1}
            )
    (event,) = recorded(postgresql)
    assert event["id"] == number
    assert (event["user_id"], str(event["ip_address"]), event["request_id"]) == ("alice", "192.0.2.7", "a" * 32)
    assert (event["entity_type"], event["entity_id"], event["outcome"]) == ("THING", "7", "failure")
    assert facts(event) == {"n": 1, "client_request_id": "c-1", "peer_address": "10.0.0.1"}
    assert before <= event["created_at"] <= event["recorded_at"]
    assert (event["actor_proof"], event["time_source"], event["description"]) == ("service", "claimed", "Did it.")


async def test_an_event_survives_the_rollback(settings: Settings, postgresql: Postgresql) -> None:
    """The record stands on another session than the business."""
    async with Audit(settings) as audit:
        with pytest.raises(RuntimeError), bind(alice()):  # noqa: PT012  # the end of the block is what is tested
            async with transaction() as connection:
                await connection.execute("insert into public.things values (1, 'x')")
                await audit.record(ACTION)
                raise RuntimeError
    assert len(recorded(postgresql)) == 1
    assert events(postgresql, "entity_type = 'THING'") == []


async def test_success_is_counted(settings: Settings) -> None:
    """By category and outcome, with the time that it took."""
    async with Audit(settings) as audit:
        await audit.record(ACTION, outcome="denied")
        value = audit.metrics.registry.get_sample_value
        assert value("audit_events_total", {"category": "test", "outcome": "denied"}) == 1
        assert value("audit_write_duration_seconds_count") == 1
        assert value("audit_events_dropped_total") == 0


async def test_a_worker_thread_waits_for_its_event(settings: Settings, postgresql: Postgresql) -> None:
    """record_sync in a sync endpoint's thread returns the id."""
    async with Audit(settings) as audit:
        with bind(alice()):
            number = await run_sync(audit.record_sync, ACTION)
    assert [(event["id"], event["user_id"]) for event in recorded(postgresql)] == [(number, "alice")]


class Impatient(Future[int | None]):
    """A future that nobody may wait for."""

    def result(self, timeout: float | None = None) -> int | None:
        pytest.fail(f"waited up to {timeout} seconds")


async def test_on_the_event_loop_nothing_waits(
    settings: Settings, postgresql: Postgresql, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sync function called on the loop itself neither blocks nor deadlocks it; its event is written."""
    monkeypatch.setattr("indelible.services.writer.Future", Impatient)

    @audited(ACTION)
    def work() -> int:
        set_entity(3)
        return 3

    async with Audit(settings) as audit:
        with bind(alice()):
            assert audit.record_sync(ACTION) is None
            assert work() == 3
            audit.record_soon(ACTION)
    assert [event["entity_id"] for event in recorded(postgresql)].count("3") == 1
    assert len(recorded(postgresql)) == 3


def test_scripts_need_no_event_loop(settings: Settings, postgresql: Postgresql) -> None:
    """`with Audit()` runs a loop in the background; without a request nobody is claimed to have acted."""

    @audited(ACTION, entity_id="arg:number")
    def work(number: int) -> None:
        return None

    with Audit(settings) as audit:
        assert isinstance(audit.record_sync(ACTION), int)
        work(4)
        audit.record_soon(ACTION)
    assert sorted(str(event["entity_id"]) for event in recorded(postgresql)) == ["4", "None", "None"]
    assert {(event["user_id"], event["request_id"]) for event in recorded(postgresql)} == {(None, None)}


def test_another_loop_may_record_too(settings: Settings, postgresql: Postgresql) -> None:
    """Async code of a script runs on a loop of its own; the event still goes to the service's."""

    @audited(ACTION)
    async def work() -> int:
        await asyncio.sleep(0)
        return 1

    with Audit(settings) as audit:
        assert isinstance(asyncio.run(audit.record(ACTION)), int)
        assert asyncio.run(work()) == 1
    assert len(recorded(postgresql)) == 2


def test_a_service_can_run_twice_but_not_at_once(settings: Settings, postgresql: Postgresql) -> None:
    """After its end it begins anew; inside of itself it refuses."""
    audit = Audit(settings)
    for _ in range(2):
        with audit:
            audit.record_sync(ACTION)
            with pytest.raises(RuntimeError, match="running already"):
                audit.__enter__()
            assert isinstance(audit.record_sync(ACTION), int)
    assert len(recorded(postgresql)) == 4


def test_who_only_records_needs_no_business_session(
    settings: Settings, postgresql: Postgresql, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A script with the independent login alone; asking for the other session says what to set."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with Audit(settings.model_copy(update={"app_dsn": None, "database_url": None})) as audit:
        assert isinstance(audit.record_sync(ACTION), int)
        with pytest.raises(ConfigurationError, match="INDELIBLE_APP_DSN"):
            _ = audit.database
        with pytest.raises(ConfigurationError, match="INDELIBLE_APP_DSN"):
            _ = audit.sync_database
    assert len(recorded(postgresql)) == 1


async def test_a_cancelled_caller_is_recorded_all_the_same(settings: Settings, postgresql: Postgresql) -> None:
    """The cancellation passes through record() at once, and the event is written."""
    async with Audit(settings) as audit:
        postgresql.execute("begin")
        postgresql.execute("lock table audit.audit_logs")
        task = asyncio.create_task(audit.record(ACTION))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with anyio.move_on_after(0.05) as scope:
            await audit.record(ACTION)
        assert scope.cancelled_caught
        postgresql.execute("commit")
    assert len(recorded(postgresql)) == 2


async def test_closing_waits_for_events_in_flight(settings: Settings, postgresql: Postgresql) -> None:
    """What was handed over before the end is on record after it, from whatever thread it came."""
    several = settings.model_copy(update={"audit_pool_size": 2})
    async with Audit(several) as audit:

        def record_ten() -> None:
            for _ in range(10):
                audit.record_soon(ACTION)

        threads = [threading.Thread(target=record_ten) for _ in range(4)]
        for thread in threads:
            thread.start()
        record_ten()
        for thread in threads:
            await run_sync(thread.join)
    assert len(recorded(postgresql)) == 50


async def test_the_sealed_context_goes_along(settings: Settings, postgresql: Postgresql) -> None:
    """With a seal of the database the actor is proven; a forged one is kept as a claim, not believed."""
    postgresql.execute("select iam.create_user('alice', 'Alice')")
    postgresql.execute(
        "insert into iam.sessions (token_digest, username, expires_at) values (sha256('t'), 'alice', 'infinity')"
    )
    query = "select sealed from iam.authenticate('t', '192.0.2.7', %s)"
    (sealed,) = postgresql.execute(query, ("a" * 32,)).fetchone() or ("",)
    async with Audit(settings) as audit:
        with bind(alice(sealed=sealed)):
            await audit.record(ACTION)
        with bind(alice(sealed=sealed[:-1] + ("0" if sealed[-1] != "0" else "1"))):
            await audit.record(ACTION)
    proven, forged = recorded(postgresql)
    assert (proven["user_id"], proven["actor_proof"]) == ("alice", "sealed")
    assert (forged["user_id"], forged["actor_proof"]) == (None, "direct")
    assert "forged" in forged["metadata"]["claim"]


HOSTILE: list[Any] = [
    {"v": "a\0b\ud800\r\n"},
    {"v": float("nan")},
    {"v": "x" * 100_000},
    {f"k{n}": "x" * 15_000 for n in range(10)},
    {"v": object()},
    json.loads('{"d": ' * 500 + "1" + "}" * 500),
    {"v": 10**6000},
    {"\0": {"\ud800": [b"\0"]}},
    [1, 2],
    "text",
]


async def test_hostile_metadata_does_not_cost_the_event(settings: Settings, postgresql: Postgresql) -> None:
    """Whatever it is, the event is on record, and metadata that was changed says so."""
    async with Audit(settings) as audit:
        for metadata in HOSTILE:
            assert isinstance(await audit.record(ACTION, metadata=metadata), int)
    for event, metadata in zip(recorded(postgresql), HOSTILE, strict=True):
        assert isinstance(event["metadata"], dict)
        assert ("metadata_sanitised" in event["metadata"]) is isinstance(metadata, dict)


async def test_metadata_that_only_the_database_refuses(settings: Settings, postgresql: Postgresql) -> None:
    """Numbers grow when PostgreSQL spells them out: the event is written again without its metadata."""
    async with Audit(settings) as audit:
        assert isinstance(await audit.record(ACTION, metadata={f"n{n}": 1e300 for n in range(1000)}), int)
    (event,) = recorded(postgresql)
    assert facts(event) == {"metadata_sanitised": ["refused"]}


async def test_hostile_texts_do_not_cost_the_event(settings: Settings, postgresql: Postgresql) -> None:
    """Over-long, unencodable and multi-line values of every field are cut and neutralised."""
    hostile = "o'\\\0\ud800\r\n" + "x" * 1_000_000
    context = RequestContext("not ours; --", ip_address="nonsense", user_id=hostile, sealed="nonsense'")
    async with Audit(settings) as audit:
        with bind(context):
            await audit.record(ACTION, entity_type=hostile, entity_id=hostile, description=hostile, permission=hostile)
    (event,) = recorded(postgresql)
    assert event["entity_id"].startswith("sha256:")  # over 1,000 bytes: more than the index would hold
    for name, limit in {"entity_type": 200, "description": 2000, "permission": 100}.items():
        assert event[name].startswith("o'\\\ufffd\ufffd\ufffd\ufffdxxx")
        assert len(event[name]) == limit


async def test_behind_a_transaction_pooler(settings: Settings, postgresql: Postgresql) -> None:
    """The setting for PgBouncer writes each event in a transaction, so that both its steps meet one server."""
    async with Audit(settings.model_copy(update={"transaction_pooling": True})) as audit:
        with bind(alice()):
            assert isinstance(await audit.record(ACTION), int)
            assert isinstance(await audit.record(ACTION, metadata={f"n{n}": 1e300 for n in range(1000)}), int)
    assert [event["user_id"] for event in recorded(postgresql)] == ["alice", "alice"]


def test_without_a_database_there_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that could never write refuses to be made."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with pytest.raises(ConfigurationError, match="No database is configured"):
        Audit(Settings())
