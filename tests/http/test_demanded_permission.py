"""iam.require_permission() below an endpoint: the answer is 403, @audited sees a denial, and one stays on record."""

import httpx
import psycopg
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from indelible import Settings, audited, standard_routes, transaction
from tests.http.world import Serve, World, application, require_problem
from tests.requiring import denials
from tests.support import one

UPDATE = "ftms.booking.update"


@audited("FTMS_BOOKING_UPDATED", entity_type="FTMS_BOOKING")
async def asynchronous(_: Request) -> JSONResponse:
    async with transaction() as database:
        await database.execute("select iam.require_permission($1)", UPDATE)
    return JSONResponse("done")


@audited("FTMS_BOOKING_UPDATED", entity_type="FTMS_BOOKING")
def synchronous(_: Request) -> JSONResponse:
    with transaction() as database:
        database.execute("select iam.require_permission(%s)", [UPDATE])
    return JSONResponse("done")


@pytest.mark.parametrize("path", ["/async", "/sync"])
async def test_the_answer_is_403(
    serve: Serve, settings: Settings, world: World, postgresql: psycopg.Connection, path: str
) -> None:
    """bob is refused without a word about why; both records name him, his address and his request."""
    one(postgresql, "select audit.drain()")
    routes = Route("/async", asynchronous), Route("/sync", synchronous)
    client = await serve(application(settings, *routes, identify=lambda request: request.headers.get("x-user")))
    assert (await client.get(path, headers={"x-user": "alice"})).status_code == 200
    refused = await client.get(path, headers={"x-user": "bob"})
    assert require_problem(refused, 403)["title"] == "Permission denied"
    assert UPDATE not in refused.text
    (denial,) = denials(postgresql)
    assert (denial["action"], denial["user_id"], denial["permission"]) == ("RBAC_PERMISSION_DENIED", "bob", UPDATE)
    of_request = world.of_request(refused)
    assert {event["action"] for event in of_request} == {"RBAC_PERMISSION_DENIED", "FTMS_BOOKING_UPDATED"}
    assert {(event["outcome"], event["user_id"], str(event["ip_address"])) for event in of_request} == {
        ("denied", "bob", "203.0.113.7")
    }
    (business,) = [event for event in of_request if event["action"] == "FTMS_BOOKING_UPDATED"]
    assert business["metadata"]["reason"] == "permission_denied"


async def test_what_waits_is_a_metric(serve: Serve, settings: Settings, postgresql: psycopg.Connection) -> None:
    """How much is not drained, since when, and how much more may be written; NaN before anybody drains."""
    client = await serve(application(settings, *standard_routes()))
    assert await metrics(client) == {"waiting_bytes": "NaN", "waiting_seconds": "NaN", "safe_bytes": "NaN"}
    one(postgresql, "select audit.drain()")
    before = {name: float(value) for name, value in (await metrics(client)).items()}
    assert before["waiting_bytes"] >= 0 and before["waiting_seconds"] >= 0 and before["safe_bytes"] > 1 << 30
    postgresql.execute("create table public.filler as select repeat('x', 100) from generate_series(1, 50000)")
    assert float((await metrics(client))["waiting_bytes"]) > before["waiting_bytes"] + 4_000_000


async def metrics(client: httpx.AsyncClient) -> dict[str, str]:
    """What /metrics says of verdicts, by the last words of each name."""
    prefix = "audit_verdicts_"
    lines = (await client.get("/metrics")).text.splitlines()
    return dict(line.removeprefix(prefix).split() for line in lines if line.startswith(prefix))
