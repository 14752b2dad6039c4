"""Errors are RFC 9457 documents that tell a client nothing it should not know."""

import json
import logging
from collections.abc import Callable
from typing import Any

import asyncpg
import httpx
import psycopg
import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from indelible import exception_handlers, problem
from indelible.errors import DatabaseUnreachable, PermissionDenied, Problem, Unauthenticated

CANARY = "canary-4711"


async def answer(error: Exception) -> httpx.Response:
    """What a client gets when an endpoint raises `error`."""

    async def endpoint(request: Request) -> Response:
        raise error

    app = Starlette(routes=[Route("/", endpoint)], exception_handlers=exception_handlers)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        response = await client.get("/")
    assert CANARY not in response.text
    return response


def document(response: httpx.Response) -> dict[str, Any]:
    assert response.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = response.json()
    assert found["status"] == response.status_code
    assert found["type"] == "about:blank"
    return found


def outage(sqlstate: str) -> Exception:
    error: Exception = asyncpg.PostgresError.new({"C": sqlstate, "M": CANARY})
    return error


@pytest.mark.parametrize(
    ("error", "status", "title"),
    [
        (HTTPException(404), 404, "Not Found"),
        (HTTPException(500, CANARY), 500, "Internal Server Error"),
        (HTTPException(599, CANARY), 599, "Error"),
        (PermissionDenied(), 403, "Permission denied"),
        (Unauthenticated(), 401, "Authentication required"),
        (Problem(409, "Taken", "Someone was quicker."), 409, "Taken"),
        (DatabaseUnreachable(CANARY), 503, "Service temporarily unavailable"),
        (ConnectionRefusedError(CANARY), 503, "Service temporarily unavailable"),
        (outage("57P03"), 503, "Service temporarily unavailable"),
        (outage("08006"), 503, "Service temporarily unavailable"),
        (psycopg.OperationalError(CANARY), 503, "Service temporarily unavailable"),
        (outage("23505"), 500, "Internal Server Error"),
        (outage("ID005"), 500, "Internal Server Error"),
        (psycopg.IntegrityError(CANARY), 500, "Internal Server Error"),
        (FileNotFoundError(CANARY), 500, "Internal Server Error"),
        (ValueError(CANARY), 500, "Internal Server Error"),
    ],
    ids=range(16),
)
async def test_each_error_has_its_answer(error: Exception, status: int, title: str) -> None:
    """Status and title by the kind of error; the text of what was not meant for clients stays inside."""
    found = document(await answer(error))
    assert (found["status"], found["title"]) == (status, title)


async def test_headers_of_errors_arrive() -> None:
    """A 401 says how to authenticate, a 405 what is allowed, a 503 when to come again."""
    assert (await answer(Unauthenticated())).headers["www-authenticate"] == "Bearer"
    assert (await answer(HTTPException(405, headers={"Allow": "GET"}))).headers["allow"] == "GET"
    assert int((await answer(DatabaseUnreachable())).headers["retry-after"]) > 0


async def test_details_meant_for_clients_arrive() -> None:
    """A 4xx's own words and findings are passed on."""
    assert document(await answer(HTTPException(409, "Someone was quicker.")))["detail"] == "Someone was quicker."
    found = document(await answer(Problem(422, "Invalid", errors=[{"field": "seats", "reason": "missing"}])))
    assert found["errors"] == [{"field": "seats", "reason": "missing"}]
    assert "detail" not in found


def test_control_characters_are_not_reflected() -> None:
    """A detail that repeats what a client sent cannot smuggle line ends or escapes."""
    response = problem(400, "a\r\nb", "x\x1b[2J\ud800")
    assert json.loads(bytes(response.body)) == {
        "type": "about:blank",
        "title": "a\ufffd\ufffdb",
        "status": 400,
        "detail": "x\ufffd[2J\ufffd",
    }


async def test_a_status_without_body_has_none() -> None:
    """204 and 304 cannot carry a document."""
    assert (await answer(HTTPException(304))).content == b""


@pytest.mark.parametrize("make", [lambda: ValueError(CANARY), lambda: DatabaseUnreachable(CANARY)], ids=range(2))
async def test_errors_are_logged_by_class(make: Callable[[], Exception], caplog: pytest.LogCaptureFixture) -> None:
    """Our log names the class, and not the text, which may repeat what a user typed."""
    error = make()
    with caplog.at_level(logging.ERROR, "indelible.http"):
        await answer(error)
    assert type(error).__name__ in caplog.text
    assert CANARY not in caplog.text
