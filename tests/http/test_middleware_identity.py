"""Any application's own way to know its user, and what happens when it cannot be asked."""

import logging
import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from indelible import AuditMiddleware, exception_handlers
from indelible.context import Identity, current
from indelible.errors import DatabaseUnreachable, Unauthenticated
from indelible.http.auth import identify_bearer

SEALED = f"abcd.{'0' * 64}"


class Application:
    """An application that tells who is asking, and counts how often it was asked."""

    def __init__(self, identify: Any) -> None:
        self.calls = 0
        self.app = Starlette(
            routes=[Route("/", self.endpoint)],
            middleware=[Middleware(AuditMiddleware, identify=identify)],
            exception_handlers=exception_handlers,
        )

    def endpoint(self, _request: Request) -> Response:
        self.calls += 1
        context = current()
        assert context is not None
        return JSONResponse({"user": context.user_id, "sealed": context.sealed, "name": context.display_name})

    async def get(self, **headers: str) -> httpx.Response:
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.get("/", headers={name.replace("_", "-"): value for name, value in headers.items()})


async def by_header(request: Request) -> str | None:
    return request.headers.get("x-user")


def by_header_sync(request: Request) -> str | None:
    return request.headers.get("x-user")


class Directory:
    """An object that identifies."""

    async def __call__(self, request: Request) -> str | None:
        return request.headers.get("x-user")

    async def look_up(self, request: Request) -> str | None:
        return request.headers.get("x-user")


WAYS: list[Callable[..., Any]] = [
    by_header,
    by_header_sync,
    Directory(),
    Directory().look_up,
    lambda request: by_header(request),  # noqa: PLW0108  # a sync function that returns a coroutine
]


@pytest.mark.parametrize("identify", WAYS, ids=range(len(WAYS)))
async def test_any_callable_can_identify(identify: Callable[..., Any]) -> None:
    """Functions, methods and objects, sync and async."""
    application = Application(identify)
    assert (await application.get(x_user="ann")).json()["user"] == "ann"
    assert (await application.get()).json()["user"] is None


@pytest.mark.parametrize(
    ("answer", "user"),
    [(None, None), ("", None), ("ann", "ann"), (7, "7"), ("a\r\nb\0", "a\ufffd\ufffdb\ufffd"), ("x" * 1000, "x" * 200)],
    ids=range(6),
)
async def test_any_id_becomes_harmless_text(answer: Any, user: str | None) -> None:
    """Numbers are spelled, nothing is nobody, control characters and length are dealt with."""
    assert (await Application(lambda _request: answer).get()).json()["user"] == user


async def test_an_identity_brings_its_seal() -> None:
    """What the database sealed travels on with the request."""
    application = Application(lambda _request: Identity("ann", SEALED, "Ann"))
    assert (await application.get()).json() == {"user": "ann", "sealed": SEALED, "name": "Ann"}


async def test_a_sync_identify_runs_in_a_thread_inside_the_request() -> None:
    """It may block without holding up the event loop, and finds address and request id."""
    seen: list[Any] = []

    def identify(_request: Request) -> None:
        seen.extend([threading.get_ident(), current()])

    answer = await Application(identify).get()
    assert seen[0] != threading.get_ident()
    assert seen[1].request_id == answer.headers["indelible-request-id"]


ERRORS: list[Exception] = [
    DatabaseUnreachable(),
    ConnectionRefusedError("secret"),
    ValueError("secret"),
    TimeoutError(),
]


@pytest.mark.parametrize("error", ERRORS, ids=range(len(ERRORS)))
@pytest.mark.parametrize("credential", ["Authorization", "Cookie", "X-Session", None])
async def test_a_user_who_cannot_be_confirmed_does_not_pass_for_nobody(
    error: Exception, credential: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever says who it is, or nothing at all: without an answer it is 503, and the application is not asked."""

    def identify(_request: Request) -> None:
        raise error

    application = Application(identify)
    with caplog.at_level(logging.ERROR, "indelible.http"):
        answer = await application.get(**({credential: "secret"} if credential else {}))
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"]
    assert answer.headers["x-request-id"]
    assert application.calls == 0
    assert "secret" not in answer.text + caplog.text
    assert type(error).__name__ in caplog.text


async def test_without_a_token_a_request_goes_on_anonymously() -> None:
    """Who claims to be nobody needs no database to be nobody: there is none here, and none is asked."""
    application = Application(identify_bearer)
    assert (await application.get()).json()["user"] is None
    assert application.calls == 1
    assert (await application.get(Authorization=f"Bearer {'A' * 43}")).status_code == 503
    assert application.calls == 1


@pytest.mark.parametrize("error", [HTTPException(401, headers={"WWW-Authenticate": "Own"}), Unauthenticated()])
async def test_a_refusal_of_identify_is_the_answer(error: Exception) -> None:
    """An application's own 401 is passed on as it says."""

    async def identify(_request: Request) -> None:
        raise error

    application = Application(identify)
    answer = await application.get(Authorization="x")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"]
    assert application.calls == 0


async def test_the_request_that_identify_gets_has_no_body() -> None:
    """Reading the body there would take it from the application."""

    async def identify(request: Request) -> None:
        await request.body()

    application = Application(identify)
    assert (await application.get(Authorization="x")).status_code == 503
