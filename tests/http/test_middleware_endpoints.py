"""Endpoints of every kind are recorded with their request, whatever they answer."""

import functools
from collections.abc import Callable
from typing import Any

import httpx
import psycopg
import pytest
from pydantic import BaseModel
from starlette.endpoints import HTTPEndpoint
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from indelible import audited, parse_body, set_entity, transaction
from tests.http.world import Serve, application
from tests.stage import ACTION, set_stage
from tests.support import Row, events, facts

Postgresql = psycopg.Connection[Any]
by_path = audited(ACTION, entity_type="THING_SEEN", entity_id="path:id")


@by_path
async def show(request: Request) -> Response:
    return JSONResponse({}, int(request.query_params.get("status", "200")))


@by_path
def show_sync(request: Request) -> Response:
    return JSONResponse({}, int(request.query_params.get("status", "200")))


class Shown(HTTPEndpoint):
    """Methods are recorded one by one."""

    @by_path
    async def get(self, request: Request) -> Response:
        return JSONResponse({}, int(request.query_params.get("status", "200")))

    @by_path
    def put(self, request: Request) -> Response:
        raise HTTPException(int(request.query_params.get("status", "400")))

    def post(self, _request: Request) -> Response:
        return JSONResponse({})


def show_with(prefix: str, _request: Request) -> Response:
    return JSONResponse({"prefix": prefix})


class New(BaseModel):
    """A thing to make."""

    name: str


@audited(ACTION, entity_type="THING_MADE")
async def make(request: Request) -> Response:
    new = await parse_body(request, New)
    async with transaction() as connection:
        await connection.execute("insert into public.things values (1, $1), (2, $1)", new.name)
        set_entity(1)
    return JSONResponse({}, 201)


@pytest.fixture
async def client(serve: Serve, postgresql: Postgresql, login: Callable[..., str]) -> httpx.AsyncClient:
    settings = set_stage(postgresql, login, record_timeout=30, record_deadline=30)
    routes = [
        Route("/async/{id}", show),
        Route("/sync/{id}", show_sync),
        Route("/class/{id}", Shown),
        Route("/partial/{id}", by_path(functools.partial(show_with, "p"))),
        Route("/make", make, methods=["POST"]),
    ]
    return await serve(application(settings, *routes, identify=lambda request: request.headers.get("x-user")))


def of_request(postgresql: Postgresql, response: httpx.Response) -> list[Row]:
    return events(postgresql, "request_id = %s", response.headers["indelible-request-id"])


@pytest.mark.parametrize("kind", ["async", "sync", "class", "partial"])
async def test_each_kind_of_endpoint_is_recorded(client: httpx.AsyncClient, postgresql: Postgresql, kind: str) -> None:
    """With user, address, request id and the id in the path; the router names the route as before."""
    headers = {"X-User": "ann", "X-Request-ID": "c-1"}
    response = await client.get(f"/{kind}/B-7", headers=headers)
    assert response.status_code == 200
    (event,) = of_request(postgresql, response)
    assert (event["user_id"], event["entity_type"], event["entity_id"]) == ("ann", "THING_SEEN", "B-7")
    assert (event["outcome"], facts(event)) == ("success", {"client_request_id": "c-1"})
    assert str(event["ip_address"]) == "203.0.113.7"


async def test_statuses_become_outcomes(client: httpx.AsyncClient, postgresql: Postgresql) -> None:
    """From 400 on a failure, 401 and 403 a denial, returned or raised, sync or async."""
    for path, method in (("/async/1", "GET"), ("/sync/1", "GET"), ("/class/1", "GET"), ("/class/1", "PUT")):
        for status, outcome in ((404, "failure"), (401, "denied"), (403, "denied"), (500, "failure")):
            response = await client.request(method, path, params={"status": status})
            assert response.status_code == status
            (event,) = of_request(postgresql, response)
            assert (event["outcome"], facts(event)) == (outcome, {"reason": "status", "status": status})


async def test_what_is_not_decorated_is_not_recorded(client: httpx.AsyncClient, postgresql: Postgresql) -> None:
    """Only the decorated methods of a class."""
    assert of_request(postgresql, await client.post("/class/1")) == []


async def test_an_error_at_commit_counts(client: httpx.AsyncClient, postgresql: Postgresql) -> None:
    """The deferred constraint fails after the endpoint's last statement: a failure, with the entity it was about."""
    response = await client.post("/make", json={"name": "canary-4711"})
    assert response.status_code == 500
    assert "canary-4711" not in response.text
    (event,) = of_request(postgresql, response)
    assert (event["outcome"], event["entity_id"]) == ("failure", "1")
    assert facts(event) == {"reason": "exception", "exception": "UniqueViolationError"}
    assert events(postgresql, "metadata::text like '%%canary%%' or changes::text like '%%canary%%'") == []


async def test_a_malformed_body_is_on_record(client: httpx.AsyncClient, postgresql: Postgresql) -> None:
    """A refusal before the business began is a failure of the action, without anything of the body."""
    for content, status in ((b"{", 400), (b'{"name": "canary-4711\\u0000"}', 422), (b" " * 70_000, 413)):
        response = await client.post("/make", content=content, headers={"Content-Type": "application/json"})
        assert response.status_code == status
        (event,) = of_request(postgresql, response)
        assert facts(event) == {"reason": "status", "status": status}
