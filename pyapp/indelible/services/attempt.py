"""Fail-closed calls: on record as attempted before they begin, and refused if that cannot be."""

from typing import Any

from indelible.codes import ATTEMPTED, SUCCESS
from indelible.context import Attempt, Recorder, current, current_audit
from indelible.errors import AuditUnavailable
from indelible.services.call import NO_RESULT, Call
from indelible.services.event import compose
from indelible.services.outcome import Outcome


async def attempt(call: Call) -> Attempt | None:
    """The attempt of `call`, committed; None if it is no fail-closed one.

    Raises:
        AuditUnavailable: it is not on record, and must not begin.
    """
    if (audit := _required(call)) is None:
        return None
    return _bound(call, await audit.attempt(call.action, **call.event(Outcome(ATTEMPTED), NO_RESULT)))


def attempt_sync(call: Call) -> Attempt | None:
    """The same on a worker thread. A thread that runs an event loop must not wait, so it is refused there."""
    if (audit := _required(call)) is None:
        return None
    return _bound(call, audit.attempt_sync(call.action, **call.event(Outcome(ATTEMPTED), NO_RESULT)))


def _required(call: Call) -> Recorder | None:
    audit = current_audit()
    if audit is None:
        if call.durability == "fail_closed":
            raise AuditUnavailable("No audit service is running.")
        return None
    return audit if (call.durability or audit.settings.durability) == "fail_closed" else None


def _bound(call: Call, made: Attempt) -> Attempt:
    def success() -> tuple[Any, ...]:
        event = compose(call.action, current(), call.event(Outcome(SUCCESS), NO_RESULT))
        return made.log_id, made.intent_id, event.event_id, event.entity_id, event.metadata, event.created_at

    made.success = success
    return made
