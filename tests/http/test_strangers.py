"""What anybody can send without logging in costs neither the events nor the permissions of users who did."""

import asyncio
import json
import logging
import socket
import threading
import time
from collections.abc import Iterator

import anyio
import httpx
import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from indelible import Settings, requires_permission, standard_routes
from indelible.context import current_audit
from indelible.http import bodies
from indelible.services import summary
from tests.http.world import Serve, World, application
from tests.support import facts

LOGIN = "/v1/auth/login"
ACTION = "FTMS_BOOKING_CANCELLED"
FLOOD = 60


def cancel(_: Request) -> JSONResponse:
    """Business that is recorded, by whomever."""
    audit = current_audit()
    assert audit is not None
    audit.record_soon(ACTION)
    return JSONResponse("done")


@requires_permission("ftms.booking.read")
async def look(_: Request) -> JSONResponse:
    """Business that needs a permission."""
    return JSONResponse("seen")


@pytest.fixture
async def client(serve: Serve, settings: Settings, world: World) -> httpx.AsyncClient:
    """An application with few places, whose records wait for long; `x-user` is its user."""
    settings = settings.model_copy(update={"record_pending": 8, "record_timeout": 30.0, "record_deadline": 60.0})
    routes = [*standard_routes(), Route("/cancel", cancel), Route("/look", look)]
    return await serve(application(settings, *routes, identify=lambda request: request.headers.get("x-user")))


async def flood(client: httpx.AsyncClient) -> None:
    """Unreadable logins, all at once; each is answered while nothing can be recorded."""
    with anyio.fail_after(20):
        answers = await asyncio.gather(
            *(client.post(LOGIN, content=b"{", headers={"Content-Type": "application/json"}) for _ in range(FLOOD))
        )
    assert {answer.status_code for answer in answers} == {400}


async def counted(world: World, action: str, number: int) -> tuple[int, int]:
    """Wait until so many of an action are on record; how many are, and how many of them one by one."""
    with anyio.fail_after(20):
        while True:
            events = world.events("action = %s", action)
            summaries = [event["metadata"]["count"] for event in events if "count" in (event["metadata"] or {})]
            singles = len(events) - len(summaries)
            if singles + sum(summaries) >= number:
                return singles + sum(summaries), singles
            await anyio.sleep(0.02)


async def test_a_flood_of_strangers_displaces_no_event_of_a_user(
    client: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """While nothing can be written, unreadable logins and requests of nobody take only their own places; no loss."""
    monkeypatch.setattr(summary, "SUMMARY_SECONDS", 0.2)
    world.admin.execute("begin")
    world.admin.execute("lock table audit.audit_logs")
    await flood(client)
    for _ in range(5):
        assert (await client.get("/cancel")).status_code == 200
    for _ in range(8):
        assert (await client.get("/cancel", headers={"x-user": "alice"})).status_code == 200
    world.admin.execute("commit")
    assert await counted(world, "AUTH_LOGIN_MALFORMED", FLOOD) == (FLOOD, 16)
    assert await counted(world, ACTION, 13) == (13, 10)
    assert len(world.events("action = %s and user_id = 'alice'", ACTION)) == 8
    lines = [json.loads(record.message) for record in caplog.records if record.levelno >= logging.WARNING]
    assert {line["event"] for line in lines} == {"audit_events_summarised"}
    assert {line["action"] for line in lines} == {"AUTH_LOGIN_MALFORMED", ACTION}
    metrics = (await client.get("/metrics")).text
    assert f"audit_events_summarised_total {FLOOD - 16 + 3}.0" in metrics
    assert "audit_events_dropped_total 0.0" in metrics


async def test_strangers_leave_connections_to_users(client: httpx.AsyncClient, world: World) -> None:
    """While every record of strangers hangs in its connection, permission questions of users are answered."""
    world.admin.execute("begin")
    world.admin.execute("lock table audit.audit_logs")
    await flood(client)
    for _ in range(4):
        await client.get("/cancel")
    with anyio.fail_after(8):
        assert (await client.get("/look", headers={"x-user": "bob"})).json() == "seen"
    world.admin.execute("commit")


async def test_what_is_summarised_is_told_of_at_the_end(
    settings: Settings, world: World, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    """An application that stops inside of the interval tells of what it has counted."""
    app = application(settings, *standard_routes())
    async with app.router.lifespan_context(app) as state:
        audit = (state or {})["audit"]
        for _ in range(20):
            audit.record_unchecked("AUTH_LOGIN_MALFORMED", outcome="failure")
    events = world.events("action = 'AUTH_LOGIN_MALFORMED'")
    assert len(events) == 17
    (told,) = [event for event in events if facts(event)]
    assert facts(told) == {"reason": "summarised", "count": 4}
    assert (told["outcome"], told["user_id"], told["request_id"]) == ("failure", None, None)


async def test_what_times_out_is_summarised_too(
    settings: Settings, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """A slow database is no way for strangers to make a process count losses, which operators are woken for."""
    app = application(settings.model_copy(update={"record_deadline": 0.3}), *standard_routes())
    async with app.router.lifespan_context(app) as state:
        audit = (state or {})["audit"]
        world.admin.execute("begin")
        world.admin.execute("lock table audit.audit_logs")
        audit.record_unchecked("AUTH_LOGIN_MALFORMED", outcome="failure")
        with anyio.fail_after(10):
            while audit.metrics.registry.get_sample_value("audit_events_summarised_total") != 1:  # noqa: ASYNC110
                await anyio.sleep(0.02)
        world.admin.execute("commit")
    assert audit.metrics.registry.get_sample_value("audit_events_dropped_total") == 0
    counts = [(event["metadata"] or {}).get("count") for event in world.events("action = 'AUTH_LOGIN_MALFORMED'")]
    assert counts == [1]


@pytest.fixture
def port(settings: Settings, world: World) -> Iterator[int]:
    """The port of a real server with the standard routes."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(application(settings, *standard_routes()), log_level="critical")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    yield listening.getsockname()[1]
    server.should_exit = True
    thread.join()
    listening.close()


def test_a_slow_body_does_not_hold_its_connection(port: int, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """1 of 100 bytes: after a bounded time it is answered with 408, hung up on, and on record."""
    monkeypatch.setattr(bodies, "READ_SECONDS", 0.2)
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        head = f"POST {LOGIN} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n"
        connection.sendall(head.encode() + b"{")
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"application/problem+json" in answer and b"connection: close" in answer.lower()
    deadline = time.monotonic() + 10
    while not (events := world.events("action = 'AUTH_LOGIN_MALFORMED'")) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert [facts(event) for event in events] == [{"reason": "status", "status": 408}]
