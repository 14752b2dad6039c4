"""What a decorated function says about durability reaches the service, and fail-closed ones ask it first."""

import asyncio

import pytest

from indelible import AuditUnavailable, Settings, audited
from indelible.context import open_attempts
from indelible.services.event import compose
from indelible.services.outage import LONGEST_PAUSE, SHORTEST_PAUSE, Outage
from tests.recorded import ACTION, Failure, Recorded, add, fail


def test_only_known_words_are_taken() -> None:
    """A typo is told at decoration, not at the first outage."""
    with pytest.raises(ValueError, match="durable, fast, fail_closed"):
        audited(ACTION, durability="fail-closed")  # type: ignore[arg-type]


def test_the_word_goes_along(recorded: Recorded) -> None:
    """The service decides what to wait for; without a word it is the settings' default."""
    audited(ACTION, durability="fast")(add)(1)
    audited(ACTION)(add)(1)
    fast, plain = recorded.events
    assert fast["durability"] == "fast"
    assert "durability" not in plain
    assert Settings().durability == "durable"


async def test_a_fail_closed_call_is_attempted_first(recorded: Recorded) -> None:
    """The attempt comes before the action, knows what can be known, and its outcome names it."""
    seen: list[int] = []

    @audited(ACTION, entity_id="arg:number", metadata=("number",), durability="fail_closed")
    async def work(number: int) -> None:
        seen.append(len(recorded.events))
        assert len(open_attempts()) == 1
        await asyncio.sleep(0)
        fail()

    with pytest.raises(Failure):
        await work(7)
    assert seen == [1] and open_attempts() == ()
    attempted, failure = recorded.events
    assert (attempted["door"], attempted["outcome"], failure["outcome"]) == ("attempt", "attempted", "failure")
    assert attempted["entity_id"] == failure["entity_id"] == "7"
    assert (attempted["metadata"], failure["durability"]) == ({"number": 7}, "durable")
    assert failure["intent_id"] and "intent_id" not in attempted


def test_without_a_service_a_fail_closed_call_does_not_begin() -> None:
    """Any other one does, and its loss is told."""
    with pytest.raises(AuditUnavailable):
        audited(ACTION, durability="fail_closed")(fail)()


def test_pauses_grow_and_begin_anew() -> None:
    """An outage is asked about less and less often, never all at once, and the next one often again."""
    outage, event = Outage(), compose(ACTION, None, {})
    outage.begin(event)
    outage.begin(compose(ACTION, None, {}))
    assert outage.probe is event
    pauses = [outage.next_pause() for _ in range(20)]
    assert pauses[0] <= SHORTEST_PAUSE and LONGEST_PAUSE / 2 <= pauses[-1] <= LONGEST_PAUSE
    outage.end()
    assert outage.next_pause() <= SHORTEST_PAUSE
