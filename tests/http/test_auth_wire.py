"""What travels between the application and the database when somebody logs in."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from ftms.app import create_app
from indelible import Settings, requires_permission
from indelible.services import question
from tests.http.world import Serve, World, application, require_problem


class Wiretap:
    """A TCP proxy in front of the database that keeps every byte sent to it; while not `flowing`, it stalls."""

    def __init__(self, dsn: str) -> None:
        self.heard = bytearray()
        self.flowing = asyncio.Event()
        self.flowing.set()
        self._target = urlsplit(dsn)
        self._server: asyncio.Server | None = None

    async def open(self) -> SecretStr:
        """Listen; the DSN that leads through here."""
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        login = self._target.netloc.rpartition("@")[0]
        return SecretStr(f"postgresql://{login}@127.0.0.1:{port}{self._target.path}?sslmode=disable")

    def close(self) -> None:
        """Listen no more."""
        assert self._server is not None
        self._server.close()

    async def _connect(self, client: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        assert self._target.hostname is not None
        server, forward = await asyncio.open_connection(self._target.hostname, self._target.port)
        await asyncio.gather(self._pass_on(client, forward, self.heard), self._pass_on(server, answer, bytearray()))

    async def _pass_on(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, kept: bytearray) -> None:
        while data := await source.read(65536):
            kept += data
            await self.flowing.wait()
            sink.write(data)
            await sink.drain()
        sink.close()


@pytest.fixture
async def wiretap(settings: Settings) -> AsyncIterator[Wiretap]:
    """A tap on the independent session."""
    tap = Wiretap(settings.dsn(independent=True) or "")
    yield tap
    tap.flowing.set()
    tap.close()


async def test_neither_password_nor_token_reaches_the_database(
    serve: Serve, settings: Settings, world: World, wiretap: Wiretap
) -> None:
    """Whoever reads every byte that the server gets, its statement log included, learns the user's name alone."""
    world.add_user("zoe", "canary-51a7b0-Zaunkoenig")
    tapped = settings.model_copy(update={"audit_dsn": await wiretap.open()})
    client = await serve(create_app(tapped))
    body = {"username": "zoe", "password": "canary-51a7b0-Zaunkoenig"}
    token = (await client.post("/v1/auth/login", json=body)).json()["token"]
    me = await client.get("/v1/auth/me", headers={"Authorization": f"Bearer {token}"})
    assert me.status_code == 200
    assert (await client.post("/v1/auth/login", json=body | {"password": "canary-wrong"})).status_code == 401
    heard = bytes(wiretap.heard)
    assert b"iam.login_finish" in heard
    assert b"zoe" in heard
    assert b"canary" not in heard
    assert not [part for part in (token[:16], token[-16:]) if part.encode() in heard]


async def test_a_server_that_stalls_is_a_503(
    serve: Serve, settings: Settings, world: World, wiretap: Wiretap, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection that swallows the question is given up after a bounded time, and works again when it flows."""

    @requires_permission("ftms.booking.read")
    async def look(_: Request) -> JSONResponse:
        return JSONResponse("seen")

    monkeypatch.setattr(question.ask, "__kwdefaults__", {**(question.ask.__kwdefaults__ or {}), "seconds": 0.5})
    tapped = settings.model_copy(update={"audit_dsn": await wiretap.open(), "audit_pool_size": 1})
    client = await serve(application(tapped, Route("/look", look), identify=lambda _: "bob"))
    assert (await client.get("/look")).json() == "seen"
    wiretap.flowing.clear()
    require_problem(await client.get("/look"), 503)
    wiretap.flowing.set()
    assert (await client.get("/look")).json() == "seen"
