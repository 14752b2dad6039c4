"""Through a real PgBouncer in transaction mode, everybody is who he is."""

import asyncio
import itertools
import secrets
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import psycopg
import pytest
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ftms.app import create_app
from indelible import Settings, audited, transaction
from tests.bouncer import bouncing
from tests.http.ferry import BOOKINGS, NEW
from tests.http.world import Headers, Serve, World, application, as_url
from tests.stage import ACTION, set_stage, who
from tests.support import events

pytestmark = pytest.mark.skipif(
    shutil.which("pgbouncer", path="/usr/sbin:/usr/local/bin:/usr/bin") is None, reason="PgBouncer is not installed"
)

Bounced = Callable[..., Settings]


@pytest.fixture
def bounced() -> Iterator[Bounced]:
    """`bounced(settings)`: the same logins through PgBouncer, with so many server connections for each."""
    opened = []

    def start(settings: Settings, servers: int = 1) -> Settings:
        dsns = [dsn.get_secret_value() for dsn in (settings.app_dsn, settings.audit_dsn) if dsn]
        opened.append(bouncing(*dsns, servers=servers))
        app, audit = (SecretStr(as_url(dsn)) for dsn in opened[-1].__enter__())
        return settings.model_copy(
            update={
                "app_dsn": app,
                "audit_dsn": audit,
                "transaction_pooling": True,
                "app_pool_size": 5,
                "record_timeout": 30,
                "record_deadline": 30,
            }
        )

    yield start
    for bouncer in opened:
        bouncer.__exit__(None, None, None)


async def headers_of(client: httpx.AsyncClient, world: World, name: str) -> Headers:
    response = await client.post("/v1/auth/login", json={"username": name, "password": world.passwords[name]})
    assert response.status_code == 200, response.text
    return {"Authorization": f"Bearer {response.json()['token']}"}


@pytest.mark.parametrize("servers", [1, 3])
async def test_sealed_users_share_server_connections(
    serve: Serve, settings: Settings, world: World, bounced: Bounced, servers: int
) -> None:
    """Forty bookings of five users at once: each row change and each event is its own user's, sealed."""
    names = ["alice", *(f"clerk{number}" for number in range(4))]
    for name in names[1:]:
        world.add_user(name, secrets.token_urlsafe(12), "clerk")
    client = await serve(create_app(bounced(settings, servers)))
    headers = {name: await headers_of(client, world, name) for name in names}

    async def one_booking(name: str) -> None:
        response = await client.post(BOOKINGS, json=NEW | {"seats": 1}, headers=headers[name])
        assert response.status_code == 201, response.text
        recorded = world.of_request(response)
        assert [event["action"] for event in recorded][-2:] == ["ROW_INSERTED", "FTMS_BOOKING_CREATED"]
        assert {(event["user_id"], event["actor_proof"]) for event in recorded} == {(name, "sealed")}

    await asyncio.gather(*(one_booking(name) for name in names * 8))


@audited(ACTION, entity_type="REQUEST", entity_id="path:number")
async def change(request: Request) -> Response:
    async with transaction() as connection:
        await connection.execute("insert into public.things values ($1)", int(request.path_params["number"]))
    return JSONResponse({})


@audited(ACTION, entity_type="REQUEST", entity_id="path:number")
def change_sync(request: Request) -> Response:
    with transaction() as connection:
        connection.execute("insert into public.things values (%s)", (int(request.path_params["number"]),))
    return JSONResponse({})


async def test_what_a_client_left_behind_makes_nobody_somebody(
    serve: Serve,
    postgresql: psycopg.Connection,
    login: Callable[..., str],
    bounced: Bounced,
    connect: Callable[..., psycopg.Connection[Any]],
) -> None:
    """Settings that another client left in the shared session, forged or called for, are no request's user."""
    settings = bounced(set_stage(postgresql, login))
    routes = [
        Route("/async/{number}", change, methods=["POST"]),
        Route("/sync/{number}", change_sync, methods=["POST"]),
    ]
    numbers = itertools.count(1)
    app = application(settings, *routes, identify=lambda request: request.headers.get("x-user"))
    client = await serve(app)
    assert settings.app_dsn
    stranger = connect(settings.app_dsn.get_secret_value(), prepare_threshold=None)
    for mischief in (
        "set indelible.context = 'session(mallory,,,service,)'",
        f"set indelible.context = '{'0' * 64}(mallory,,,sealed,)'",
        "select audit.set_session_context('mallory', '192.0.2.66', 'x')",
    ):
        stranger.execute(mischief.encode())
        for way, user in itertools.product(("async", "sync"), ("ann", None)):
            number = next(numbers)
            headers = {"X-User": user} if user else {}
            response = await client.post(f"/{way}/{number}", headers=headers)
            assert response.status_code == 200
            seen, _, request_id, proof = who(postgresql, number)
            assert (seen, proof) == (user, "service")
            assert request_id == response.headers["indelible-request-id"]


def test_a_dba_through_pgbouncer_is_his_login(
    postgresql: psycopg.Connection,
    login: Callable[..., str],
    bounced: Bounced,
    connect: Callable[..., psycopg.Connection[Any]],
) -> None:
    """A statement without a context is a direct login's; with a forged one it is that, and the claim."""
    settings = bounced(set_stage(postgresql, login))
    assert settings.app_dsn
    dba = connect(settings.app_dsn.get_secret_value(), prepare_threshold=None)
    dba.execute("insert into public.things values (1)")
    assert who(postgresql, 1) == (None, None, None, "direct")
    with dba.transaction():
        dba.execute("select set_config('indelible.context', %s, true)", (f"{'0' * 64}(root,,,sealed,)",))
        dba.execute("insert into public.things values (2)")
    assert who(postgresql, 2) == (None, None, None, "direct")
    (event,) = events(postgresql, "entity_type = 'THING' and entity_id = '2'")
    assert "claim" in event["metadata"]
