"""Too much at once, and a database that is away: told, never dropped; and what was told is true."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import httpx
import psycopg
import pytest
from pydantic import SecretStr

from indelible import Settings, standard_routes
from indelible.services import question
from tests.http.world import Headers, Serve, World, application, as_url, require_problem
from tests.producing import SCANNED, define_actions, make_account, make_key, scanned
from tests.proxy import Proxy

EVENTS = "/v1/audit/events"


@pytest.fixture
def keys(postgresql: psycopg.Connection[Any]) -> dict[str, Headers]:
    """What three accounts send along."""
    define_actions(postgresql)
    made = {}
    for account in ("till", "lift", "gate"):
        make_account(postgresql, account)
        made[account] = {"Authorization": f"Bearer {make_key(postgresql, account)}"}
    return made


@pytest.fixture
async def client(serve: Serve, settings: Settings, world: World) -> httpx.AsyncClient:
    """An application with four places for ingest."""
    return await serve(application(settings.model_copy(update={"ingest_pending": 4}), *standard_routes()))


@asynccontextmanager
async def nothing_is_written(world: World) -> AsyncIterator[None]:
    """Inside of this the log is locked."""
    world.admin.execute("begin")
    world.admin.execute("lock table audit.audit_logs")
    yield
    world.admin.execute("commit")


async def until_waiting(world: World, number: int) -> None:
    """Wait until so many sessions wait for the log."""
    query = "select count(*) >= %s from pg_locks where relation = 'audit.audit_logs'::regclass and not granted"
    with anyio.fail_after(20):
        while world.admin.execute(query, [number]).fetchone() != (True,):  # noqa: ASYNC110
            await anyio.sleep(0.02)


async def test_who_has_too_much_in_flight_is_told_to_wait(
    client: httpx.AsyncClient, world: World, keys: dict[str, Headers]
) -> None:
    """Half of the places for one account (429), none left for a third (503), and what has a place is stored."""
    for headers in keys.values():
        await client.post(EVENTS, json=scanned("first"), headers=headers)
    async with asyncio.TaskGroup() as group, nothing_is_written(world):
        held = [
            group.create_task(client.post(EVENTS, json=scanned(f"{account} {n}"), headers=keys[account]))
            for account in ("till", "lift")
            for n in range(2)
        ]
        await until_waiting(world, 2)
        with anyio.fail_after(20):
            for account, status in (("till", 429), ("lift", 429), ("gate", 503)):
                answer = await client.post(EVENTS, json=scanned("over"), headers=keys[account])
                require_problem(answer, status)
                assert int(answer.headers["retry-after"]) > 0
    assert [task.result().status_code for task in held] == [201] * 4
    for headers in keys.values():
        answer = await client.post(EVENTS, json=scanned("over"), headers=headers)
        assert (answer.status_code, answer.json()["status"]) == (201, "stored")
    assert len(world.events("action = %s", SCANNED)) == 3 + 4 + 3


async def test_producers_leave_connections_to_users(
    serve: Serve, settings: Settings, world: World, keys: dict[str, Headers]
) -> None:
    """However much is handed over while the log is stuck, a user's token is still looked up."""
    client = await serve(application(settings, *standard_routes()))
    login = await client.post("/v1/auth/login", json={"username": "alice", "password": world.passwords["alice"]})
    token = {"Authorization": f"Bearer {login.json()['token']}"}
    for headers in keys.values():
        await client.post(EVENTS, json=scanned("first"), headers=headers)
    async with asyncio.TaskGroup() as group, nothing_is_written(world):
        held = [
            group.create_task(client.post(EVENTS, json=scanned(str(n)), headers=headers))
            for headers in keys.values()
            for n in range(4)
        ]
        await until_waiting(world, 2)
        with anyio.fail_after(8):
            assert (await client.get("/v1/auth/me", headers=token)).json()["username"] == "alice"
    assert {task.result().status_code for task in held} == {201}


@pytest.fixture
def proxy(settings: Settings) -> Iterator[Proxy]:
    """What stands between the independent session and the database."""
    with Proxy(settings.dsn(independent=True) or "") as proxy:
        yield proxy


@pytest.fixture
async def through(serve: Serve, settings: Settings, world: World, proxy: Proxy) -> httpx.AsyncClient:
    """An application whose independent session goes through the proxy."""
    tapped = settings.model_copy(update={"audit_dsn": SecretStr(as_url(proxy.dsn)), "audit_pool_size": 1})
    return await serve(application(tapped, *standard_routes()))


async def test_while_the_database_is_away_nothing_is_acknowledged(
    through: httpx.AsyncClient, proxy: Proxy, world: World, keys: dict[str, Headers]
) -> None:
    """503 with Retry-After, for keys that are known and for others; sent again when it is back, all is stored once."""
    till, lift = keys["till"], keys["lift"]
    assert (await through.post(EVENTS, json=scanned("a"), headers=till)).status_code == 201
    proxy.refuse()
    for headers in (till, lift):
        answer = await through.post(EVENTS, json=[scanned("a"), scanned("b")], headers=headers)
        require_problem(answer, 503)
        assert int(answer.headers["retry-after"]) > 0
    proxy.accept()
    answer = await through.post(EVENTS, json=[scanned("a"), scanned("b")], headers=till)
    assert [result["status"] for result in answer.json()["results"]] == ["known", "stored"]
    assert len(world.events("action = %s", SCANNED)) == 2


async def test_an_answer_that_got_lost_is_given_again(
    through: httpx.AsyncClient, proxy: Proxy, world: World, keys: dict[str, Headers], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commit arrived and the connection broke before its answer: 503; sent again, the event is known."""
    till = keys["till"]
    await through.post(EVENTS, json=scanned("first"), headers=till)
    async with asyncio.TaskGroup() as group:
        async with nothing_is_written(world):
            cut = group.create_task(through.post(EVENTS, json=scanned("cut"), headers=till))
            await until_waiting(world, 1)
            proxy.pause()  # the question is there, the answer will not come through
        with anyio.fail_after(20):
            while not world.events("metadata ->> 'event_id' = 'cut'"):  # noqa: ASYNC110
                await anyio.sleep(0.02)
        proxy.refuse()
    require_problem(cut.result(), 503)
    proxy.accept()
    again = await through.post(EVENTS, json=scanned("cut"), headers=till)
    (row,) = world.events("metadata ->> 'event_id' = 'cut'")
    assert (again.status_code, again.json()) == (200, {"event_id": "cut", "status": "known", "id": row["id"]})


async def test_a_database_that_hangs_is_given_up(
    through: httpx.AsyncClient, proxy: Proxy, world: World, keys: dict[str, Headers], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection that swallows the question is a 503 after a bounded time, and the place in line is free again."""
    monkeypatch.setattr(question.ask, "__kwdefaults__", {**(question.ask.__kwdefaults__ or {}), "seconds": 0.5})
    await through.post(EVENTS, json=scanned("first"), headers=keys["till"])
    proxy.pause()
    with anyio.fail_after(20):
        require_problem(await through.post(EVENTS, json=scanned("x"), headers=keys["till"]), 503)
    proxy.resume()
    with anyio.fail_after(20):
        while (await through.post(EVENTS, json=scanned("x"), headers=keys["till"])).status_code == 503:  # noqa: ASYNC110
            await anyio.sleep(0.05)
    assert len(world.events("metadata ->> 'event_id' = 'x'")) == 1
