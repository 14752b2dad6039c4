"""What a request with events holds: its events, and what is wrong with each, before the database is asked."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from indelible.errors import Problem
from indelible.http.bodies import parse_json
from indelible.http.findings import findings_of
from indelible.http.incoming import IncomingEvent
from indelible.http.json import harmful_strings
from indelible.services.ingest import LARGEST_BATCH

# Bare, or as the quoted string of structured fields (RFC 9651).
IDEMPOTENCY_KEY: Final = re.compile(r'"([!#-~ ]{1,200})"|([!#-~]{1,200})')
Findings = list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class Parsed:
    """The events of one request (`batch`: it was an array), and for each of them what is wrong, if anything is."""

    batch: bool
    events: list[Any]
    findings: list[Findings]

    @property
    def accepted(self) -> list[Any]:
        """Those with which nothing is wrong, in order."""
        return [event for event, found in zip(self.events, self.findings, strict=True) if not found]


def parse_submission(content: bytes, idempotency_keys: Sequence[str]) -> Parsed:
    """The events in a body, and in the Idempotency-Key headers beside it.

    Raises:
        Problem: 400 if the body is not JSON, 422 for none or too many events, and for a header that does not fit.
    """
    value = parse_json(content)
    batch = isinstance(value, list)
    events = value if batch else [_identified(value, idempotency_keys)]
    if batch and idempotency_keys:
        raise _header_problem("An array has an event_id in each event instead")
    if not 1 <= len(events) <= LARGEST_BATCH:
        finding = {"field": "", "reason": "length", "message": f"An array holds 1 to {LARGEST_BATCH} events"}
        raise Problem(422, "Invalid body", errors=[finding])
    return Parsed(batch, events, [_judge(event) for event in events])


def _identified(event: Any, idempotency_keys: Sequence[str]) -> Any:
    """The only event of a request, under the id that its header gives it."""
    if not idempotency_keys:
        return event
    match = IDEMPOTENCY_KEY.fullmatch(idempotency_keys[0]) if len(idempotency_keys) == 1 else None
    if match is None:
        raise _header_problem("One key of 1 to 200 printable ASCII characters")
    if not isinstance(event, dict):
        return event
    event_id = match[1] or match[2]
    if event.setdefault("event_id", event_id) != event_id:
        raise _header_problem("It is not the event_id of the body")
    return event


def _header_problem(message: str) -> Problem:
    return Problem(
        422, "Invalid header", errors=[{"field": "Idempotency-Key", "reason": "idempotency_key", "message": message}]
    )


def _judge(event: Any) -> Findings:
    """What is wrong with an event, by field and without repeating any of it."""
    if harmful := harmful_strings(event):
        return harmful
    try:
        IncomingEvent.model_validate(event)
    except ValidationError as error:
        return findings_of(error)
    return []
