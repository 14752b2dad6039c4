"""What a client is told of each event: a receipt, or the problem for which it was refused."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from starlette.responses import JSONResponse, Response

from indelible.errors import Problem
from indelible.http.problem import problem_document
from indelible.http.submission import Findings, Parsed
from indelible.services.ingest import Verdict


@dataclass(frozen=True, slots=True)
class Refused:
    """How a refusal is told: HTTP status, title, and what is wrong with which fields."""

    status: int
    title: str
    errors: Findings


def _refused(status: int, title: str, field: str, reason: str, message: str) -> tuple[str, Refused]:
    return reason, Refused(status, title, [{"field": field, "reason": reason, "message": message}])


OUT_OF_SCOPE: Final = "Outside of the account's scope"
# The verdicts of audit.ingest() that are refusals.
REFUSALS: Final[Mapping[str, Refused]] = dict(
    (
        _refused(409, "Event id taken", "event_id", "conflict", "Another event is on record under this id"),
        _refused(403, OUT_OF_SCOPE, "action", "action_out_of_scope", "Not an action of this account"),
        _refused(403, OUT_OF_SCOPE, "entity_type", "entity_type_out_of_scope", "Not an entity type of this account"),
        _refused(422, "Unknown action", "action", "unknown_action", "Not in the catalogue of actions"),
        _refused(422, "Action of another origin", "action", "wrong_origin", "Only actions of origin client come in"),
        _refused(422, "Invalid event", "", "invalid_event", "Not an event that can be stored"),
    )
)
INVALID: Final = "invalid_event"


def answer(parsed: Parsed, verdicts: list[Verdict]) -> Response:
    """The answer to a request, given the verdicts on those of its events that were accepted for judgement.

    Raises:
        Problem: an event that came alone was refused.
    """
    outcomes = list(_outcomes(parsed, iter(verdicts)))
    if not parsed.batch:
        return _answer_one(parsed.events[0], outcomes[0])
    results = [_result(event, outcome) for event, outcome in zip(parsed.events, outcomes, strict=True)]
    all_on_record = not any(isinstance(outcome, Refused) for outcome in outcomes)
    return JSONResponse({"results": results}, 200 if all_on_record else 207)


def _outcomes(parsed: Parsed, verdicts: Iterator[Verdict]) -> Iterator[Verdict | Refused]:
    for found in parsed.findings:
        if found:
            yield Refused(422, REFUSALS[INVALID].title, found)
        else:
            verdict = next(verdicts)
            yield REFUSALS.get(verdict.word, verdict)


def _answer_one(event: Any, outcome: Verdict | Refused) -> Response:
    if isinstance(outcome, Refused):
        raise Problem(outcome.status, outcome.title, errors=outcome.errors)
    return JSONResponse(_result(event, outcome), 201 if outcome.word == "stored" else 200)


def _result(event: Any, outcome: Verdict | Refused) -> dict[str, Any]:
    if isinstance(outcome, Verdict):
        return {"event_id": event["event_id"], "status": outcome.word, "id": outcome.log_id}
    problem = problem_document(outcome.status, outcome.title, errors=outcome.errors)
    refused = {"status": "refused", "problem": problem}
    event_id = event.get("event_id") if isinstance(event, dict) else None
    # What is no id is not repeated, and half a character could not be.
    if isinstance(event_id, str) and event_id.isprintable() and 1 <= len(event_id) <= 200:
        return {"event_id": event_id, **refused}
    return refused
