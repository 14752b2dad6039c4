"""Bodies are refused for the right reason, and no refusal repeats what was sent."""

import json
from collections.abc import AsyncGenerator
from typing import Annotated, Any, Literal
from uuid import UUID

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AwareDatetime, BaseModel, ConfigDict, Discriminator, Field, ValidationError, field_validator
from starlette.requests import Request

from indelible import Settings, parse_body
from indelible.errors import Problem
from indelible.http import bodies

LIMIT = Settings.model_fields["max_body"].default


class Circle(BaseModel):
    kind: Literal["circle"]


class Square(BaseModel):
    kind: Literal["square"]


class Booking(BaseModel):
    """Something to book."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(max_length=50)
    seats: int = Field(ge=1)
    at: AwareDatetime | None = None
    ref: UUID | None = None
    tags: list[str] = []
    shape: Annotated[Circle | Square, Discriminator("kind")] | None = None

    @field_validator("name")
    @classmethod
    def _not_rude(cls, name: str) -> str:
        if "rude" in name:
            raise ValueError(f"{name} is rude")
        return name


async def parse(content: bytes, *headers: tuple[str, str], chunks: int = 1) -> Booking:
    pieces = [
        content[n::1][: max(1, len(content) // chunks)] for n in range(0, len(content), max(1, len(content) // chunks))
    ]
    messages = iter(
        [*({"type": "http.request", "body": piece, "more_body": True} for piece in pieces), {"type": "http.request"}]
    )

    async def receive() -> Any:
        return next(messages)

    raw = [
        (name.encode(), value.encode("latin-1")) for name, value in headers or [("content-type", "application/json")]
    ]
    return await parse_body(Request({"type": "http", "method": "POST", "headers": raw}, receive), Booking)


async def refused(content: bytes, *headers: tuple[str, str], chunks: int = 1) -> Problem:
    with pytest.raises(Problem) as caught:
        await parse(content, *headers, chunks=chunks)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None or not isinstance(caught.value.__context__, ValidationError)
    return caught.value


GOOD = {"name": "Zoë", "seats": 2, "at": "2026-01-02T03:04:05Z", "ref": "00000000-0000-0000-0000-000000000001"}


@pytest.mark.parametrize("chunks", [1, 7, 1000])
@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=UTF-8",
        'Application/JSON;charset="utf-8"',
        "application/vnd.x+json",
    ],
)
async def test_a_good_body_is_a_model(content_type: str, chunks: int) -> None:
    """However it is cut into pieces; times and ids are read from their JSON form."""
    booking = await parse(json.dumps(GOOD).encode(), ("content-type", content_type), chunks=chunks)
    assert (booking.name, booking.seats) == ("Zoë", 2)
    assert booking.at is not None
    assert booking.ref == UUID(int=1)


@pytest.mark.parametrize(
    "headers",
    [
        [("accept", "*/*")],
        [("content-type", "text/plain")],
        [("content-type", "application/x-www-form-urlencoded")],
        [("content-type", "application/json; charset=latin-1")],
        [("content-type", "application/json"), ("content-type", "text/plain")],
        [("content-type", "application/json"), ("content-encoding", "gzip")],
    ],
    ids=range(6),
)
async def test_other_media_types_are_415(headers: list[tuple[str, str]]) -> None:
    """Not declared as JSON in UTF-8, declared twice, or compressed."""
    assert (await refused(b"{}", *headers)).status_code == 415


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"nul", b"{} {}", b"\xff\xfe", b"\xef\xbb\xbf{}", b'{"name": "\xed\xa0\x80"}', b"[NaN]",
        b"[-Infinity]", b"[1e999]", b"[" + b"9" * 5000 + b"]", b'{"a": 1, "a": 2}', b'{"x": {"\\u0061": 1, "a": 2}}',
        b"[" * 33 + b"]" * 33, b"[" * 30_000, b'{"a":' * 5000, b'{"name": "a\nb"}', b"'single'", b"{'a': 1}", b"[1,]",
    ],
    ids=range(20),
)  # fmt: skip
async def test_what_is_not_json_is_400(content: bytes) -> None:
    """Bad UTF-8, bad syntax, duplicate keys, NaN and infinities, numbers and nesting without bounds."""
    problem = await refused(content)
    assert problem.status_code == 400
    assert problem.detail


@pytest.mark.parametrize("declared", [None, "10", str(LIMIT + 1), "9" * 30])
async def test_bodies_over_the_limit_are_413(declared: str | None) -> None:
    """By their declared length, and while they arrive, whatever was declared."""
    headers = [("content-type", "application/json"), *([("content-length", declared)] if declared else [])]
    assert (await refused(b" " * (LIMIT + 1), *headers, chunks=10)).status_code == 413


async def test_a_body_declared_too_large_is_not_read_at_all() -> None:
    """Its length is enough to refuse it."""

    async def receive() -> Any:
        raise AssertionError

    headers = [(b"content-type", b"application/json"), (b"content-length", str(LIMIT + 1).encode())]
    with pytest.raises(Problem) as caught:
        await parse_body(Request({"type": "http", "method": "POST", "headers": headers}, receive), Booking)
    assert caught.value.status_code == 413


async def test_a_body_over_the_limit_is_not_read_to_its_end() -> None:
    """An endless body ends with the refusal."""

    async def endless() -> AsyncGenerator[dict[str, Any], None]:
        while True:
            yield {"type": "http.request", "body": b"x" * 1000, "more_body": True}

    stream = endless()
    request = Request(
        {"type": "http", "method": "POST", "headers": [(b"content-type", b"application/json")]}, stream.__anext__
    )
    with pytest.raises(Problem) as caught:
        await parse_body(request, Booking)
    assert caught.value.status_code == 413
    await stream.aclose()


async def test_a_body_that_does_not_arrive_is_408(monkeypatch: pytest.MonkeyPatch) -> None:
    """One byte and then nothing, or a byte now and then: after a bounded time the connection is given up."""
    monkeypatch.setattr(bodies, "READ_SECONDS", 0.05)

    async def nothing() -> AsyncGenerator[dict[str, Any], None]:
        yield {"type": "http.request", "body": b"{", "more_body": True}
        await anyio.sleep_forever()

    async def drops() -> AsyncGenerator[dict[str, Any], None]:
        while True:
            await anyio.sleep(0.01)
            yield {"type": "http.request", "body": b" ", "more_body": True}

    for stream in (nothing(), drops()):
        request = Request(
            {"type": "http", "method": "POST", "headers": [(b"content-type", b"application/json")]}, stream.__anext__
        )
        with anyio.fail_after(10), pytest.raises(Problem) as caught:
            await parse_body(request, Booking)
        assert (caught.value.status_code, caught.value.headers["Connection"]) == (408, "close")
        await stream.aclose()


async def test_a_body_of_exactly_the_limit_is_read() -> None:
    """The limit itself is allowed."""
    content = json.dumps(GOOD).encode()
    assert (await parse(content.ljust(LIMIT))).seats == 2


@pytest.mark.parametrize(
    ("change", "field", "reason"),
    [
        ({"seats": "2"}, "seats", "int_type"),
        ({"seats": True}, "seats", "int_type"),
        ({"seats": 1.5}, "seats", "int_type"),
        ({"seats": 0}, "seats", "greater_than_equal"),
        ({"name": 7}, "name", "string_type"),
        ({"name": None}, "name", "string_type"),
        ({"name": "x" * 51}, "name", "string_too_long"),
        ({"at": 12}, "at", "datetime_type"),
        ({"at": "2026-01-02T03:04:05"}, "at", "timezone_aware"),
        ({"extra": 1}, "extra", "extra_forbidden"),
        ({"tags": ["a", 1]}, "tags.1", "string_type"),
        ({"name": "a\0b"}, "name", "control_character"),
        ({"name": "a\nb"}, "name", "control_character"),
        ({"name": "a\ud800"}, "name", "control_character"),
        ({"tags": ["ok", "\x7f"]}, "tags.1", "control_character"),
        ({"bad\0key": 1}, "bad\ufffdkey", "control_character"),
    ],
    ids=range(16),
)
async def test_what_does_not_fit_is_422_by_field(change: dict[str, Any], field: str, reason: str) -> None:
    """Strictly by type, without control characters, and each finding names its field and reason."""
    problem = await refused(json.dumps({**GOOD, **change}).encode())
    assert problem.status_code == 422
    assert [(error["field"], error["reason"]) for error in problem.errors] == [(field, reason)]


@pytest.mark.parametrize("content", [b"[]", b"7", b'"x"', b"null"])
async def test_a_body_that_is_no_object_is_422(content: bytes) -> None:
    """JSON, but not what was asked for."""
    problem = await refused(content)
    assert (problem.status_code, problem.errors[0]["reason"]) == (422, "model_type")


@given(st.text("abcdefghijklmnopqrstuvwxyz", min_size=12, max_size=30))
def test_no_value_is_repeated(secret: str) -> None:
    """Neither findings nor detail hold what was sent: not in a validator's own words, a tag, a time or bad syntax."""
    bodies = [
        {"name": f"rude {secret}", "seats": 1},
        {"name": secret, "seats": secret, "at": secret, "ref": secret},
        {"name": "x", "seats": 1, "shape": {"kind": secret}},
        {"seats": 1, "tags": {secret: secret}},
    ]
    for content in [*(json.dumps(body).encode() for body in bodies), f'{{"name": {secret}'.encode()]:
        problem = anyio.run(refused, content)
        assert secret not in repr((problem.title, problem.detail, problem.errors, problem.args))


async def test_findings_have_an_end() -> None:
    """A thousand mistakes are answered with the first twenty, and long names are cut."""
    problem = await refused(json.dumps({**GOOD, **{f"{n}{'x' * 100}": 1 for n in range(200)}}).encode())
    assert len(problem.errors) == 20
    assert all(len(error["field"]) <= 64 for error in problem.errors)
    problem = await refused(json.dumps({**GOOD, "tags": ["\0"] * 200}).encode())
    assert len(problem.errors) == 20
