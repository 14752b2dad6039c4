"""`@audited` records every call once, and changes nothing about it."""

import asyncio
import functools
import inspect
import json
import logging
import traceback
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import suppress
from typing import Any, NoReturn, Unpack
from uuid import UUID

import anyio
import pytest
from anyio.to_thread import run_sync
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from indelible import Settings, audited, set_entity
from indelible.context import RequestContext, bind, bind_audit
from indelible.errors import PermissionDenied
from indelible.models import EventFields

ACTION = "TEST_THING_DONE"


class Recorded:
    """An audit service that keeps what it is given, and by which door it came."""

    settings = Settings()
    database = sync_database = None

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def _keep(self, door: str, action: str, fields: EventFields) -> int:
        self.events.append({"door": door, "action": action, **fields})
        return len(self.events)

    async def record(self, action: str, **fields: Unpack[EventFields]) -> int | None:
        await asyncio.sleep(0)
        return self._keep("record", action, fields)

    def record_sync(self, action: str, **fields: Unpack[EventFields]) -> int | None:
        return self._keep("record_sync", action, fields)

    def record_soon(self, action: str, **fields: Unpack[EventFields]) -> None:
        self._keep("record_soon", action, fields)

    @property
    def only(self) -> dict[str, Any]:
        (event,) = self.events
        return event


@pytest.fixture
def recorded() -> Iterator[Recorded]:
    audit = Recorded()
    before = bind_audit(audit)
    yield audit
    bind_audit(before)


@pytest.fixture
def request_with_id(recorded: Recorded) -> Iterator[Request]:
    scope = {"type": "http", "method": "GET", "headers": [], "path_params": {"id": 42}}
    with bind(RequestContext("0" * 32, user_id="alice", audit=recorded, scope=scope)):
        yield Request(scope)


class Adder:
    """A callable object."""

    def __call__(self, a: int, b: int = 1) -> int:
        return a + b


class AsyncAdder:
    """An object whose __call__ is async."""

    async def __call__(self, a: int, b: int = 1) -> int:
        return a + b


def add(a: int, b: int = 1) -> int:
    """Add."""
    return a + b


async def add_async(a: int, b: int = 1) -> int:
    """Add, some time."""
    await asyncio.sleep(0)
    return a + b


class Holder:
    """Methods of every kind, decorated from both sides of their own decorators."""

    @audited(ACTION)
    def method(self, a: int, b: int = 1) -> int:
        return a + b

    @audited(ACTION)
    @staticmethod
    def outside_static(a: int, b: int = 1) -> int:
        return a + b

    @staticmethod
    @audited(ACTION)
    def inside_static(a: int, b: int = 1) -> int:
        return a + b

    @audited(ACTION)
    @classmethod
    def outside_class(cls, a: int, b: int = 1) -> int:
        return a + b


SYNC: list[Callable[..., Any]] = [
    audited(ACTION)(add),
    audited(ACTION)(functools.partial(add, b=1)),
    audited(ACTION)(Adder()),
    Holder().method,
    Holder.outside_static,
    Holder.inside_static,
    Holder.outside_class,
]
ASYNC: list[Callable[..., Any]] = [
    audited(ACTION)(add_async),
    audited(ACTION)(functools.partial(add_async, b=1)),
    audited(ACTION)(functools.partial(functools.partial(add_async), b=1)),
    audited(ACTION)(AsyncAdder()),
    audited(ACTION)(lambda a: add_async(a)),  # noqa: PLW0108  # a sync function that returns a coroutine
]


@pytest.mark.parametrize("function", SYNC, ids=range(len(SYNC)))
def test_sync_callables_of_every_kind_are_recorded(recorded: Recorded, function: Callable[..., Any]) -> None:
    """The result is the function's own, and one success is on record."""
    assert function(2) == 3
    assert not inspect.iscoroutinefunction(function)
    assert recorded.only["outcome"] == "success"
    assert recorded.only["door"] == "record_sync"


@pytest.mark.parametrize("function", ASYNC, ids=range(len(ASYNC)))
async def test_async_callables_of_every_kind_are_recorded(recorded: Recorded, function: Callable[..., Any]) -> None:
    """The event is written when the call has ended, not when its coroutine was made."""
    call = function(2)
    assert recorded.events == []
    assert await call == 3
    assert recorded.only["outcome"] == "success"
    assert recorded.only["door"] == "record"


def test_the_signature_and_the_kind_are_kept() -> None:
    """Frameworks look at names, signatures, docstrings and at whether a function is async."""
    for function, wrapped in ((add, SYNC[0]), (add_async, ASYNC[0])):
        assert inspect.signature(wrapped) == inspect.signature(function)
        assert (wrapped.__name__, wrapped.__doc__) == (function.__name__, function.__doc__)
        assert inspect.iscoroutinefunction(wrapped) is inspect.iscoroutinefunction(function)
    assert [function.__name__ for function in ASYNC[1:4]] == ["add_async", "add_async", "AsyncAdder"]
    assert inspect.iscoroutinefunction(ASYNC[1])
    assert inspect.iscoroutinefunction(ASYNC[3])


def generator() -> Iterator[int]:
    yield 1


async def async_generator() -> AsyncIterator[int]:
    yield 1


@pytest.mark.parametrize("function", [generator, async_generator, functools.partial(generator)], ids=range(3))
def test_generators_are_refused(function: Callable[..., Any]) -> None:
    """Nobody can tell when a generator has ended."""
    with pytest.raises(TypeError, match="generator"):
        audited(ACTION)(function)


@pytest.mark.parametrize("thing", [Holder, 42, "x"])
def test_what_is_no_function_is_refused(thing: Any) -> None:
    """A class is recorded by its methods."""
    with pytest.raises(TypeError):
        audited(ACTION)(thing)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"action": "lower_case"}, ValueError),
        ({"action": "SINGLE"}, ValueError),
        ({"action": "A_B\n"}, ValueError),
        ({"entity_id": "id"}, ValueError),
        ({"entity_id": "arg:"}, ValueError),
        ({"entity_id": "arg:c"}, ValueError),
        ({"entity_id": 7}, TypeError),
        ({"metadata": ("a", "c")}, ValueError),
        ({"metadata": "a"}, TypeError),
    ],
    ids=range(9),
)
def test_mistakes_are_found_at_decoration(arguments: dict[str, Any], error: type[Exception]) -> None:
    """A malformed action or an argument that does not exist never reaches production."""
    with pytest.raises(error):
        audited(**{"action": ACTION, **arguments})(add)


class Failure(Exception):
    """What business code raises."""


FAILURE = Failure("the message may hold a secret")


def fail() -> None:
    raise FAILURE


def test_the_exact_exception_passes_through(recorded: Recorded) -> None:
    """The same object with its own traceback and no context of ours; only its class is on record."""
    with pytest.raises(Failure) as caught:
        audited(ACTION)(fail)()
    assert caught.value is FAILURE
    assert caught.value.__context__ is caught.value.__cause__ is None
    assert traceback.extract_tb(caught.value.__traceback__)[-1].name == "fail"
    assert recorded.only["outcome"] == "failure"
    assert recorded.only["metadata"] == {"reason": "exception", "exception": "Failure"}
    assert "secret" not in json.dumps(recorded.only)


async def test_the_exact_exception_passes_through_async(recorded: Recorded) -> None:
    """The same for coroutines."""

    async def fail_async() -> None:
        fail()

    with pytest.raises(Failure) as caught:
        await audited(ACTION)(fail_async)()
    assert caught.value is FAILURE
    assert caught.value.__context__ is None
    assert recorded.only["metadata"] == {"reason": "exception", "exception": "Failure"}


def status_result(status: int) -> Response:
    return JSONResponse({}, status)


def status_error(status: int) -> Response:
    raise HTTPException(status)


@pytest.mark.parametrize("make", [status_result, status_error])
@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, "success"),
        (303, "success"),
        (400, "failure"),
        (401, "denied"),
        (403, "denied"),
        (409, "failure"),
        (503, "failure"),
    ],
)
def test_the_status_decides(recorded: Recorded, make: Callable[[int], Response], status: int, outcome: str) -> None:
    """A response or HTTPException from 400 on is a failure, 401 and 403 a denial."""
    with suppress(HTTPException):
        audited(ACTION)(make)(status)
    assert recorded.only["outcome"] == outcome
    assert recorded.only["metadata"] == ({} if status < 400 else {"reason": "status", "status": status})


def test_a_denial_of_our_own_is_a_denial(recorded: Recorded) -> None:
    """PermissionDenied is judged by its status like any other."""

    @audited(ACTION)
    def refuse() -> None:
        raise PermissionDenied

    with pytest.raises(PermissionDenied):
        refuse()
    assert recorded.only["outcome"] == "denied"


async def test_cancellation_is_a_failure_and_passes_through(recorded: Recorded) -> None:
    """A cancelled call is on record without holding the cancellation up."""
    started = asyncio.Event()

    @audited(ACTION)
    async def wait() -> None:
        started.set()
        await asyncio.sleep(60)

    task = asyncio.create_task(wait())
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert recorded.only["metadata"] == {"reason": "cancelled"}
    assert recorded.only["outcome"] == "failure"
    assert recorded.only["door"] == "record_soon"


async def test_a_cancelled_scope_is_recorded_too(recorded: Recorded) -> None:
    """anyio cancels at every await: recording must not need one."""

    @audited(ACTION)
    async def wait() -> None:
        await anyio.sleep(60)

    with anyio.move_on_after(0.01) as scope:
        await wait()
    assert scope.cancelled_caught
    assert recorded.only["metadata"] == {"reason": "cancelled"}


def test_a_coroutine_that_is_closed_is_recorded(recorded: Recorded) -> None:
    """A coroutine that nobody finishes is closed by the garbage collector, where nothing may be awaited."""

    call = audited(ACTION)(Suspended().wait)()
    call.send(None)
    call.close()
    assert recorded.only["metadata"] == {"reason": "cancelled"}
    assert recorded.only["door"] == "record_soon"


class Suspended:
    """Suspends without an event loop."""

    def __await__(self) -> Generator[None, None, None]:
        yield

    async def wait(self) -> None:
        await self


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
    audited(ACTION, entity_id="path:id")(lambda _request: None)(request_with_id)
    audited(ACTION, entity_id="path:id")(lambda: None)()
    audited(ACTION, entity_id="path:other")(lambda: None)()
    assert [event["entity_id"] for event in recorded.events] == ["42", "42", None]


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


def test_nothing_is_recorded_of_arguments_unless_named(recorded: Recorded) -> None:
    """Only the named arguments, with defaults; a secret among the others stays where it is."""

    @audited(ACTION, metadata=("seats", "colour"))
    def book(password: str, seats: int, colour: str = "red") -> None:
        return None

    book("hunter2", 4)
    assert recorded.only["metadata"] == {"seats": 4, "colour": "red"}
    assert "hunter2" not in repr(recorded.only)


def test_metadata_from_the_result(recorded: Recorded) -> None:
    """A callable over the result; on failure there is no result to ask."""
    decorate = audited(ACTION, metadata=lambda result: {"total": result})
    assert decorate(add)(1, 2) == 3
    with pytest.raises(Failure):
        decorate(fail)()
    assert recorded.events[0]["metadata"] == {"total": 3}
    assert recorded.events[1]["metadata"] == {"reason": "exception", "exception": "Failure"}


def test_the_reason_wins_over_declared_metadata(recorded: Recorded) -> None:
    """An argument called reason cannot hide why a call failed."""

    @audited(ACTION, metadata=("reason",))
    def run(reason: str) -> None:
        raise FAILURE

    with pytest.raises(Failure):
        run("because")
    assert recorded.only["metadata"]["reason"] == "exception"


def crash(_result: Any) -> NoReturn:
    raise ZeroDivisionError


@pytest.mark.parametrize(
    "broken",
    [lambda result: result["id"], lambda _: object(), lambda _: [1], crash],
    ids=range(4),
)
def test_a_crashing_callable_breaks_nothing(recorded: Recorded, broken: Callable[[Any], Any]) -> None:
    """The call succeeds, and the event says by class what went wrong about it."""
    assert audited(ACTION, entity_id=broken, metadata=crash)(add)(1) == 2
    event = recorded.only
    assert event["outcome"] == "success"
    assert event["entity_id"] is None
    assert event["metadata"]["entity_id_error"] in ("TypeError", "ZeroDivisionError")
    assert event["metadata"]["metadata_error"] == "ZeroDivisionError"


def test_wrong_arguments_are_a_failure_of_the_call(recorded: Recorded) -> None:
    """The call's own TypeError passes through, recorded like any other."""
    with pytest.raises(TypeError, match="unexpected keyword"):
        audited(ACTION, entity_id="arg:a")(add)(1, c=2)  # type: ignore[call-arg]
    assert recorded.only["metadata"]["exception"] == "TypeError"


def test_without_an_audit_service_the_loss_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Outside of any request and any `with Audit()` the call works, and a log line says what is not on record."""
    with caplog.at_level(logging.ERROR, "indelible.audit"):
        assert audited(ACTION, metadata=("a",))(add)(4711) == 4712
    (line,) = [json.loads(record.message) for record in caplog.records]
    assert (line["reason"], line["action"], line["outcome"]) == ("no_audit_service", ACTION, "success")
    assert "4711" not in caplog.text
