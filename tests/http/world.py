"""Types and helpers that the tests of this folder share; the fixtures are in conftest.py."""

import hashlib
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import anyio
import httpx
import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import dict_row
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from indelible import Audit, AuditMiddleware, Settings, exception_handlers
from indelible.services.passwords import Argon2Parameters, derive_key, encode_password

Event = dict[str, Any]
Headers = dict[str, str]
Serve = Callable[[Starlette], Awaitable[httpx.AsyncClient]]
LogIn = Callable[[str], Awaitable[Headers]]

CLIENT = "203.0.113.7"


@dataclass(frozen=True)
class World:
    """What a test needs besides a client: the superuser's connection, and everybody's password."""

    admin: psycopg.Connection[Any]
    passwords: dict[str, str]

    def events(self, where: str = "true", *values: object) -> list[Event]:
        """Events that `where` selects, in order of recording."""
        statement = f"select * from audit.audit_logs where {where} order by id"
        with self.admin.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(statement.encode(), values).fetchall()

    def of_request(self, response: httpx.Response) -> list[Event]:
        """Everything on record that belongs to one answered request."""
        return self.events("request_id = %s", response.headers["indelible-request-id"])

    def actions(self, response: httpx.Response) -> list[str]:
        """The codes of `of_request`."""
        return [event["action"] for event in self.of_request(response)]

    def one_event(self, response: httpx.Response) -> Event:
        """The only event of a request."""
        (event,) = self.of_request(response)
        return event

    async def late_event(self, response: httpx.Response) -> Event:
        """The only event of a request that did not wait for its record."""
        with anyio.fail_after(10):
            while not self.of_request(response):  # noqa: ASYNC110
                await anyio.sleep(0.01)
        return self.one_event(response)

    def add_user(self, name: str, password: str, role: str | None = None) -> None:
        """A user who can log in."""
        self.admin.execute("select iam.create_user(%s, %s)", [name, name.title()])
        # The weakest that the database takes: nothing here depends on how long a password takes to derive.
        parameters = Argon2Parameters(secrets.token_bytes(16), memory_kib=8192, iterations=1)
        verifier = hashlib.sha256(derive_key(encode_password(SecretStr(password)), parameters)).digest()
        self.admin.execute(
            "select iam.set_password(%s, %s, %s, %s, %s, %s)",
            [name, parameters.salt, parameters.memory_kib, parameters.iterations, parameters.parallelism, verifier],
        )
        if role:
            self.admin.execute("select iam.grant_role(%s, %s)", [name, role])
        self.passwords[name] = password


def application(settings: Settings, *routes: BaseRoute, **middleware: Any) -> Starlette:
    """A stranger's application: these routes under AuditMiddleware with these options."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[dict[str, Audit]]:
        async with Audit(settings) as audit:
            yield {"audit": audit}

    return Starlette(
        routes=routes,
        middleware=[Middleware(AuditMiddleware, **middleware)],
        exception_handlers=exception_handlers,
        lifespan=lifespan,
    )


def as_url(dsn: str) -> str:
    """The postgresql:// form of a connection string."""
    part = {key: str(value) for key, value in conninfo_to_dict(dsn).items()}
    return f"postgresql://{part['user']}:{part['password']}@{part['host']}:{part['port']}/{part['dbname']}"


def require_problem(response: httpx.Response, status: int) -> dict[str, Any]:
    """The problem document of a refusal, which says nothing about SQL or code."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = response.json()
    assert document["status"] == status
    assert not any(word in response.text.lower() for word in ("select ", "traceback", "asyncpg", "psycopg", ".py"))
    return document


def without_ids(response: httpx.Response) -> list[tuple[str, str]]:
    """The headers of an answer, but for the ids that every answer has of its own."""
    ids = ("x-request-id", "indelible-request-id")
    return [(name, value) for name, value in response.headers.multi_items() if name not in ids]
