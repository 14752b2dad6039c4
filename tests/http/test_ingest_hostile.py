"""What a client with a valid key can send is answered with a 4xx at worst; what one without can, is not even read."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import anyio
import httpx
import psycopg
import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from indelible.services import summary
from tests.http.test_hostile_requests import HOSTILE_BODIES, everything, server_log
from tests.http.world import Headers, World, require_problem
from tests.producing import SCANNED, define_actions, make_account, make_key, scanned

EVENTS = "/v1/audit/events"
JSON = {"Content-Type": "application/json"}
FIELDS = (
    "action", "entity_type", "entity_id", "description", "outcome", "permission", "user_id", "ip_address", "request_id",
    "created_at", "metadata",
)  # fmt: skip
TEXTS = st.text(max_size=20) | st.sampled_from(
    [
        SCANNED,
        "SHOP_ITEM",
        "2026-01-05T08:23:49Z",
        "0001-01-01T00:00:00+14:00",
        "::1",
        "denied",
        "\ud800",
        "\0",
        "x" * 3000,
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=10,
)
ITEMS = VALUES | st.fixed_dictionaries(
    {"event_id": TEXTS, "action": st.just(SCANNED)}, optional=dict.fromkeys(FIELDS[1:], VALUES)
)


@pytest.fixture
def key(postgresql: psycopg.Connection[Any]) -> str:
    """The key of the account `till`."""
    define_actions(postgresql)
    make_account(postgresql)
    return make_key(postgresql)


@pytest.fixture
def till(key: str) -> Headers:
    """What the account `till` sends along."""
    return {"Authorization": f"Bearer {key}", **JSON}


@pytest.mark.parametrize("name", [name for name in HOSTILE_BODIES if name not in ("a list", "too much")])
async def test_a_hostile_body_is_a_problem(client: httpx.AsyncClient, till: Headers, name: str) -> None:
    """Broken JSON is a 400, everything else that is no event a 422."""
    body, expected = HOSTILE_BODIES[name]
    answer = await client.post(EVENTS, content=body, headers=till)
    assert answer.status_code in (expected if isinstance(expected, tuple) else (expected,)), answer.text
    require_problem(answer, answer.status_code)


@hypothesis_settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=VALUES | ITEMS | st.lists(ITEMS, max_size=4))
@example(body=[scanned("1", created_at="2026-01-05T24:00:00Z"), scanned("2", created_at="9999-12-31T23:59:59-14:00")])
@example(body=scanned("1", metadata={"a": 1e-320, "b": 10**290, "c": -0.0}))
@example(body=[scanned("1", metadata={"\ud800": "\ud800"}), {"event_id": "\udfff", "action": "\ud800"}])
@example(body=scanned("1", user_id="\u0660", created_at="٢٠٢٦-01-05T08:23:49Z"))
async def test_no_json_breaks_it(client: httpx.AsyncClient, till: Headers, body: Any) -> None:
    """Any JSON is answered with receipts or problems, never with a 5xx, and each item of an array has its own."""
    answer = await client.post(EVENTS, content=json.dumps(body).encode(), headers=till)
    assert answer.status_code in (200, 201, 207, 400, 403, 409, 422), answer.text
    if answer.status_code in (200, 207) and isinstance(body, list):
        assert len(answer.json()["results"]) == len(body)
    elif answer.status_code >= 400:
        require_problem(answer, answer.status_code)


@hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=200), name=st.binary(max_size=30))
async def test_no_bytes_break_it(client: httpx.AsyncClient, till: Headers, body: bytes, name: bytes) -> None:
    """Nor do bytes of any kind, in the body or in the header that names an event."""
    headers = [*((k.encode(), v.encode()) for k, v in till.items()), (b"Idempotency-Key", name)]
    answer = await client.post(EVENTS, content=body, headers=headers)
    require_problem(answer, answer.status_code)
    assert answer.status_code in (400, 422)


async def test_without_a_key_nothing_is_read(client: httpx.AsyncClient, world: World, key: str) -> None:
    """The answer to a wrong key comes while its body is still on the way."""
    read = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 1
            yield b" " * 65_536

    wrong = {"Authorization": f"Bearer {key[:-4]}AAAA", **JSON}
    with anyio.fail_after(20):
        require_problem(await client.post(EVENTS, content=body(), headers=wrong), 401)
    assert read <= 1


async def test_a_flood_of_wrong_keys_is_summed_up(
    client: httpx.AsyncClient, world: World, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While nothing can be written, 60 are answered; 16 have a record each, and the others one in sum; none is lost."""
    monkeypatch.setattr(summary, "SUMMARY_SECONDS", 0.2)
    world.admin.execute("begin")
    world.admin.execute("lock table audit.audit_logs")
    with anyio.fail_after(20):
        answers = await asyncio.gather(*(client.post(EVENTS, content=b"{", headers=JSON) for _ in range(60)))
    assert {answer.status_code for answer in answers} == {401}
    world.admin.execute("commit")
    with anyio.fail_after(20):
        while True:
            counts = [event["metadata"].get("count", 1) for event in world.events("action = 'AUTH_KEY_REFUSED'")]
            if sum(counts) >= 60:
                break
            await anyio.sleep(0.02)
    assert sum(counts) == 60 and len(counts) < 30


async def test_a_key_is_nowhere_afterwards(
    client: httpx.AsyncClient, world: World, key: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Good, wrong, revoked, in wrong places: no table, log line, metric or answer has it, nor its hash."""
    caplog.set_level(logging.DEBUG)
    wrong = key[:-6] + "Canary"
    answers = []
    for text in (key, wrong, key + "x"):
        bearer = {"Authorization": f"Bearer {text}"}
        answers += [
            await client.post(EVENTS, json=scanned("1"), headers=bearer),
            await client.post(EVENTS, content=b"{", headers=bearer | JSON),
            await client.post(EVENTS, json=[scanned("2"), 7], headers=bearer),
            await client.get("/v1/auth/me", headers=bearer),
            await client.post(EVENTS, json={"key": text}, headers={"X-API-Key": text}),
            await client.post(EVENTS, json={"note": text}, headers={"Authorization": f"Bearer {key}"}),
            await client.get(f"{EVENTS}?key={text}"),
        ]
    answers.append(await client.get("/metrics"))
    # The client's own lines have the address that it called.
    log = "\n".join(
        r.getMessage() + str(r.exc_text) for r in caplog.records if not r.name.startswith(("httpx", "httpcore"))
    )
    secrets = {key[17:], key[-20:], wrong[17:], "Canary"}
    for secret in secrets:
        for place in (everything(world), log, server_log(world)):
            assert secret not in place
        assert not [answer for answer in answers if secret in answer.text + str(answer.headers)]
