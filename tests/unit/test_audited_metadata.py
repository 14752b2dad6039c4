"""Nothing of a call is recorded unless named, and whatever is wrong with it breaks nothing."""

from collections.abc import Callable
from typing import Any, NoReturn

import pytest

from indelible import audited
from tests.recorded import ACTION, FAILURE, Failure, Recorded, add, fail


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
    decorate = audited(ACTION, entity_id=lambda result: result, metadata=lambda result: {"total": result})
    assert decorate(add)(1, 2) == 3
    with pytest.raises(Failure):
        decorate(fail)()
    assert recorded.events[0]["metadata"] == {"total": 3}
    assert [event["entity_id"] for event in recorded.events] == ["3", None]
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
