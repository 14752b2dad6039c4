"""Run as a program: a small bookings service on uvicorn, in one of the forms that are compared.

Argument: a form. The DSNs come from INDELIBLE_APP_DSN and INDELIBLE_AUDIT_DSN, the users of the application's own login
system from BENCH_TOKEN. Prints its port, and serves until its standard input ends.

Every form does the same: finds out whose bearer token it is, parses the body, changes one row in a transaction, answers
in JSON. With a login system of its own it keeps sessions in memory; otherwise it looks them up in the database.
"""

import hashlib
import os
import socket
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import asyncpg
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from indelible import Audit, AuditMiddleware, Settings, audited, transaction
from indelible.db.dsn import dsn_of

Begin = Callable[[Request], AbstractAsyncContextManager[Any]]
USERS = {os.environ.get("BENCH_TOKEN", ""): "alice"}
INSERT = """
insert into public.bookings (reference, passenger, email, route, departs_at, seats, fare, status)
values ($1, $2, $3, $4, now(), $5, 178.00, 'draft') returning id
"""
UPDATE = "update public.bookings set seats = $2, status = 'confirmed' where id = $1 returning id"
FIND_SESSION = "select username from public.sessions where token_digest = $1 and expires_at > now()"


def bearer(request: Request) -> str:
    """The token of the request."""
    return request.headers.get("authorization", "")[7:]


def own_login(request: Request) -> str | None:
    """A login system of the application's own: the user of a session in memory."""
    return USERS.get(bearer(request))


async def looked_up(request: Request) -> str | None:
    """The user of a session in the database, as an application without Indelible looks it up."""
    digest = hashlib.sha256(bearer(request).encode()).digest()
    name: str | None = await request.state.pool.fetchval(FIND_SESSION, digest)
    return name


class Guard:
    """What stands in the place of AuditMiddleware in an application that is not audited: nobody unknown gets in."""

    def __init__(self, app: ASGIApp, identify: Callable[[Request], Any]) -> None:
        self.app = app
        self.identify = identify

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            request = Request(scope)
            user = self.identify(request)
            if (user if isinstance(user, str) else await user) is None:
                await JSONResponse({}, 401)(scope, receive, send)
                return
        await self.app(scope, receive, send)


@asynccontextmanager
async def plain(request: Request) -> AsyncIterator[Any]:
    """A transaction of asyncpg's."""
    async with request.state.pool.acquire() as connection, connection.transaction():
        yield connection


def recorded(_: Request) -> AbstractAsyncContextManager[Any]:
    """A transaction of Indelible's."""
    return transaction()


def routes(begin: Begin, *, event: bool) -> list[Route]:
    """POST and PATCH of a booking; with `event`, @audited records what the business did besides."""

    async def create(request: Request) -> JSONResponse:
        new = await request.json()
        async with begin(request) as db:
            key = await db.fetchval(
                INSERT, new["reference"], new["passenger"], new["email"], new["route"], new["seats"]
            )
        return JSONResponse({"id": key}, 201)

    async def update(request: Request) -> JSONResponse:
        changes = await request.json()
        async with begin(request) as db:
            key = await db.fetchval(UPDATE, int(request.path_params["id"]), changes["seats"])
        return JSONResponse({"id": key})

    if event:
        create = audited("BENCH_BOOKING_CREATED", entity_type="FTMS_BOOKING")(create)
        update = audited("BENCH_BOOKING_UPDATED", entity_type="FTMS_BOOKING", entity_id="path:id")(update)
    return [Route("/bookings", create, methods=["POST"]), Route("/bookings/{id}", update, methods=["PATCH"])]


@asynccontextmanager
async def with_pool(_: Starlette) -> AsyncIterator[dict[str, Any]]:
    """Resources of an application that is not audited; a pool as large as Indelible's."""
    async with asyncpg.create_pool(dsn_of(Settings(), independent=False), min_size=0, max_size=10) as pool:
        yield {"pool": pool}


@asynccontextmanager
async def with_audit(_: Starlette) -> AsyncIterator[dict[str, Any]]:
    """Resources of an audited application."""
    async with Audit() as audit:
        yield {"audit": audit}


FORMS: dict[str, Callable[[], Starlette]] = {
    "unaudited_sessions": lambda: Starlette(
        routes=routes(plain, event=False), middleware=[Middleware(Guard, looked_up)], lifespan=with_pool
    ),
    "unaudited_own_login": lambda: Starlette(
        routes=routes(plain, event=False), middleware=[Middleware(Guard, own_login)], lifespan=with_pool
    ),
    "sealed": lambda: Starlette(
        routes=routes(recorded, event=False), middleware=[Middleware(AuditMiddleware)], lifespan=with_audit
    ),
    "sealed_event": lambda: Starlette(
        routes=routes(recorded, event=True), middleware=[Middleware(AuditMiddleware)], lifespan=with_audit
    ),
    "trusted": lambda: Starlette(
        routes=routes(recorded, event=False),
        middleware=[Middleware(AuditMiddleware, identify=own_login)],
        lifespan=with_audit,
    ),
}


def main(form: str) -> None:
    """Serve until the parent closes our standard input."""
    # Named TCP, or asyncio does not know it for one and leaves Nagle's algorithm on: 40 ms to wait for half an answer.
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.bind(("127.0.0.1", 0))
    bound.listen()
    server = uvicorn.Server(
        uvicorn.Config(FORMS[form](), log_level="warning", access_log=False, proxy_headers=False, server_header=False)
    )

    def end_with_parent() -> None:
        sys.stdin.read()
        server.should_exit = True

    threading.Thread(target=end_with_parent, daemon=True).start()
    print(bound.getsockname()[1], flush=True)
    server.run(sockets=[bound])


if __name__ == "__main__":
    main(sys.argv[1])
