"""`@audited` takes every kind of callable, keeps what it is, and finds mistakes at decoration."""

import asyncio
import functools
import inspect
import json
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from indelible import audited
from tests.recorded import ACTION, Recorded, add


class Adder:
    """A callable object."""

    def __call__(self, a: int, b: int = 1) -> int:
        return a + b


class AsyncAdder:
    """An object whose __call__ is async."""

    async def __call__(self, a: int, b: int = 1) -> int:
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


def test_without_an_audit_service_the_loss_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Outside of any request and any `with Audit()` the call works, and a log line says what is not on record."""
    with caplog.at_level(logging.ERROR, "indelible.audit"):
        assert audited(ACTION, metadata=("a",))(add)(4711) == 4712
    (line,) = [json.loads(record.message) for record in caplog.records]
    assert (line["reason"], line["action"], line["outcome"]) == ("no_audit_service", ACTION, "success")
    assert "4711" not in caplog.text
