"""The loss meter: what has become of the events, asked of a process that answers for as long as it lives."""

from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from indelible import Settings, audited, standard_routes
from indelible.db.dsn import dsn_of
from tests.http.world import Serve, World, application, require_problem
from tests.proxy import Proxy
from tests.support import facts

ACTION = "FTMS_BOOKING_CANCELLED"


@audited(ACTION, entity_id="path:id")
async def durable(_: Request) -> JSONResponse:
    return JSONResponse("done")


@audited("NEVER_DEFINED")
async def undefined(_: Request) -> JSONResponse:
    return JSONResponse("done")


@audited(ACTION, entity_id="path:id", durability="fail_closed")
async def closed(_: Request) -> JSONResponse:
    return JSONResponse("done")


@audited(ACTION, entity_id="path:id", durability="fail_closed")
def closed_in_thread(_: Request) -> JSONResponse:
    return JSONResponse("done")


ROUTES = [
    *standard_routes(),
    Route("/durable/{id}", durable),
    Route("/undefined", undefined),
    Route("/closed/{id}", closed),
    Route("/thread/{id}", closed_in_thread),
]


@pytest.fixture
def proxy(settings: Settings) -> Any:
    with Proxy(dsn_of(settings, independent=True)) as proxy:
        yield proxy


@pytest.fixture
async def client(serve: Serve, settings: Settings, proxy: Proxy, tmp_path: Path) -> httpx.AsyncClient:
    """An application with a spool, whose independent session alone leads through the proxy."""
    changes = {"audit_dsn": SecretStr(proxy.dsn), "spool_dir": tmp_path / "spool", "record_timeout": 2.0}
    return await serve(application(settings.model_copy(update=changes), *ROUTES))


async def health(client: httpx.AsyncClient) -> dict[str, Any]:
    answer = await client.get("/v1/audit/health")
    assert answer.status_code == 200
    document: dict[str, Any] = answer.json()
    events = document["events"]
    somewhere = ("stored", "spooled", "dropped", "summarised", "unavailable", "pending")
    assert events["accepted"] == sum(events[name] for name in somewhere)
    return document


async def test_a_healthy_process(client: httpx.AsyncClient) -> None:
    """What was accepted is stored, nothing waits; nobody needs a token to hear it."""
    for number in range(3):
        await client.get(f"/durable/{number}")
    found = await health(client)
    assert (found["status"], found["database"], found["spool"]["state"]) == ("ok", "ok", "ok")
    assert {name: count for name, count in found["events"].items() if count} == {"accepted": 3, "stored": 3}


async def test_through_an_outage(client: httpx.AsyncClient, proxy: Proxy, world: World) -> None:
    """Away: degraded, the events wait on disk, the business has its answers. Back: replayed, and all is well."""
    proxy.refuse()
    for number in range(3):
        assert (await client.get(f"/durable/{number}")).json() == "done"
    found = await health(client)
    assert (found["status"], found["database"]) == ("degraded", "away")
    assert (found["spool"]["waiting"], found["events"]["spooled"], found["events"]["stored"]) == (3, 3, 0)
    assert found["spool"]["oldest"] and found["spool"]["bytes"] > 0
    proxy.accept()
    with anyio.fail_after(60):
        while (found := await health(client))["status"] != "ok":  # noqa: ASYNC110
            await anyio.sleep(0.05)
    assert (found["spool"]["waiting"], found["events"]["replayed"], found["spool"]["oldest"]) == (0, 3, None)
    assert [event["entity_id"] for event in world.events("action = %s", ACTION)] == ["0", "1", "2"]


async def test_a_loss_is_told(client: httpx.AsyncClient) -> None:
    """An event that the database will not have degrades the process, and is nowhere named."""
    assert (await client.get("/undefined")).json() == "done"
    answer = await client.get("/v1/audit/health")
    assert (answer.json()["status"], answer.json()["events"]["refused"]) == ("degraded", 1)
    assert answer.json()["events"]["dropped"] == 1
    assert "NEVER_DEFINED" not in answer.text


async def test_without_a_spool(serve: Serve, settings: Settings) -> None:
    """It is off, which is no fault by itself; without any database the answer is there all the same."""
    nowhere = SecretStr("postgresql://app:canary@127.0.0.1:1/gone")
    client = await serve(application(settings.model_copy(update={"audit_dsn": nowhere}), *ROUTES))
    assert (await health(client))["spool"]["state"] == "off"
    await client.get("/durable/1")
    found = await client.get("/v1/audit/health")
    assert (found.json()["status"], found.json()["events"]["dropped"]) == ("degraded", 1)
    assert not any(word in found.text for word in ("127.0.0.1", "canary", "gone"))


@pytest.mark.parametrize("path", ["/closed/7", "/thread/7"])
async def test_fail_closed_endpoints(client: httpx.AsyncClient, proxy: Proxy, world: World, path: str) -> None:
    """Attempt and success with the request; without the independent session 503 as a problem, and nothing has run."""
    answer = await client.get(path)
    assert answer.json() == "done"
    attempted, success = world.of_request(answer)
    assert (attempted["outcome"], success["outcome"]) == ("attempted", "success")
    assert attempted["metadata"]["intent_id"] == success["metadata"]["intent_id"]
    proxy.refuse()
    refused = await client.get(path)
    document = require_problem(refused, 503)
    assert (document["title"], refused.headers["retry-after"]) == ("Audit unavailable", "5")
    assert (await health(client))["events"]["unavailable"] == 1
    proxy.accept()
    told = await world.late_event(refused)
    assert (told["outcome"], facts(told)["reason"], told["entity_id"]) == ("failure", "audit_unavailable", "7")
