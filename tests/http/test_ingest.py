"""POST /v1/audit/events: one event or many, each answered for itself, and on disk when it says so."""

import json
from typing import Any

import httpx
import psycopg
import pytest

from indelible.http.incoming import Receipt, Results
from indelible.services.keys import ApiKey
from tests.http.world import Headers, World, require_problem
from tests.producing import SCANNED, define_actions, make_account, make_key, scanned

EVENTS = "/v1/audit/events"


@pytest.fixture
def key(postgresql: psycopg.Connection[Any]) -> str:
    """The key of the account `till`."""
    define_actions(postgresql)
    make_account(postgresql)
    return make_key(postgresql)


@pytest.fixture
def till(key: str) -> Headers:
    """What the account `till` sends along."""
    return {"Authorization": f"Bearer {key}"}


async def test_an_event_is_stored_once(client: httpx.AsyncClient, world: World, till: Headers) -> None:
    """201 and its row; sent again, 200 and the same receipt; in the log with what the client and we know of it."""
    event = scanned("till-3/1", user_id="ann", ip_address="198.51.100.9", metadata={"till": 3})
    answer = await client.post(EVENTS, json=event, headers=till | {"X-Request-ID": "call-1"})
    receipt = Receipt.model_validate(answer.json())
    assert (answer.status_code, receipt.event_id, receipt.status) == (201, "till-3/1", "stored")
    row = world.one_event(answer)
    assert row["id"] == receipt.id
    assert (row["user_id"], str(row["ip_address"]), row["actor_proof"]) == ("ann", "198.51.100.9", "client")
    assert row["metadata"] == {
        "till": 3, "producer": "till", "producer_address": "203.0.113.7", "event_id": "till-3/1",
    }  # fmt: skip
    again = await client.post(EVENTS, json=event, headers=till)
    assert (again.status_code, again.json()) == (200, {**answer.json(), "status": "known"})
    assert len(world.events("action = %s", SCANNED)) == 1


async def test_each_event_of_a_batch_is_answered_for_itself(
    client: httpx.AsyncClient, world: World, till: Headers
) -> None:
    """207 while one is refused, 200 when all are on record; results in order, problems as RFC 9457 has them."""
    await client.post(EVENTS, json=scanned("taken"), headers=till)
    batch: list[Any] = [
        scanned("a"),
        scanned("taken", user_id="other"),
        scanned("b", action="ROW_UPDATED"),
        scanned("c", entity_type="IAM_USER"),
        scanned("d", action="SHOP_ITEM_EATEN"),
        scanned("e", action="SHOP_ORDER_PAID"),
        scanned("f", outcome="maybe"),
        {"action": SCANNED},
        scanned("g", extra="x"),
        7,
        scanned("taken"),
        scanned("h"),
    ]
    answer = await client.post(EVENTS, json=batch, headers=till)
    assert answer.status_code == 207
    results = Results.model_validate(answer.json()).results
    assert [result.event_id for result in results] == [
        "a", "taken", "b", "c", "d", "e", "f", None, "g", None, "taken", "h",
    ]  # fmt: skip
    told = [(result.problem.status, result.problem.errors[0]["reason"]) for result in results if result.problem]
    assert told == [
        (409, "conflict"), (403, "action_out_of_scope"), (403, "entity_type_out_of_scope"), (422, "unknown_action"),
        (422, "wrong_origin"), (422, "literal_error"), (422, "missing"), (422, "extra_forbidden"), (422, "model_type"),
    ]  # fmt: skip
    assert [result.status for result in results if not result.problem] == ["stored", "known", "stored"]
    stored = world.events("request_id = %s and action = %s", answer.headers["indelible-request-id"], SCANNED)
    assert [row["id"] for row in stored] == [results[0].id, results[-1].id]
    again = await client.post(EVENTS, json=[batch[0], batch[-1]], headers=till)
    assert again.status_code == 200 and {result["status"] for result in again.json()["results"]} == {"known"}


@pytest.mark.parametrize(
    ("event", "status", "field", "reason"),
    [
        (scanned("taken", user_id="other"), 409, "event_id", "conflict"),
        (scanned("1", action="AUTH_LOGIN_FAILED"), 403, "action", "action_out_of_scope"),
        (scanned("1", entity_type="IAM_USER"), 403, "entity_type", "entity_type_out_of_scope"),
        (scanned("1", action="SHOP_ITEM_EATEN"), 422, "action", "unknown_action"),
        (scanned("1", action="SHOP_ORDER_PAID"), 422, "action", "wrong_origin"),
        (scanned("1", entity_type=None), 422, "", "invalid_event"),
        (scanned("1", created_at="2026-01-05T08:23:49+16:00"), 422, "", "invalid_event"),
        ({"action": SCANNED}, 422, "event_id", "missing"),
        (scanned("1", action="shop"), 422, "action", "string_pattern_mismatch"),
        (scanned("1", created_at="2026-02-30T00:00:00Z"), 422, "created_at", "value_error"),
        (scanned("1", created_at="yesterday"), 422, "created_at", "value_error"),
        (scanned("1", ip_address="fe80::1%eth0"), 422, "ip_address", "value_error"),
        (scanned("1", ip_address="10.0.0.0/8"), 422, "ip_address", "value_error"),
        (scanned("1", metadata={"producer": "x"}), 422, "metadata", "value_error"),
        (scanned("1", metadata={"x": "y" * 60_000}), 422, "metadata", "value_error"),
        (scanned("1", metadata={"x": "a\nb"}), 422, "metadata.x", "control_character"),
        (scanned("1", user_id="a\u202eb"), 422, "user_id", "control_character"),
        (scanned("\ud800"), 422, "event_id", "control_character"),
        ("an event", 422, "", "model_type"),
    ],
)
async def test_a_refused_event_says_why(
    client: httpx.AsyncClient, world: World, till: Headers, event: Any, status: int, field: str, reason: str
) -> None:
    """One event is refused with a status of its own, the field and a reason, and nothing is stored."""
    await client.post(EVENTS, json=scanned("taken"), headers=till)
    body = json.dumps(event).encode()  # surrogates, too
    answer = await client.post(EVENTS, content=body, headers=till | {"Content-Type": "application/json"})
    (error,) = require_problem(answer, status)["errors"]
    assert (error["field"], error["reason"]) == (field, reason)
    assert len(world.events("action = %s", SCANNED)) == 1


async def test_a_header_may_name_the_only_event(client: httpx.AsyncClient, world: World, till: Headers) -> None:
    """Idempotency-Key, bare or quoted, is the event's id; beside another id, for an array, or twice it is refused."""
    event = {"action": SCANNED}
    for value in ("n-1", '"n-1"'):
        answer = await client.post(EVENTS, json=event, headers=till | {"Idempotency-Key": value})
        assert answer.json()["event_id"] == "n-1" and answer.status_code in (200, 201)
    same = await client.post(EVENTS, json=scanned("n-2"), headers=till | {"Idempotency-Key": "n-2"})
    assert same.status_code == 201
    for body, value in (
        (scanned("n-3"), "n-4"),
        ([scanned("n-5")], "n-5"),
        (event, ""),
        (event, "x" * 201),
        (event, "é"),
    ):
        headers = httpx.Headers({**till, "Idempotency-Key": value}, encoding="utf-8")
        refused = require_problem(await client.post(EVENTS, json=body, headers=headers), 422)
        assert refused["errors"][0]["field"] == "Idempotency-Key"
    twice = [*till.items(), ("Idempotency-Key", "n-6"), ("Idempotency-Key", "n-7")]
    require_problem(await client.post(EVENTS, json=event, headers=twice), 422)
    assert len(world.events("action = %s", SCANNED)) == 2


@pytest.mark.parametrize("count", [0, 1001])
async def test_a_batch_has_1_to_1000_events(client: httpx.AsyncClient, world: World, till: Headers, count: int) -> None:
    """None, or one too many: 422, and nothing of it is stored."""
    answer = await client.post(
        EVENTS, json=[{"event_id": str(n), "action": SCANNED} for n in range(count)], headers=till
    )
    require_problem(answer, 422)
    assert not world.events("action = %s", SCANNED)


async def test_a_full_batch_keeps_its_order(client: httpx.AsyncClient, world: World, till: Headers) -> None:
    """1000 events are on record in the order in which they were sent, whatever their ids are."""
    names = [f"{number * 7919 % 1000}" for number in range(1000)]
    answer = await client.post(EVENTS, json=[scanned(name) for name in names], headers=till)
    assert answer.status_code == 200
    ids = [result["id"] for result in answer.json()["results"]]
    rows = world.events("action = %s", SCANNED)
    assert [row["id"] for row in rows] == ids == sorted(ids)
    assert [row["metadata"]["event_id"] for row in rows] == names
    text = (await client.get("/metrics")).text
    assert 'audit_ingested_events_total{verdict="stored"} 1000.0' in text


async def test_a_body_has_a_limit_of_its_own(client: httpx.AsyncClient, till: Headers) -> None:
    """More than INDELIBLE_MAX_BODY is read here, more than INDELIBLE_INGEST_MAX_BODY is not."""
    for size, status in ((70_000, 422), (1_048_576, 413)):
        answer = await client.post(EVENTS, json=scanned("x", metadata={"x": "y" * size}), headers=till)
        require_problem(answer, status)


async def refusal(client: httpx.AsyncClient, world: World, headers: Any, user_id: str | None = None) -> dict[str, Any]:
    """The record of a request that is refused, whatever its body is."""
    answer = await client.post(EVENTS, content=b"{", headers=[*headers, ("Content-Type", "application/json")])
    problem = require_problem(answer, 401)
    assert problem == {"type": "about:blank", "title": "Authentication required", "status": 401}
    assert answer.headers["www-authenticate"] == "Bearer"
    event = await world.late_event(answer)
    assert (event["action"], event["outcome"], event["user_id"]) == ("AUTH_KEY_REFUSED", "failure", user_id)
    event["metadata"].pop("event_id")
    return event


async def test_a_key_that_opens_nothing_is_on_record(
    client: httpx.AsyncClient, world: World, key: str, alice: Headers
) -> None:
    """No key, a user's token, two, a wrong, expired, revoked or idle key: one answer, and the log tells them apart."""
    expired, revoked, idle = (make_key(world.admin) for _ in range(3))

    def bearer(text: str) -> list[tuple[str, str]]:
        return [("Authorization", f"Bearer {text}")]

    for headers in ([], bearer(key[:-1]), bearer(key + "x"), bearer(key) * 2, [("X-API-Key", key)]):
        event = await refusal(client, world, headers)
        assert event["metadata"] == {"reason": "missing"} and event["entity_id"] is None
    # Whose token it is, is known all the same.
    assert (await refusal(client, world, list(alice.items()), "alice"))["metadata"] == {"reason": "missing"}
    wrong = key[:-1] + ("A" if key[-1] != "A" else "B")
    assert (await refusal(client, world, bearer(wrong)))["metadata"] == {"reason": "unknown"}
    for made in (expired, revoked, idle):
        assert (await client.post(EVENTS, json=scanned("id"), headers=bearer(made))).status_code in (200, 201)
    world.admin.execute(
        "update iam.api_keys set expires_at = clock_timestamp() where key_id = %s", [ApiKey.of(expired).key_id]
    )
    world.admin.execute("select iam.revoke_api_key(%s)", [ApiKey.of(revoked).key_id])
    for made, reason in ((expired, "expired"), (revoked, "revoked"), (idle, "inactive")):
        if made is idle:
            world.admin.execute("select iam.set_service_account_active('till', false)")
        # Once as a key that this process knows to have been good, once as any other.
        answer = await client.post(EVENTS, json=scanned("late"), headers=bearer(made))
        assert require_problem(answer, 401)
        assert (await world.late_event(answer))["metadata"]["reason"] == reason
        event = await refusal(client, world, bearer(made))
        assert event["metadata"] == {"reason": reason, "key_id": ApiKey.of(made).key_id}
        assert (event["entity_type"], event["entity_id"]) == ("IAM_ACCOUNT", "till")
    assert not world.events("metadata ->> 'event_id' = 'late'")


async def test_a_key_opens_nothing_else(client: httpx.AsyncClient, world: World, till: Headers, key: str) -> None:
    """It is nobody's session, and what the database stores of it is no key."""
    require_problem(await client.get("/v1/auth/me", headers=till), 401)
    require_problem(await client.get("/v1/ftms/bookings/1", headers=till), 401)
    made = ApiKey.of(key)
    for leaked in (made.digest.hex(), f"ind_{made.key_id}_{made.digest.hex()[:43]}"):
        answer = await client.post(EVENTS, json=scanned("x"), headers={"Authorization": f"Bearer {leaked}"})
        require_problem(answer, 401)
