"""Nothing of one request is seen by another, over one pooled connection, whatever the requests do."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import psycopg
import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from indelible import audited, set_entity, transaction
from indelible.context import current
from tests.http.world import Serve, application
from tests.stage import ACTION, set_stage
from tests.support import events, facts

Postgresql = psycopg.Connection[Any]


@audited(ACTION, entity_type="REQUEST", metadata=lambda result: {"seen": result.headers["seen"]})
async def change(request: Request) -> Response:
    number = int(request.path_params["number"])
    set_entity(number)
    async with transaction() as connection:
        await asyncio.sleep(0)
        await connection.execute("insert into public.things values ($1)", number)
        async with connection.transaction():
            seen = await connection.fetchval("select current_setting('indelible.context')")
        await misbehave(request)
    return answer(seen)


@audited(ACTION, entity_type="REQUEST", metadata=lambda result: {"seen": result.headers["seen"]})
def change_sync(request: Request) -> Response:
    number = int(request.path_params["number"])
    set_entity(number)
    with transaction() as connection:
        connection.execute("insert into public.things values (%s)", (number,))
        with connection.transaction():
            row = connection.execute("select current_setting('indelible.context')").fetchone()
        if request.query_params.get("do") == "crash":
            raise RuntimeError
        if request.query_params.get("do") == "refuse":
            raise HTTPException(409)
    return answer(row[0] if row else "")


async def misbehave(request: Request) -> None:
    match request.query_params.get("do"):
        case "crash":
            raise RuntimeError
        case "refuse":
            raise HTTPException(409)
        case "cancel":
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
            await asyncio.sleep(60)


def answer(seen: str) -> Response:
    context = current()
    assert context is not None
    return JSONResponse({"user": context.user_id}, headers={"seen": seen[65:].split(",", 1)[0]})


def user(request: Request) -> str | None:
    return request.headers.get("x-user")


@pytest.fixture
async def client(serve: Serve, postgresql: Postgresql, login: Callable[..., str]) -> httpx.AsyncClient:
    """An application with pools of one."""
    settings = set_stage(postgresql, login, record_timeout=30, record_deadline=30)
    routes = [
        Route("/async/{number}", change, methods=["POST"]),
        Route("/sync/{number}", change_sync, methods=["POST"]),
    ]
    return await serve(application(settings, *routes, identify=user))


async def test_interleaved_requests_stay_apart(client: httpx.AsyncClient, postgresql: Postgresql) -> None:
    """Sync and async requests at once, some failing, some anonymous: each record has its own request's user and id."""
    ways = ["async", "sync"]
    doings = ["", "crash", "", "refuse", ""]

    async def send(number: int) -> tuple[int, httpx.Response]:
        headers = {"X-User": f"user-{number}"} if number % 7 else {}
        path = f"/{ways[number % 2]}/{number}"
        return number, await client.post(path, params={"do": doings[number % 5]}, headers=headers)

    for number, response in await asyncio.gather(*(send(number) for number in range(40))):
        expected = f"user-{number}" if number % 7 else None
        request_id = response.headers["indelible-request-id"]
        (event,) = events(postgresql, "action = %s and entity_id = %s", ACTION, str(number))
        assert (event["user_id"], event["request_id"]) == (expected, request_id)
        changes = events(postgresql, "entity_type = 'THING' and entity_id = %s", str(number))
        if doings[number % 5]:
            assert event["outcome"] == "failure"
            assert changes == []
        else:
            assert response.json() == {"user": expected}
            assert facts(event) == {"seen": expected or ""}
            assert [(row["user_id"], row["request_id"]) for row in changes] == [(expected, request_id)]


async def test_a_cancelled_request_leaves_nothing_to_the_next(
    client: httpx.AsyncClient, postgresql: Postgresql
) -> None:
    """The next request on the same connection has its own context, and the cancelled one is on record."""
    with pytest.raises(asyncio.CancelledError):
        await asyncio.create_task(client.post("/async/1", params={"do": "cancel"}, headers={"X-User": "ann"}))
    response = await client.post("/async/2")
    assert response.json() == {"user": None}
    assert response.headers["seen"] == ""
    assert events(postgresql, "entity_type = 'THING' and entity_id = '1'") == []
    # Both went over the independent session's only connection, the cancelled request's event first.
    (event,) = events(postgresql, "action = %s and entity_id = '1'", ACTION)
    assert (event["user_id"], event["outcome"], facts(event)) == ("ann", "failure", {"reason": "cancelled"})


async def test_an_anonymous_request_after_a_known_one(client: httpx.AsyncClient) -> None:
    """Neither the variable in Python nor the setting in the session outlives the request."""
    for path in ("/async/1", "/sync/2"):
        assert (await client.post(path, headers={"X-User": "ann"})).headers["seen"] == "ann"
    for path in ("/async/3", "/sync/4"):
        assert (await client.post(path)).headers["seen"] == ""
    assert current() is None
