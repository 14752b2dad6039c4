"""GET /v1/audit/stream: each sealed event once, in order, across reconnects; bounded, watched over, and on record."""

from typing import Any

import anyio
import httpx
import pytest
from psycopg.conninfo import conninfo_to_dict

import indelible.http.stream as streaming
from ftms.app import create_app
from indelible import Settings
from tests.http.auditing import READS, Listener
from tests.http.tailed import Log
from tests.http.world import Headers, LogIn, Serve, World, require_problem
from tests.support import one


def ids_of(told: list[tuple[int, dict[str, Any]]]) -> list[int]:
    return [event["id"] for _, event in told]


def leaves(world: World) -> dict[int, int]:
    """Leaf → event id, of what is sealed and is no read of the log."""
    query = """
        select leaf.leaf_index, leaf.id from audit_private.leaves as leaf join audit.audit_logs as log using (id)
        where log.action <> 'AUDIT_LOG_READ' order by leaf.leaf_index
    """
    return dict(world.admin.execute(query).fetchall())


async def test_what_is_sealed_comes_with_its_leaf(
    client: httpx.AsyncClient, log: Log, alice: Headers, world: World
) -> None:
    """From now on, in the form of server-sent events: id is the leaf, data the event."""
    async with Listener(client, alice, "action=FTMS_*") as listener:
        assert (listener.status, listener.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
        assert listener.headers["cache-control"] == "no-store"
        ids = log.add(3)
        told = await listener.hear_events(3)
    assert ids_of(told) == ids
    assert {leaf: event["id"] for leaf, event in told}.items() <= leaves(world).items()


async def test_the_whole_log_from_its_beginning(
    client: httpx.AsyncClient, log: Log, alice: Headers, world: World
) -> None:
    """after=-1 tells all that is sealed but reads of the log; after a leaf, what comes behind it."""
    log.add(1200)
    every = leaves(world)
    async with Listener(client, alice, "after=-1") as listener:
        told = await listener.hear_events(len(every))
    assert {leaf: event["id"] for leaf, event in told} == every and len(told) == len(every)
    middle = list(every)[len(every) // 2]
    async with Listener(client, alice, f"after={middle}") as listener:
        told = await listener.hear_events(sum(leaf > middle for leaf in every))
    assert [leaf for leaf, _ in told] == [leaf for leaf in every if leaf > middle]


async def test_the_header_goes_before_the_query(
    client: httpx.AsyncClient, log: Log, alice: Headers, world: World
) -> None:
    """An EventSource that comes back repeats its address and adds where it was."""
    log.add(5)
    *_, last, _ = leaves(world)
    async with Listener(client, alice, "after=-1", last_event_id=last) as listener:
        assert [leaf > last for leaf, _ in await listener.hear_events(1)] == [True]


@pytest.mark.parametrize("given", ["x", "-1", "1.5", "9" * 40, ""])
async def test_an_id_that_is_none_is_refused(client: httpx.AsyncClient, log: Log, alice: Headers, given: str) -> None:
    """422, before anything is told."""
    answer = await client.get("/v1/audit/stream", headers={**alice, "Last-Event-ID": given})
    require_problem(answer, 422)


async def test_a_leaf_of_another_log_is_a_conflict(client: httpx.AsyncClient, log: Log, alice: Headers) -> None:
    """Who has seen more than there is has followed another log, and is not told that nothing is new."""
    answer = await client.get("/v1/audit/stream", headers={**alice, "Last-Event-ID": "100000000"})
    require_problem(answer, 409)


async def test_a_head_request_has_no_tail(client: httpx.AsyncClient, log: Log, alice: Headers) -> None:
    """It is answered at once, with the headers alone."""
    answer = await client.head("/v1/audit/stream", headers=alice)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"].startswith("text/event-stream")


async def test_filters_are_those_of_lists(client: httpx.AsyncClient, log: Log, alice: Headers, world: World) -> None:
    """Words and all: the same predicate decides."""
    async with Listener(client, alice, "action=IAM_*&text=user+created") as listener:
        log.add()
        world.admin.execute("select iam.create_user('eve', 'Eve'), iam.create_role('r', 'A role')")
        log.seal()
        ((_, event),) = await listener.hear_events(1)
    assert (event["action"], event["entity_id"]) == ("IAM_USER_CREATED", "eve")


async def test_heartbeats_are_comments_and_move_on(
    client: httpx.AsyncClient, log: Log, alice: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A silent stream says that it lives; the id in it is no event, but where to come back to."""
    monkeypatch.setattr(streaming, "TICK_SECONDS", 0.05)
    async with Listener(client, alice, "actor=nobody") as listener:
        before = log.add(3)
        size = one(log.admin, "select audit.sealed_size()")[0]
        await listener.hear(lambda: listener.last_event_id == size - 1)
        assert before and listener.told == [] and ": still here" in listener.text


async def test_a_stream_is_on_record(client: httpx.AsyncClient, log: Log, alice: Headers, world: World) -> None:
    """When it begins, with its filter, and when it ends, with the reason, and how much it told; itself not told."""
    async with Listener(client, alice, "actor=nobody&reads=true") as listener:
        begun = world.events("action = %s and metadata ->> 'phase' = 'begun'", READS)
        log.add()
    ended = await eventually(world, "ended")
    assert [event["user_id"] for event in (*begun, *ended)] == ["alice", "alice"]
    assert begun[0]["metadata"]["filter"] == {"actor": "nobody", "reads": True}
    assert (ended[0]["metadata"]["reason"], ended[0]["metadata"]["events"]) == ("disconnected", 0)
    assert begun[0]["metadata"]["stream"] == ended[0]["metadata"]["stream"] == begun[0]["request_id"]
    assert listener.told == []


async def eventually(world: World, phase: str) -> list[dict[str, Any]]:
    """The records of streams in this phase, once there are any."""
    with anyio.fail_after(10):
        while not (found := world.events("action = %s and metadata ->> 'phase' = %s", READS, phase)):  # noqa: ASYNC110
            await anyio.sleep(0.01)
    return found


async def test_who_may_no_longer_read_is_shown_out(
    client: httpx.AsyncClient, log: Log, log_in: LogIn, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stream ends soon after its session or its permission did; the refusal is on record."""
    monkeypatch.setattr(streaming, "TICK_SECONDS", 0.05)
    alice = await log_in("alice")
    async with Listener(client, alice) as listener:
        assert (await client.post("/v1/auth/logout", headers=alice)).status_code == 204
        await listener.hear_end()
    (ended,) = await eventually(world, "ended")
    assert ended["metadata"]["reason"] == "refused"
    async with Listener(client, await log_in("alice")) as listener:
        world.admin.execute("select iam.revoke_permission('clerk', 'audit.event.read')")
        await listener.hear_end()
    denied = world.events("action = 'RBAC_PERMISSION_DENIED'")
    assert [event["permission"] for event in denied] == ["audit.event.read"]


async def test_no_more_streams_than_there_may_be(serve: Serve, settings: Settings, world: World, log: Log) -> None:
    """One more is answered 503 with a time to come back, and has its place once another went."""
    client = await serve(create_app(settings.model_copy(update={"stream_limit": 2})))
    answer = await client.post("/v1/auth/login", json={"username": "alice", "password": world.passwords["alice"]})
    alice = {"Authorization": f"Bearer {answer.json()['token']}"}
    async with Listener(client, alice), Listener(client, alice):
        refused = await client.get("/v1/audit/stream", headers=alice)
        require_problem(refused, 503)
        assert int(refused.headers["retry-after"]) > 0
    async with Listener(client, alice) as listener:
        assert listener.status == 200


async def test_a_client_that_takes_nothing_is_dropped(
    client: httpx.AsyncClient, log: Log, alice: Headers, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is kept for it but the batch at hand, and its place is free again."""
    monkeypatch.setattr(streaming, "SEND_SECONDS", 0.05)
    async with Listener(client, alice) as listener:
        listener.takes.clear()
        log.add()
        await listener.hear_end()
    (ended,) = await eventually(world, "ended")
    assert (ended["metadata"]["reason"], ended["metadata"]["events"]) == ("slow", 0)


async def test_streams_end_before_the_service_does(settings: Settings, serve: Serve, world: World, log: Log) -> None:
    """At shutdown each stream is ended properly, and that is on record before the pools close."""
    app = create_app(settings)
    client = await serve(app)
    answer = await client.post("/v1/auth/login", json={"username": "alice", "password": world.passwords["alice"]})
    alice = {"Authorization": f"Bearer {answer.json()['token']}"}
    async with Listener(client, alice) as listener:
        client._transport.app.state["audit"].end_streams()  # type: ignore[attr-defined]
        await listener.hear_end()
        require_problem(await client.get("/v1/audit/stream", headers=alice), 503)
    (ended,) = await eventually(world, "ended")
    assert ended["metadata"]["reason"] == "stopped"


async def test_a_stream_ends_when_the_database_is_away(
    client: httpx.AsyncClient,
    settings: Settings,
    log: Log,
    alice: Headers,
    world: World,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody can say then who may read: the stream ends, and coming back is answered 503 until it is there again."""
    monkeypatch.setattr(streaming, "TICK_SECONDS", 0.2)
    service = str(conninfo_to_dict(settings.dsn(independent=True) or "")["user"])
    async with Listener(client, alice) as listener:
        world.admin.execute(f"alter role {service} nologin".encode())
        world.admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = %s", (service,))
        await listener.hear_end()
        for path in ("stream", "events", "events/1", "coverage", "entities/A/1/history"):
            refused = await client.get(f"/v1/audit/{path}", headers=alice)
            require_problem(refused, 503)
            assert int(refused.headers["retry-after"]) > 0
        world.admin.execute(f"alter role {service} login".encode())
    async with Listener(client, alice, last_event_id=0) as listener:
        assert await listener.hear_events(1)
