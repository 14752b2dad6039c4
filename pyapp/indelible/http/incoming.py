"""Events as other applications hand them over, and what they are answered."""

import json
import re
from datetime import datetime
from ipaddress import ip_address
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, RootModel

from indelible.codes import ACTION
from indelible.http.openapi import ProblemDetails

MOMENT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})", re.ASCII
)
MAX_METADATA: Final = 60_000
# What the database knows of an event and no column holds.
RESERVED: Final = frozenset({"claim", "client_request_id", "event_id", "producer", "producer_address"})
EVENT: Final[dict[str, Any]] = {
    "event_id": "0198c0de-7b1a-7c55-9f3e-2f6d1a4b5c6d",
    "action": "FTMS_BOARDING_SCANNED",
    "entity_type": "FTMS_BOOKING",
    "entity_id": "4711",
    "user_id": "gate-3",
    "ip_address": "192.0.2.17",
    "created_at": "2026-01-05T08:23:49.726Z",
    "metadata": {"pier": "OBN"},
}


def _moment(text: str) -> str:
    if not MOMENT.fullmatch(text):
        raise ValueError("A time is like 2026-01-05T08:23:49.726Z")
    datetime.fromisoformat(text)
    return text


def _address(text: str) -> str:
    if "%" in text:
        raise ValueError("An address has no zone")
    return str(ip_address(text))


def _metadata(value: dict[str, Any]) -> dict[str, Any]:
    if not RESERVED.isdisjoint(value):
        raise ValueError("Members of these names are not the client's: " + ", ".join(sorted(RESERVED)))
    if len(json.dumps(value, ensure_ascii=False).encode()) > MAX_METADATA:
        raise ValueError(f"Metadata has at most {MAX_METADATA} bytes")
    return value


class IncomingEvent(BaseModel):
    """One event of another application. Of user, address and time its word is all there is."""

    model_config = ConfigDict(
        extra="forbid", strict=True, hide_input_in_errors=True, json_schema_extra={"examples": [EVENT]}
    )

    event_id: Annotated[str, Field(min_length=1, max_length=200)]
    action: Annotated[str, Field(max_length=100, pattern=f"^{ACTION.pattern}$")]
    entity_type: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    entity_id: Annotated[str, Field(min_length=1, max_length=1000)] | None = None
    description: Annotated[str, Field(min_length=1, max_length=2000)] | None = None
    outcome: Literal["success", "failure", "denied", "attempted"] | None = "success"
    permission: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    user_id: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    ip_address: Annotated[str, AfterValidator(_address)] | None = None
    request_id: Annotated[str, Field(min_length=1, max_length=128)] | None = None
    created_at: Annotated[str, AfterValidator(_moment), Field(json_schema_extra={"format": "date-time"})] | None = None
    metadata: Annotated[dict[str, Any], AfterValidator(_metadata)] | None = None


class Submission(RootModel[IncomingEvent | list[IncomingEvent]]):
    """One event, whose `event_id` may stand in the header Idempotency-Key instead, or 1 to 1000 of them."""

    model_config = ConfigDict(json_schema_extra={"examples": [EVENT, [EVENT]]})


class Receipt(BaseModel):
    """The event is on record as row `id` of the log: since now (stored), or since an earlier call (known)."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"event_id": EVENT["event_id"], "status": "stored", "id": 80221}]}
    )

    event_id: str
    status: Literal["stored", "known"]
    id: int


class Refusal(ProblemDetails):
    """Why an event was refused (RFC 9457), with findings by field."""

    errors: list[dict[str, str]]


class Result(BaseModel):
    """What became of one event of a batch: a receipt, or the problem for which it was refused."""

    event_id: str | None = None
    status: Literal["stored", "known", "refused"]
    id: int | None = None
    problem: Refusal | None = None


class Results(BaseModel):
    """One result for each event, in the order of the request."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "results": [
                        {"event_id": EVENT["event_id"], "status": "stored", "id": 80221},
                        {
                            "event_id": "gate-3/1702",
                            "status": "refused",
                            "problem": {
                                "type": "about:blank",
                                "title": "Action of another origin",
                                "status": 422,
                                "errors": [{"field": "action", "reason": "wrong_origin", "message": "…"}],
                            },
                        },
                    ]
                }
            ]
        }
    )

    results: list[Result]
