"""Authentication while the database is away: 503 with a time to come back, and nobody passes for anybody."""

from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from ftms.app import create_app
from indelible import Settings
from indelible.errors import DatabaseUnreachable
from indelible.services import login
from indelible.services.question import Sessions, ask
from tests.http.world import Serve, World, require_problem

TOKEN = {"Authorization": "Bearer " + "A" * 43}
# Nobody listens on port 1.
NOWHERE = Settings(app_dsn=SecretStr("postgresql://app:canary@127.0.0.1:1/gone"), audit_dsn=None, database_url=None)


@pytest.fixture
async def stranded(serve: Serve) -> httpx.AsyncClient:
    """A client of FTMS without a database."""
    settings = NOWHERE.model_copy(update={"audit_dsn": NOWHERE.app_dsn, "record_timeout": 0.01})
    return await serve(create_app(settings))


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/auth/login"),
        ("POST", "/v1/auth/logout"),
        ("GET", "/v1/auth/me"),
        ("GET", "/v1/ftms/bookings/1"),
        ("POST", "/v1/ftms/bookings/1/cancel"),
        ("GET", "/v1/audit/events"),
        ("GET", "/v1/audit/events/1"),
        ("GET", "/v1/audit/entities/FTMS_BOOKING/1/history"),
        ("GET", "/v1/audit/coverage"),
        ("GET", "/v1/audit/stream"),
    ],
)
async def test_nothing_is_decided_without_the_database(stranded: httpx.AsyncClient, method: str, path: str) -> None:
    """Neither yes nor no: 503, Retry-After, and not a word about where the database should be."""
    body = {"username": "alice", "password": "x"} if path.endswith("login") else None
    response = await stranded.request(method, path, json=body, headers={} if body else TOKEN)
    require_problem(response, 503)
    assert int(response.headers["retry-after"]) > 0
    assert not any(word in response.text for word in ("127.0.0.1", "gone", "canary", "port"))


async def test_a_request_without_token_is_not_let_in_either(stranded: httpx.AsyncClient) -> None:
    """Nobody's permission cannot be judged while the database is away, so nobody has it."""
    require_problem(await stranded.get("/v1/ftms/bookings/1"), 503)
    require_problem(await stranded.get("/v1/auth/me"), 401)


async def test_an_unfinished_login_counts_as_a_failure(
    client: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database goes away between the two phases: 503, and five of those lock the name."""
    body = {"username": "alice", "password": world.passwords["alice"]}
    with monkeypatch.context() as away:

        async def ask_once(sessions: Sessions, query: str, *values: Any) -> Any:
            if query == "finish_login":
                raise DatabaseUnreachable(query)
            return await ask(sessions, query, *values)

        away.setattr(login, "ask", ask_once)
        for _ in range(5):
            require_problem(await client.post("/v1/auth/login", json=body), 503)
    response = await client.post("/v1/auth/login", json=body)
    require_problem(response, 401)
    assert world.actions(response) == ["AUTH_LOGIN_LOCKED"]
