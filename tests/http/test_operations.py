"""What operators ask: /livez of the process, /readyz of the database, /metrics of what was counted."""

from collections.abc import Callable

import httpx
import psycopg
import pytest
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from ftms.app import create_app
from indelible import Settings, standard_routes
from indelible.context import current_audit
from tests.http.world import Serve, World, application, as_url, require_problem

NOWHERE = SecretStr("postgresql://app:canary@127.0.0.1:1/gone")


async def fetch(client: httpx.AsyncClient, *paths: str) -> list[httpx.Response]:
    return [await client.get(path) for path in paths]


async def test_a_healthy_process_says_so(client: httpx.AsyncClient) -> None:
    """All is well: alive, ready, nothing lost; and nobody needs a token to hear it."""
    alive, ready, metrics = await fetch(client, "/livez", "/readyz", "/metrics")
    assert (alive.status_code, alive.json()) == (200, {"status": "alive"})
    assert (ready.status_code, ready.json()) == (200, {"status": "ready", "audit": "ok", "events_lost": 0})
    assert metrics.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert "audit_write_duration_seconds_bucket" in metrics.text


async def test_a_lost_database_is_no_reason_to_restart(serve: Serve) -> None:
    """Without a database the process is alive and counts, but is not ready; where the database is stays unsaid."""
    client = await serve(create_app(Settings(app_dsn=NOWHERE, audit_dsn=NOWHERE)))
    alive, ready, metrics = await fetch(client, "/livez", "/readyz", "/metrics")
    assert (alive.status_code, metrics.status_code) == (200, 200)
    require_problem(ready, 503)
    assert not any(word in ready.text for word in ("127.0.0.1", "canary", "gone", "app"))


@pytest.mark.parametrize("state", ["another", "none"])
async def test_another_installation_is_not_ready(client: httpx.AsyncClient, world: World, state: str) -> None:
    """A database that other files were replayed into, or none at all, is not the one this process was built for."""
    if state == "another":
        world.admin.execute("set role audit_owner")
        world.admin.execute("select audit_private.note_installation(repeat('0', 64), '9.9.9')")
        world.admin.execute("reset role")
    else:
        world.admin.execute("truncate audit_private.installations")
    document = require_problem(await client.get("/readyz"), 503)
    assert "indelible migrate" in document["detail"]


async def test_a_database_without_indelible_is_not_ready(
    serve: Serve, settings: Settings, postgresql: psycopg.Connection[object]
) -> None:
    """Before the first migrate there is nothing to be ready for."""
    empty = f"{postgresql.info.dbname}_empty"
    postgresql.execute(f'create database "{empty}" template template0'.encode())
    try:
        elsewhere = SecretStr(str(settings.dsn(independent=False)).replace(postgresql.info.dbname, empty))
        client = await serve(create_app(Settings(app_dsn=elsewhere, audit_dsn=elsewhere)))
        require_problem(await client.get("/readyz"), 503)
    finally:
        postgresql.execute(f'drop database "{empty}" with (force)'.encode())


async def test_a_degraded_audit_is_told_and_not_fatal(serve: Serve, settings: Settings) -> None:
    """While only the independent session is away, the process keeps its traffic and says degraded."""
    client = await serve(create_app(settings.model_copy(update={"audit_dsn": NOWHERE})))
    ready = await client.get("/readyz")
    assert (ready.status_code, ready.json()["audit"]) == (200, "degraded")


async def test_lost_events_degrade_audit(serve: Serve, settings: Settings) -> None:
    """An event that is on record nowhere is counted in /readyz and /metrics, without its name."""

    async def lose(_: Request) -> JSONResponse:
        audit = current_audit()
        assert audit is not None
        return JSONResponse(await audit.record("NO_SUCH_ACTION"))

    client = await serve(application(settings, *standard_routes(), Route("/lose", lose)))
    assert (await client.get("/lose")).json() is None
    ready, metrics = await fetch(client, "/readyz", "/metrics")
    assert (ready.status_code, ready.json()) == (200, {"status": "ready", "audit": "degraded", "events_lost": 1})
    assert 'audit_write_failures_total{reason="unknown_action"} 1.0' in metrics.text
    assert "NO_SUCH_ACTION" not in metrics.text


async def test_metrics_name_no_user_address_or_entity(
    client: httpx.AsyncClient, world: World, log_in: Callable[..., object]
) -> None:
    """Labels are categories, outcomes and reasons: nothing that grows with traffic, nothing personal."""
    example = {"username": "alice", "password": world.passwords["alice"]}
    token = (await client.post("/v1/auth/login", json=example)).json()["token"]
    alice = {"Authorization": f"Bearer {token}"}
    await client.post("/v1/ftms/bookings/424242/cancel", headers=alice)
    metrics = (await client.get("/metrics")).text
    assert 'audit_events_total{category="ftms",outcome="failure"} 1.0' in metrics
    assert not any(word in metrics for word in ("alice", "203.0.113.7", "424242", token, world.passwords["alice"]))


async def test_an_audit_login_without_rights_is_degraded(
    serve: Serve, settings: Settings, login: Callable[..., str]
) -> None:
    """An independent session that may not do its work is degraded too, though it connects."""
    useless = SecretStr(as_url(login("audit_reader")))
    client = await serve(create_app(settings.model_copy(update={"audit_dsn": useless})))
    assert (await client.get("/readyz")).json()["audit"] == "degraded"
