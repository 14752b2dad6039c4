"""requires_permission: the database is asked before the endpoint runs, and every refusal is on record once."""

import asyncio
from functools import partial
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from starlette.endpoints import HTTPEndpoint
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from indelible import Settings, audited, requires_permission
from indelible.context import RequestContext, bind
from indelible.http.permission import require
from tests.http.world import LogIn, Serve, World, application, as_url, require_problem, without_ids

UPDATE = "ftms.booking.update"
GUARDED = [("GET", "/async"), ("GET", "/sync"), ("GET", "/methods"), ("POST", "/methods"), ("GET", "/partial")]


def routes(ran: list[str]) -> list[Route]:
    """One guarded endpoint of each kind; each says in `ran` that it ran."""

    @requires_permission(UPDATE)
    async def asynchronous(request: Request) -> JSONResponse:
        ran.append(request.url.path)
        return JSONResponse("done")

    @requires_permission(UPDATE)
    def synchronous(request: Request) -> JSONResponse:
        ran.append(request.url.path)
        return JSONResponse("done")

    class Methods(HTTPEndpoint):
        @requires_permission(UPDATE)
        async def get(self, request: Request) -> JSONResponse:
            ran.append(request.url.path)
            return JSONResponse("done")

        @requires_permission(UPDATE)
        def post(self, request: Request) -> JSONResponse:
            ran.append(request.url.path)
            return JSONResponse("done")

    async def with_option(request: Request, option: str) -> JSONResponse:
        ran.append(request.url.path)
        return JSONResponse(option)

    return [
        Route("/async", asynchronous),
        Route("/sync", synchronous),
        Route("/methods", Methods),
        Route("/partial", requires_permission(UPDATE)(partial(with_option, option="done"))),
    ]


def named(request: Request) -> str | None:
    """A login system of the application's own: it believes a header."""
    return request.headers.get("x-user")


@pytest.fixture
def ran() -> list[str]:
    """Paths of the guarded endpoints that ran."""
    return []


@pytest.fixture
async def guarded(serve: Serve, settings: Settings, world: World, ran: list[str]) -> httpx.AsyncClient:
    """A client of an application with its own login system."""
    return await serve(application(settings, *routes(ran), identify=named))


@pytest.mark.parametrize(("method", "path"), GUARDED)
async def test_whoever_holds_it_passes(
    guarded: httpx.AsyncClient, world: World, ran: list[str], method: str, path: str
) -> None:
    """A granted permission is no event of its own, and the endpoint runs once."""
    response = await guarded.request(method, path, headers={"x-user": "alice"})
    assert (response.status_code, response.json(), ran) == (200, "done", [path])
    assert world.of_request(response) == []


@pytest.mark.parametrize(("method", "path"), GUARDED)
@pytest.mark.parametrize(
    ("user", "status", "action", "reason"),
    [
        ("bob", 403, "RBAC_PERMISSION_DENIED", "not_granted"),
        ("dave", 403, "RBAC_ROLE_MISSING", "no_role"),
        ("carol", 403, "RBAC_PERMISSION_DENIED", "inactive"),
        ("nobody", 403, "RBAC_ROLE_MISSING", "unknown_user"),
        (None, 401, "RBAC_PERMISSION_DENIED", "unauthenticated"),
    ],
)
async def test_whoever_does_not_is_refused_on_record(
    guarded: httpx.AsyncClient,
    world: World,
    ran: list[str],
    method: str,
    path: str,
    user: str | None,
    status: int,
    action: str,
    reason: str,
) -> None:
    """One record with user, attempted code and reason; the endpoint does not run."""
    response = await guarded.request(method, path, headers={"x-user": user} if user else {})
    require_problem(response, status)
    assert ran == []
    event = world.one_event(response)
    assert (event["action"], event["outcome"], event["user_id"]) == (action, "denied", user)
    assert (event["permission"], event["metadata"]["reason"]) == (UPDATE, reason)


async def test_refusals_do_not_tell_why(guarded: httpx.AsyncClient) -> None:
    """No permission, no role and inactive are one answer, byte for byte."""
    answers = [await guarded.get("/async", headers={"x-user": user}) for user in ("bob", "dave", "carol")]
    assert {answer.content for answer in answers} == {answers[0].content}
    assert [without_ids(answer) for answer in answers] == [without_ids(answers[0])] * 3


async def test_a_denied_session_is_proven_by_the_database(
    client: httpx.AsyncClient, world: World, log_in: LogIn
) -> None:
    """With the database's own login the record says sealed: the application could not have made the user up."""
    response = await client.patch("/v1/ftms/bookings/1", json={"seats": 1}, headers=await log_in("bob"))
    require_problem(response, 403)
    event = world.one_event(response)
    assert (event["user_id"], event["actor_proof"], event["permission"]) == ("bob", "sealed", UPDATE)


async def test_a_revoked_permission_is_gone_with_the_next_request(
    client: httpx.AsyncClient, world: World, log_in: LogIn
) -> None:
    """Verdicts are not cached: what an administrator takes away is away."""
    alice = await log_in("alice")
    assert (await client.get("/v1/ftms/bookings/1", headers=alice)).status_code == 404
    world.admin.execute("select iam.revoke_permission('clerk', 'ftms.booking.read')")
    require_problem(await client.get("/v1/ftms/bookings/1", headers=alice), 403)


async def test_without_an_answer_nobody_passes(serve: Serve, ran: list[str]) -> None:
    """While the database is away every kind of endpoint answers 503 and does not run."""
    nowhere = SecretStr("postgresql://app:x@127.0.0.1:1/gone")
    settings = Settings(app_dsn=nowhere, audit_dsn=nowhere)
    stranded = await serve(application(settings, *routes(ran), identify=named))
    for method, path in GUARDED:
        require_problem(await stranded.request(method, path, headers={"x-user": "alice"}), 503)
    assert ran == []


async def test_without_the_right_to_ask_nobody_passes(
    serve: Serve, settings: Settings, world: World, ran: list[str], login: Any
) -> None:
    """A login that may not call iam.check_permission is a wrong installation, not a permission."""
    broken = settings.model_copy(update={"audit_dsn": SecretStr(as_url(login("audit_writer")))})
    client = await serve(application(broken, *routes(ran), identify=named))
    for method, path in GUARDED:
        require_problem(await client.request(method, path, headers={"x-user": "alice"}), 503)
    assert ran == []


async def test_many_sync_requests_share_one_connection(
    serve: Serve, settings: Settings, world: World, ran: list[str]
) -> None:
    """More sync endpoints at once than there are threads, on a pool of one: each gets its answer."""
    narrow = settings.model_copy(update={"audit_pool_size": 1, "app_pool_size": 1})
    client = await serve(application(narrow, *routes(ran), identify=named))
    users = ["alice", "bob"] * 40
    answers = await asyncio.gather(*(client.get("/sync", headers={"x-user": user}) for user in users))
    assert [answer.status_code for answer in answers] == [200, 403] * 40
    assert {event["user_id"] for event in world.events("permission = %s", UPDATE)} == {"bob"}


async def test_order_with_audited(serve: Serve, settings: Settings, world: World) -> None:
    """Outside of @audited a denial is one record; inside, the refused action is on record as denied as well."""

    @requires_permission(UPDATE)
    @audited("FTMS_BOOKING_UPDATED", entity_type="FTMS_BOOKING", entity_id="path:id")
    async def outside(request: Request) -> JSONResponse:
        return JSONResponse("done")

    @audited("FTMS_BOOKING_UPDATED", entity_type="FTMS_BOOKING", entity_id="path:id")
    @requires_permission(UPDATE)
    def inside(request: Request) -> JSONResponse:
        return JSONResponse("done")

    client = await serve(application(settings, Route("/out/{id}", outside), Route("/in/{id}", inside), identify=named))
    for path, expected in (("/out/7", []), ("/in/7", ["denied"])):
        refused = await client.get(path, headers={"x-user": "bob"})
        require_problem(refused, 403)
        denial, *others = world.of_request(refused)
        assert denial["action"] == "RBAC_PERMISSION_DENIED"
        assert [event["outcome"] for event in others] == expected
        passed = await client.get(path, headers={"x-user": "alice"})
        assert [(event["outcome"], event["entity_id"]) for event in world.of_request(passed)] == [("success", "7")]


async def test_on_the_event_loop_a_sync_endpoint_raises_instead_of_waiting_for_itself(
    guarded: httpx.AsyncClient,
) -> None:
    """Called where it would have to block its own loop, it neither hangs nor lets anybody pass."""

    @requires_permission(UPDATE)
    def endpoint() -> None:
        pytest.fail("it ran")

    with bind(RequestContext("0" * 32, user_id="alice")), pytest.raises(RuntimeError):
        endpoint()


async def test_without_the_middleware_it_says_so() -> None:
    """A forgotten AuditMiddleware is an error, not a permission."""
    with pytest.raises(RuntimeError, match="AuditMiddleware"):
        await require(UPDATE)


@pytest.mark.parametrize("code", ["", "booking", "Ftms.booking", "ftms..x", "ftms.x\n", "a." + "b" * 100, "ftms.x y"])
def test_codes_are_checked_where_they_are_written(code: str) -> None:
    """A typo in a code fails at import, not at the first request."""
    with pytest.raises(ValueError, match=r"permission such as"):
        requires_permission(code)


def test_it_decorates_methods_not_classes() -> None:
    """A guarded HTTPEndpoint class would guard nothing."""
    with pytest.raises(TypeError, match="methods"):
        requires_permission(UPDATE)(type("Page", (HTTPEndpoint,), {}))
