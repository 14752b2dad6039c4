"""Bad input of every kind: a 4xx problem for the client, what must be on record on record, and no secret anywhere."""

import json
import logging
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.http.world import Headers, World, require_problem

BOOKINGS = "/v1/ftms/bookings"
LOGIN = "/v1/auth/login"
JSON = {"Content-Type": "application/json"}
ENDPOINTS = {
    (LOGIN, "POST"): "AUTH_LOGIN_MALFORMED",
    (BOOKINGS, "POST"): "FTMS_BOOKING_CREATED",
    (f"{BOOKINGS}/1", "PATCH"): "FTMS_BOOKING_UPDATED",
    (f"{BOOKINGS}/1/transfer", "POST"): "FTMS_BOOKING_UPDATED",
}
HOSTILE_BODIES = {
    "nothing": (b"", 400),
    "no JSON": (b"{", 400),
    "another encoding": ('{"username": "é"}'.encode("latin-1"), 400),
    "utf-16": ('{"username": "x"}'.encode("utf-16"), 400),
    "a list": (b"[]", 422),
    "a number": (b"1", 422),
    "null": (b"null", 422),
    "not a number": (b'{"seats": NaN}', 400),
    "the same key twice": (b'{"username": "alice", "username": "bob"}', 400),
    "too deep": (b"[" * 5000 + b"]" * 5000, 400),
    "a huge number": (b'{"seats": ' + b"9" * 5000 + b"}", (400, 422)),
    "wrong types": (b'{"username": 1, "password": [], "seats": {}, "route": 2, "departs_at": true}', 422),
    "a NUL": (b'{"username": "a\\u0000b", "password": "x", "route": "\\u0000"}', 422),
    "a raw NUL": (b'{"username": "a\x00b"}', 400),
    "a lone surrogate": (b'{"username": "\\ud800", "password": "\\udfff", "notes": "\\ud800"}', (400, 422)),
    "a line break in a name": (b'{"username": "alice\\r\\nroot", "password": "x", "passenger_name": "a\\nb"}', 422),
    "reordered text": (b'{"username": "\\u202eecila", "password": "x", "passenger_name": "\\u202e"}', 422),
    "unknown fields": (b'{"username": "a", "password": "b", "role": "root", "id": 7, "status": "cancelled"}', 422),
    "too much": (b'{"notes": "' + b"x" * 70_000 + b'"}', 413),
}
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters(), max_size=30),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["username", "password", "seats", "route", "departs_at", "notes", "status"])
            | st.text(max_size=5),
            inner,
            max_size=6,
        )
    ),
    max_leaves=12,
)


@pytest.mark.parametrize("name", HOSTILE_BODIES)
@pytest.mark.parametrize(("path", "method"), ENDPOINTS)
async def test_a_hostile_body_is_a_problem_on_record(
    client: httpx.AsyncClient, world: World, alice: Headers, path: str, method: str, name: str
) -> None:
    """Whatever the body, the answer is a 4xx problem, and the failed action is on record with its user."""
    body, expected = HOSTILE_BODIES[name]
    headers = JSON | ({} if path == LOGIN else alice)
    response = await client.request(method, path, content=body, headers=headers)
    assert response.status_code in (expected if isinstance(expected, tuple) else (expected,)), response.text
    require_problem(response, response.status_code)
    event = await world.late_event(response)
    assert (event["action"], event["outcome"]) == (ENDPOINTS[path, method], "failure")
    assert event["user_id"] == (None if path == LOGIN else "alice")
    assert event["metadata"]["status"] == response.status_code


@pytest.mark.parametrize("media_type", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
async def test_what_is_not_declared_as_json_is_not_read(
    client: httpx.AsyncClient, world: World, media_type: str
) -> None:
    """A form that another site posts is no login: 415."""
    response = await client.post(
        LOGIN, content=b'{"username": "alice", "password": "x"}', headers={"Content-Type": media_type}
    )
    require_problem(response, 415)
    assert (await world.late_event(response))["action"] == "AUTH_LOGIN_MALFORMED"


@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=ANY_JSON, endpoint=st.sampled_from(sorted(ENDPOINTS)))
@example(body={"username": "x" * 200, "password": "\ud800"}, endpoint=(LOGIN, "POST"))
@example(body={"seats": 2**63}, endpoint=(f"{BOOKINGS}/1", "PATCH"))
@example(
    body={"route": "OBN-CST", "departs_at": "9999-12-31T23:59:59-14:00"}, endpoint=(f"{BOOKINGS}/1/transfer", "POST")
)
async def test_no_json_breaks_an_endpoint(
    client: httpx.AsyncClient, alice: Headers, body: Any, endpoint: tuple[str, str]
) -> None:
    """Any JSON value at any endpoint is answered with success or with a 4xx problem, never with a 5xx."""
    path, method = endpoint
    response = await client.request(method, path, content=json.dumps(body).encode(), headers=JSON | alice)
    assert response.status_code < 500, response.text
    if response.status_code >= 400:
        require_problem(response, response.status_code)


@hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=200), endpoint=st.sampled_from(sorted(ENDPOINTS)))
async def test_no_bytes_break_an_endpoint(
    client: httpx.AsyncClient, alice: Headers, body: bytes, endpoint: tuple[str, str]
) -> None:
    """Nor do bytes of any kind."""
    path, method = endpoint
    response = await client.request(method, path, content=body, headers=JSON | alice)
    require_problem(response, response.status_code)
    assert 400 <= response.status_code < 500


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (b"x-request-id", b"abc\r\nSet-Cookie: owned=1"),
        (b"x-request-id", b"x" * 5000),
        (b"x-request-id", b"\xff\xfe\x00"),
        (b"traceparent", b"00-" + b"0" * 32 + b"-" + b"0" * 16 + b"-01"),
        (b"traceparent", b"\r\n" * 500),
        (b"x-forwarded-for", b"1.2.3.4, " * 2000),
        (b"x-forwarded-for", b"fe80::1%eth0"),
        (b"x-forwarded-for", b"'; drop table audit.audit_logs; --"),
        (b"forwarded", b'for="[2001:db8::1%25zone]"'),
        (b"authorization", b"Bearer '; select 1; --"),
        (b"user-agent", b"\x1b[2Jhello\r\n" * 100),
    ],
)
async def test_forged_headers_are_neither_believed_nor_returned(
    client: httpx.AsyncClient, world: World, name: bytes, value: bytes
) -> None:
    """A hostile header changes no answer, and the record has the peer's address and our own request id."""
    body = {"username": "alice", "password": "wrong"}
    headers = [(name, value), (b"content-type", b"application/json")]
    response = await client.post(LOGIN, content=json.dumps(body).encode(), headers=headers)
    require_problem(response, 401)
    assert "set-cookie" not in response.headers
    assert all(character.isprintable() for _, text in response.headers.multi_items() for character in text)
    event = world.one_event(response)
    assert (event["action"], str(event["ip_address"])) == ("AUTH_LOGIN_FAILED", "203.0.113.7")
    assert len(event["request_id"]) == 32


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/v1/ftms/bookings/%00/../1", 404),
        ("GET", "/%ff%fe", 404),
        ("DELETE", BOOKINGS + "/1", 405),
        ("PUT", LOGIN, 405),
        ("BREW", "/livez", 405),
    ],
)
async def test_what_is_no_endpoint_is_a_problem_too(
    client: httpx.AsyncClient, alice: Headers, method: str, path: str, status: int
) -> None:
    """404 and 405 are problem documents like all other refusals."""
    require_problem(await client.request(method, path, headers=alice), status)


async def test_control_characters_are_neutralised_on_record(
    client: httpx.AsyncClient, world: World, alice: Headers
) -> None:
    """An entity id that would forge a log line, clear a terminal or end a string is stored harmless."""
    path = f"{BOOKINGS}/1%0d%0a%1b[2J%00%e2%80%ae/cancel"
    response = await client.post(path, headers=alice)
    require_problem(response, 404)
    entity_id = world.one_event(response)["entity_id"]
    assert entity_id.startswith("1")
    assert entity_id.isprintable()


def everything(world: World) -> str:
    """All columns of all rows of all tables of all schemas, as text."""
    tables = world.admin.execute(
        "select format('%I.%I', nspname, relname) from pg_class join pg_namespace on pg_namespace.oid = relnamespace"
        " where relkind in ('r', 'p', 'm') and nspname not in ('pg_catalog', 'information_schema', 'pg_toast')"
    ).fetchall()
    assert len(tables) > 15
    rows = (world.admin.execute(f"select t::text from {name} as t".encode()).fetchall() for (name,) in tables)
    return "\n".join(str(row) for table in rows for row in table)


def server_log(world: World) -> str:
    """What the server wrote, if it runs on this machine and its log can be read."""
    row = world.admin.execute("show data_directory").fetchone()
    assert row is not None
    places = [Path(row[0]).parent, Path(row[0]), Path(row[0]) / "log"]
    logs = [log for place in places if place.is_dir() for log in place.glob("*.log")]
    return "\n".join(log.read_text(errors="replace") for log in logs)


async def test_a_typed_secret_is_nowhere_afterwards(
    client: httpx.AsyncClient, world: World, alice: Headers, caplog: pytest.LogCaptureFixture
) -> None:
    """Typed as password, as name, in wrong fields, in wrong shapes: no table, log line, metric or answer has it."""
    caplog.set_level(logging.DEBUG)
    canary = "canary-6f1d2c-Zwitschern"
    world.add_user("zoe", canary)
    attempts: list[Any] = [
        {"username": "zoe", "password": canary},
        {"username": "zoe", "password": canary + "!"},
        {"username": canary, "password": "x"},
        {"username": canary.lower(), "password": canary},
        {"username": ["zoe", canary], "password": canary},
        {"username": "zoe", "password": [canary]},
        {"username": "zoe", "password": canary, "again": canary},
        {"username": "zoe\n" + canary, "password": canary + "\x00"},
        {"username": "zoe", "password": canary + "\ud800"},
        {"username": "zoe", "password": canary * 100},
        [canary],
        canary,
    ]
    answers = [await client.post(LOGIN, content=json.dumps(body).encode(), headers=JSON) for body in attempts]
    answers.append(await client.post(LOGIN, content=f'{{"password": "{canary}"'.encode(), headers=JSON))
    answers.append(await client.post(BOOKINGS, json={"password": canary, "seats": canary}, headers=alice))
    answers.append(await client.get("/v1/auth/me", headers={"Authorization": f"Bearer {canary}"}))
    answers.append(await client.get("/metrics"))
    token = answers[0].json()["token"]
    assert [answer.status_code for answer in answers[:4]] == [200, 401, 401, 401]
    assert all(400 <= answer.status_code < 500 for answer in answers[4:-1])
    for secret in (canary, canary.lower(), canary.encode().hex()):
        assert secret not in everything(world)
        assert secret not in caplog.text
        assert secret not in server_log(world)
        assert not [answer for answer in answers if secret in answer.text + str(answer.headers)]
    for secret in (token, token.encode().hex()):
        assert secret not in everything(world) + caplog.text + server_log(world)
