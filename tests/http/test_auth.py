"""Logging in over HTTP: five records in the log, one refusal for the client, and no secret anywhere."""

import asyncio
import threading

import httpx
import pytest
from argon2.low_level import hash_secret_raw

from indelible import Settings, standard_routes
from indelible.services import passwords
from tests.http.world import CLIENT, LogIn, Serve, World, application, require_problem, without_ids
from tests.support import facts


async def attempt(client: httpx.AsyncClient, name: str, password: str) -> httpx.Response:
    return await client.post("/v1/auth/login", json={"username": name, "password": password})


async def lock(client: httpx.AsyncClient, name: str) -> None:
    for _ in range(5):
        require_problem(await attempt(client, name, "wrong"), 401)


@pytest.fixture
def derivations(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Salts of the argon2id computations that ran, in order."""
    ran: list[bytes] = []

    def counted(secret: bytes, salt: bytes, **parameters: object) -> bytes:
        ran.append(salt)
        return hash_secret_raw(secret, salt, **parameters)  # type: ignore[arg-type]

    monkeypatch.setattr(passwords, "hash_secret_raw", counted)
    return ran


async def test_success_opens_a_session_and_is_on_record(client: httpx.AsyncClient, world: World) -> None:
    """A right password gives a token that nobody may cache, and AUTH_LOGIN_SUCCEEDED with user and address."""
    response = await attempt(client, "alice", world.passwords["alice"])
    body = response.json()
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    assert sorted(body) == ["expires_at", "token", "token_type", "user"]
    assert (body["token_type"], body["user"]) == ("Bearer", {"username": "alice", "display_name": "Alice"})
    event = world.one_event(response)
    assert (event["action"], event["outcome"], event["user_id"]) == ("AUTH_LOGIN_SUCCEEDED", "success", "alice")
    assert str(event["ip_address"]) == CLIENT
    me = await client.get("/v1/auth/me", headers={"Authorization": f"Bearer {body['token']}"})
    assert me.json() == body["user"]


async def test_refusals_differ_in_the_log_and_nowhere_else(
    client: httpx.AsyncClient, world: World, derivations: list[bytes]
) -> None:
    """Wrong password, unknown, inactive and locked: the same bytes, the same headers, one argon2id each."""
    world.add_user("erin", "right")
    await lock(client, "erin")
    derivations.clear()
    answers = [
        await attempt(client, "alice", "wrong"),
        await attempt(client, "nobody", "wrong"),
        await attempt(client, "carol", world.passwords["carol"]),
        await attempt(client, "erin", "right"),
    ]
    assert len(derivations) == len(answers)
    assert {answer.content for answer in answers} == {answers[0].content}
    assert [without_ids(answer) for answer in answers] == [without_ids(answers[0])] * 4
    require_problem(answers[0], 401)
    assert answers[0].headers["www-authenticate"] == "Bearer"
    recorded = [world.one_event(answer) for answer in answers]
    assert [(event["action"], event["user_id"], event["metadata"]["reason"]) for event in recorded] == [
        ("AUTH_LOGIN_FAILED", "alice", "wrong_password"),
        ("AUTH_LOGIN_FAILED", None, "unknown_user"),
        ("AUTH_LOGIN_INACTIVE", "carol", "inactive"),
        ("AUTH_LOGIN_LOCKED", "erin", "locked"),
    ]
    assert {(event["outcome"], str(event["ip_address"])) for event in recorded} == {("failure", CLIENT)}


async def test_an_unknown_name_is_kept_as_a_digest(client: httpx.AsyncClient, world: World) -> None:
    """What was typed as a name may be a password: the log has a digest of it, the same for the same name."""
    typed = "hunter2-in-the-wrong-field"
    first, second = [world.one_event(await attempt(client, typed, "x")) for _ in range(2)]
    assert first["metadata"]["name_digest"] == second["metadata"]["name_digest"]
    assert typed not in str(world.events())


async def test_five_failures_lock_the_name_known_or_not(client: httpx.AsyncClient, world: World) -> None:
    """Neither the right password nor an unknown name gets another verdict than locked after five failures."""
    for name in ("alice", "nobody"):
        await lock(client, name)
        response = await attempt(client, name, world.passwords["alice"])
        require_problem(response, 401)
        assert world.actions(response) == ["AUTH_LOGIN_LOCKED"]


async def test_logout_ends_the_session_on_record(client: httpx.AsyncClient, world: World, log_in: LogIn) -> None:
    """After logout the token is worth nothing, also for a second logout."""
    alice = await log_in("alice")
    response = await client.post("/v1/auth/logout", headers=alice)
    assert (response.status_code, response.content) == (204, b"")
    assert [(event["action"], event["user_id"]) for event in world.of_request(response)] == [("AUTH_LOGOUT", "alice")]
    for method, path in (("GET", "/v1/auth/me"), ("POST", "/v1/auth/logout")):
        refused = await client.request(method, path, headers=alice)
        require_problem(refused, 401)
        assert refused.headers["www-authenticate"] == "Bearer"


async def test_logout_ends_one_session_of_many(client: httpx.AsyncClient, log_in: LogIn) -> None:
    """Logging out here leaves the user logged in elsewhere."""
    here, there = await log_in("alice"), await log_in("alice")
    await client.post("/v1/auth/logout", headers=here)
    assert (await client.get("/v1/auth/me", headers=there)).status_code == 200


async def test_deactivation_ends_sessions_at_once(client: httpx.AsyncClient, world: World, log_in: LogIn) -> None:
    """The token of a user who is deactivated opens nothing any more."""
    alice = await log_in("alice")
    world.admin.execute("select iam.set_active('alice', false)")
    require_problem(await client.get("/v1/auth/me", headers=alice), 401)


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Bearer short", "Basic YTpi", "Bearer " + "A" * 43, "Bearer " + "A" * 5000, "Bearer é"],
)
async def test_what_is_no_valid_token_is_nobody(client: httpx.AsyncClient, header: str) -> None:
    """Malformed, foreign and unknown tokens are answered with 401 and the scheme that would do."""
    response = await client.get("/v1/auth/me", headers=[(b"authorization", header.encode("latin-1"))])
    require_problem(response, 401)
    assert response.headers["www-authenticate"] == "Bearer"


async def test_two_tokens_are_none(client: httpx.AsyncClient, log_in: LogIn) -> None:
    """A request with two Authorization headers acts for neither user."""
    both = [(b"authorization", (await log_in(name))["Authorization"].encode()) for name in ("alice", "bob")]
    require_problem(await client.get("/v1/auth/me", headers=both), 401)


async def test_the_scheme_is_case_insensitive(client: httpx.AsyncClient, log_in: LogIn) -> None:
    """RFC 9110 lets clients write bearer as they like."""
    token = (await log_in("alice"))["Authorization"].split()[1]
    assert (await client.get("/v1/auth/me", headers={"Authorization": f"bEARER  {token}"})).status_code == 200


async def test_the_same_keys_on_another_system_log_in(client: httpx.AsyncClient, world: World) -> None:
    """A password typed with composed letters is the one typed with combining letters or in full width."""
    world.add_user("zoe", "caf\u00e9\uff11\ufb01")
    assert (await attempt(client, "zoe", "cafe\u03011fi")).status_code == 200


@pytest.mark.parametrize("password", ["", "x" * 1025, "é" * 513])
async def test_passwords_out_of_bounds_are_422_and_on_record(
    client: httpx.AsyncClient, world: World, password: str
) -> None:
    """1 to 1024 bytes; anything else is refused before it is hashed, and the attempt is on record."""
    response = await attempt(client, "alice", password)
    require_problem(response, 422)
    event = await world.late_event(response)
    assert (event["action"], event["outcome"]) == ("AUTH_LOGIN_MALFORMED", "failure")
    assert facts(event) == {"reason": "status", "status": 422}


async def test_the_longest_password_logs_in(client: httpx.AsyncClient, world: World) -> None:
    """1024 bytes are fine."""
    world.add_user("zoe", "x" * 1024)
    assert (await attempt(client, "zoe", "x" * 1024)).status_code == 200


async def test_hashing_blocks_nobody_and_has_a_queue_with_an_end(
    serve: Serve, settings: Settings, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While all places are taken the loop serves others, and one more login is turned away: 503, on record."""
    computing, go_on = threading.Event(), threading.Event()

    def held_up(*arguments: object, **parameters: object) -> bytes:
        computing.set()
        assert go_on.wait(30)
        return hash_secret_raw(*arguments, **parameters)  # type: ignore[arg-type]

    monkeypatch.setattr(passwords, "hash_secret_raw", held_up)
    hasher = passwords.PasswordHasher(threads=1, waiting=0)
    client = await serve(application(settings, *standard_routes(hasher=hasher)))
    first = asyncio.create_task(attempt(client, "alice", world.passwords["alice"]))
    await asyncio.to_thread(computing.wait, 30)
    try:
        assert (await client.get("/livez")).status_code == 200
        turned_away = await attempt(client, "bob", world.passwords["bob"])
    finally:
        go_on.set()
    assert (await first).status_code == 200
    require_problem(turned_away, 503)
    assert int(turned_away.headers["retry-after"]) > 0
    assert (await world.late_event(turned_away))["action"] == "AUTH_LOGIN_OVERLOADED"
    assert (await attempt(client, "bob", world.passwords["bob"])).status_code == 200
