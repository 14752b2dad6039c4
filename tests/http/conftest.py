"""FTMS in this process, on a real database: httpx speaks ASGI to it, its lifespan runs as under a server."""

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from ftms.app import create_app
from indelible import Settings
from tests.http.tailed import Log
from tests.http.world import CLIENT, Headers, LogIn, Serve, World, as_url

BOOKING = ("ftms.booking.create", "ftms.booking.read", "ftms.booking.update", "ftms.booking.cancel")
RECORD = """
    select audit.record(
      'FTMS_BOOKING_CREATED', %(kind)s, %(entity)s, %(description)s, %(outcome)s, null, null, %(user)s,
      %(address)s, %(request)s
    )
"""


class Stateful:
    """What a server does and httpx does not: the lifespan's state goes along with each request."""

    def __init__(self, app: ASGIApp, state: Any) -> None:
        self.app = app
        self.state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app({**scope, "state": dict(self.state or {})}, receive, send)


@pytest.fixture
def settings(login: Callable[..., str]) -> Settings:
    """Two logins as in production: one for business, one for the independent session."""
    return Settings(
        app_dsn=SecretStr(as_url(login("ftms_app", "audit_app"))),
        audit_dsn=SecretStr(as_url(login("audit_writer", "audit_app"))),
        record_timeout=5,
    )


@pytest.fixture
def world(postgresql: psycopg.Connection[Any]) -> World:
    """alice may do everything with bookings, bob only look, carol is inactive, dave has no role."""
    for role, permissions in (("clerk", BOOKING), ("viewer", BOOKING[1:2])):
        postgresql.execute("select iam.create_role(%s, 'A role of the tests')", [role])
        for permission in permissions:
            postgresql.execute("select iam.grant_permission(%s, %s)", [role, permission])
    made = World(postgresql, {})
    for name, held in (("alice", "clerk"), ("bob", "viewer"), ("carol", "clerk"), ("dave", None)):
        made.add_user(name, secrets.token_urlsafe(12), held)
    postgresql.execute("select iam.set_active('carol', false)")
    return made


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """`await serve(app)`: a client of any Starlette application, whose lifespan ends with the test."""
    async with AsyncExitStack() as stack:

        async def start(app: Starlette) -> httpx.AsyncClient:
            state = await stack.enter_async_context(app.router.lifespan_context(app))
            transport = httpx.ASGITransport(Stateful(app, state), raise_app_exceptions=False, client=(CLIENT, 50000))
            return await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url="http://ftms"))

        yield start


@pytest.fixture
async def client(serve: Serve, settings: Settings, world: World) -> httpx.AsyncClient:
    """A client of FTMS."""
    return await serve(create_app(settings))


@pytest.fixture
def log_in(client: httpx.AsyncClient, world: World) -> LogIn:
    """`await log_in("alice")`: the headers that a logged-in user sends."""

    async def headers(name: str) -> Headers:
        response = await client.post("/v1/auth/login", json={"username": name, "password": world.passwords[name]})
        assert response.status_code == 200, response.text
        return {"Authorization": f"Bearer {response.json()['token']}"}

    return headers


@pytest.fixture
async def alice(log_in: LogIn) -> Headers:
    """Headers of alice, who may do everything with bookings."""
    return await log_in("alice")


@pytest.fixture
def record(
    world: World, login: Callable[..., str], connect: Callable[..., psycopg.Connection[Any]]
) -> Callable[..., int]:
    """`record(user="ann", …)`: one more event, written on the word of an application; its id."""
    world.admin.execute("select iam.grant_permission('clerk', 'audit.event.read')")
    service = connect(login("audit_writer", "audit_app"))
    names = ("entity", "description", "user", "address", "request")

    def write(outcome: str = "success", **given: str) -> int:
        values = {**dict.fromkeys(names), "outcome": outcome, "kind": "FTMS_BOOKING", **given}
        row = service.execute(RECORD.encode(), values).fetchone()
        assert row is not None
        return int(row[0])

    return write


@pytest.fixture
def log(world: World, login: Callable[..., str], tmp_path: Path) -> Log:
    """A sealed log; alice may read events."""
    world.admin.execute("select iam.grant_permission('clerk', 'audit.event.read')")
    made = Log(world.admin, login("audit_sealer"), tmp_path)
    made.seal()
    return made
