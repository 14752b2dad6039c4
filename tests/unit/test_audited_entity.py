"""The entity of a call: from its result, its arguments, the path, or what the call itself says."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from anyio.to_thread import run_sync
from starlette.requests import Request

from indelible import audited, set_entity
from tests.recorded import ACTION, FAILURE, Failure, Recorded

ENTITIES: list[tuple[Any, str | None]] = [
    (7, "7"),
    ("B-1", "B-1"),
    (UUID(int=5), "00000000-0000-0000-0000-000000000005"),
    ({"ship": "x", "day": 2}, '{"day": 2, "ship": "x"}'),
    (None, None),
]


@pytest.mark.parametrize(("key", "entity"), ENTITIES, ids=range(len(ENTITIES)))
def test_entity_from_the_result(recorded: Recorded, key: Any, entity: str | None) -> None:
    """A key of one column is its text, one of several a JSON object by column name."""
    audited(ACTION, entity_type="THING", entity_id=lambda result: result["id"])(lambda: {"id": key})()
    assert recorded.only["entity_id"] == entity
    assert recorded.only["entity_type"] == "THING"


def test_entity_from_an_argument_also_on_failure(recorded: Recorded) -> None:
    """arg:NAME finds positional, keyword and default arguments, and needs no result."""

    @audited(ACTION, entity_id="arg:b")
    def divide(a: int, b: int = 3, **rest: int) -> float:
        return a / b

    divide(1, 2)
    divide(a=1, b=5)
    divide(1)
    with pytest.raises(ZeroDivisionError):
        divide(1, 0)
    assert [event["entity_id"] for event in recorded.events] == ["2", "5", "3", "0"]


def test_entity_from_the_path(recorded: Recorded, request_with_id: Request) -> None:
    """path:NAME asks the request among the arguments, and the current request for a plain function."""
    other = Request({**request_with_id.scope, "path_params": {"id": 43}})
    audited(ACTION, entity_id="path:id")(lambda _request: None)(other)
    audited(ACTION, entity_id="path:id")(lambda request: None)(request=other)  # noqa: ARG005
    audited(ACTION, entity_id="path:id")(lambda: None)()
    audited(ACTION, entity_id="path:other")(lambda: None)()
    assert [event["entity_id"] for event in recorded.events] == ["43", "43", "42", None]


def test_set_entity_wins(recorded: Recorded) -> None:
    """What the call itself says is the entity, also if it then fails."""

    @audited(ACTION, entity_id="arg:a")
    def run(a: int, *, broken: bool) -> None:
        set_entity(99)
        if broken:
            raise FAILURE

    run(1, broken=False)
    with pytest.raises(Failure):
        run(1, broken=True)
    assert [event["entity_id"] for event in recorded.events] == ["99", "99"]


def test_nested_calls_keep_their_entities_apart(recorded: Recorded) -> None:
    """set_entity names the innermost call's entity; afterwards the outer call is current again."""

    @audited("TEST_INNER_DONE")
    def inner() -> None:
        set_entity("inner")

    @audited("TEST_SILENT_DONE")
    def silent() -> None:
        return None

    @audited("TEST_OUTER_DONE")
    def outer() -> None:
        set_entity("early")
        inner()
        silent()
        set_entity("outer")

    outer()
    set_entity("nobody's")
    assert {event["action"]: event["entity_id"] for event in recorded.events} == {
        "TEST_INNER_DONE": "inner",
        "TEST_SILENT_DONE": None,
        "TEST_OUTER_DONE": "outer",
    }


async def test_concurrent_calls_keep_their_entities_apart(recorded: Recorded) -> None:
    """Interleaved tasks and worker threads do not see each other's entity."""

    @audited(ACTION, metadata=("name",))
    async def run(name: str) -> None:
        await asyncio.sleep(0)
        set_entity(name)
        await asyncio.sleep(0)

    @audited(ACTION, metadata=("name",))
    def run_in_thread(name: str) -> None:
        set_entity(name)

    names = [str(number) for number in range(20)]
    await asyncio.gather(*(run(name) for name in names), *(run_sync(run_in_thread, f"t{name}") for name in names))
    assert len(recorded.events) == 40
    assert all(event["entity_id"] == event["metadata"]["name"] for event in recorded.events)
