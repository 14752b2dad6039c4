"""The middleware knows who is asking and from where, and gives every answer its ids."""

import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.types import Receive, Scope, Send

from indelible import Audit, AuditMiddleware, Settings, exception_handlers
from indelible.context import current
from indelible.errors import DatabaseUnreachable

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
PEER, PROXY, STRANGER = "203.0.113.7", "10.0.0.1", "198.51.100.9"
SHARED = PlainTextResponse("shared", headers={"X-Request-ID": "the application's own"})


def service(**settings: Any) -> Audit:
    """An audit service with these settings; it is asked for nothing else."""
    return Audit(Settings(**settings), app_dsn="dbname=unused", audit_dsn="dbname=unused")


def tell(_request: Request) -> Response:
    """What code inside the request knows about it."""
    context = current()
    assert context is not None
    return JSONResponse(
        {
            "user": context.user_id,
            "ip": context.ip_address,
            "peer": context.peer_address,
            "method": context.method,
            "path": dict(context.path_params),
            "id": context.request_id,
            "client_id": context.client_request_id,
            "trace": context.traceparent,
        }
    )


async def tell_async(request: Request) -> Response:
    return tell(request)


def fail(error: Exception) -> Callable[[Request], Response]:
    def endpoint(_request: Request) -> Response:
        raise error

    return endpoint


ROUTES = [
    Route("/tell/{name}", tell),
    Route("/tell-async/{name}", tell_async),
    Route("/shared", lambda _request: SHARED),
    Route("/http-error", fail(HTTPException(418))),
    Route("/crash", fail(ValueError("secret"))),
    Route("/outage", fail(DatabaseUnreachable())),
    Mount("/mounted", routes=[Route("/tell/{name}", tell)], middleware=[Middleware(AuditMiddleware)]),
]


def client(peer: str = PEER, audit: Audit | None = None, **options: Any) -> httpx.AsyncClient:
    app = Starlette(
        routes=ROUTES,
        middleware=[Middleware(AuditMiddleware, audit=audit or service(), **{"identify": nobody, **options})],
        exception_handlers=exception_handlers,
    )
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(peer, 4711))
    return httpx.AsyncClient(transport=transport, base_url="http://test")


async def nobody(_request: Request) -> None:
    return None


@pytest.mark.parametrize("path", ["/tell/x", "/missing", "/http-error", "/crash", "/outage", "/shared"])
async def test_every_answer_has_its_ids(path: str) -> None:
    """Success or not, the answer carries our id, and a new one each time."""
    async with client() as http:
        answers = [await http.get(path) for _ in range(3)]
    ids = {answer.headers["indelible-request-id"] for answer in answers}
    assert len(ids) == 3
    assert all(re.fullmatch("[0-9a-f]{32}", found) for found in ids)
    for answer in answers:
        assert answer.headers.get_list("x-request-id") == [answer.headers["indelible-request-id"]]
        assert "traceparent" not in answer.headers


@pytest.mark.parametrize("path", ["/tell/x", "/crash"])
async def test_valid_ids_of_the_client_are_returned(path: str) -> None:
    """A client finds its own id and trace again; ours stands beside it and joins the records."""
    async with client() as http:
        answer = await http.get(path, headers={"X-Request-ID": "client-1.a_b", "traceparent": TRACE})
    assert answer.headers["x-request-id"] == "client-1.a_b"
    assert answer.headers["traceparent"] == TRACE
    assert answer.headers["indelible-request-id"] != "client-1.a_b"


async def test_the_context_is_complete() -> None:
    """Sync and async endpoints see the same: ids, address, method and path parameters."""
    async with client() as http:
        for path in ("/tell/ann", "/tell-async/ann", "/mounted/tell/ann"):
            answer = await http.get(path, headers={"X-Request-ID": "c-1", "traceparent": TRACE})
            told = answer.json()
            assert told.pop("id") == answer.headers["indelible-request-id"]
            assert told == {
                "user": None, "ip": PEER, "peer": PEER, "method": "GET", "path": {"name": "ann"}, "client_id": "c-1",
                "trace": TRACE,
            }  # fmt: skip
    assert current() is None


async def test_forged_and_malformed_headers_are_dropped() -> None:
    """Over-long, repeated, with line ends or quotes: the request is served, and nothing of them comes back."""
    hostile = [
        [(b"X-Request-ID", b"a\r\nSet-Cookie: x=1")],
        [(b"X-Request-ID", b"x" * 60_000)],
        [(b"X-Request-ID", b"a"), (b"X-Request-ID", b"b")],
        [(b"X-Request-ID", b"'; drop table x; --"), (b"traceparent", b"00-zz")],
        [(b"traceparent", b"\xff\x00" * 500)],
        [(b"X-Forwarded-For", b", ".join([STRANGER.encode()] * 10_000))],
        [(b"X-Forwarded-For", b"fe80::1%" + b"z" * 60_000)],
        [(b"Forwarded", b'for="' * 10_000)],
    ]
    async with client() as http:
        for headers in hostile:
            answer = await http.get("/tell/x", headers=headers)
            told = answer.json()
            assert answer.status_code == 200
            assert (told["ip"], told["client_id"], told["trace"]) == (PEER, None, None)
            assert answer.headers["x-request-id"] == told["id"]
            assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    ("options", "settings"),
    [({"trusted_proxies": ["10.0.0.0/8"]}, {}), ({}, {"trusted_proxies": "10.0.0.0/8, ::1"})],
)
async def test_the_address_behind_trusted_proxies(options: dict[str, Any], settings: dict[str, Any]) -> None:
    """Configured here or in the settings; the proxy's own address is kept as the peer."""
    async with client(PROXY, service(**settings), **options) as http:
        told = (await http.get("/tell/x", headers={"X-Forwarded-For": f"1.1.1.1, {STRANGER}, 10.2.2.2"})).json()
    assert (told["ip"], told["peer"]) == (STRANGER, PROXY)


async def test_the_forwarded_header_by_setting() -> None:
    """RFC 7239 instead of X-Forwarded-For, never both."""
    async with client(PROXY, service(trusted_proxies="10.0.0.0/8", forwarded_header="forwarded")) as http:
        headers = {"X-Forwarded-For": "1.1.1.1", "Forwarded": f'for="[2001:db8::7]:80", for={STRANGER};proto=https'}
        told = (await http.get("/tell/x", headers=headers)).json()
    assert told["ip"] == STRANGER


@pytest.mark.parametrize("peer", ["", "testclient", "/run/app.sock"])
async def test_a_peer_that_is_no_address_is_none(peer: str) -> None:
    """Unix sockets have no address, and their headers are not believed either."""
    async with client(peer, trusted_proxies=["0.0.0.0/0", "::/0"]) as http:
        told = (await http.get("/tell/x", headers={"X-Forwarded-For": STRANGER})).json()
    assert (told["ip"], told["peer"]) == (None, None)


def test_a_proxy_must_be_a_network() -> None:
    """A host name cannot be compared with a peer: refused when the application is built."""
    with pytest.raises(ValueError, match=r"proxy\.example"):
        AuditMiddleware(Starlette(), trusted_proxies=["proxy.example"])


async def test_a_response_object_is_not_changed() -> None:
    """One response object sent many times keeps its own headers, and each answer has one id."""
    before = list(SHARED.raw_headers)
    async with client() as http:
        answers = [await http.get("/shared", headers={"X-Request-ID": f"c-{number}"}) for number in range(3)]
    assert SHARED.raw_headers == before
    assert [answer.headers.get_list("x-request-id") for answer in answers] == [["c-0"], ["c-1"], ["c-2"]]


async def test_streams_and_background_tasks_are_inside_the_request() -> None:
    """What runs after the endpoint has returned still belongs to the request."""
    seen: list[Any] = []

    async def stream() -> AsyncIterator[bytes]:
        for _ in range(2):
            seen.append(current())
            yield b"x"

    def later() -> None:
        seen.append(current())

    async def endpoint(_request: Request) -> Response:
        return StreamingResponse(stream(), background=BackgroundTask(later))

    app = AuditMiddleware(Starlette(routes=[Route("/", endpoint)]), identify=nobody)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as http:
        answer = await http.get("/")
    assert {context.request_id for context in seen} == {answer.headers["indelible-request-id"]}
    assert len(seen) == 3


@pytest.mark.parametrize("kind", ["lifespan", "websocket"])
async def test_other_scopes_pass_untouched(kind: str) -> None:
    """Only HTTP requests have a context; the application gets the very same objects."""
    passed: list[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        passed.extend([scope, receive, send, current()])

    async def receive() -> Any:
        raise AssertionError

    async def send(_message: Any) -> None:
        raise AssertionError

    scope = {"type": kind}
    await AuditMiddleware(app)(scope, receive, send)
    assert passed[0] is scope
    assert passed[1:] == [receive, send, None]
    assert scope == {"type": kind}
