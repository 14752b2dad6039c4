"""What the endpoints that read the log answer, for `/openapi.json`. The database itself makes the JSON of an event."""

from datetime import datetime
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict

_EVENT: Final = {
    "id": 4711,
    "created_at": "2026-01-05T10:00:00.25+00:00",
    "recorded_at": "2026-01-05T10:00:00.25+00:00",
    "action": "ROW_UPDATED",
    "outcome": "success",
    "user_id": "alice",
    "db_user": "ftms_api",
    "actor_proof": "sealed",
    "entity_type": "FTMS_BOOKING",
    "entity_id": "7",
    "description": "A row was updated.",
    "permission": None,
    "reason": None,
    "ip_address": "192.0.2.7",
    "request_id": "0b5c9f62d1f84e1a9a7d3c2b4e5f6071",
    "transaction_id": "90125",
    "metadata": None,
    "time_source": "database",
}
_CHANGES: Final = {"old": {"seats": 2}, "new": {"seats": 3}}
_DIFF: Final = {"seats": {"old": 2, "new": 3}}
_CURSOR: Final = "AQAAAAAAABJnWl8aG0pPBKk"


def _example(**values: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [values]})


class _Recorded(BaseModel):
    """What every event has; null where it is not known or makes no sense."""

    id: int
    created_at: datetime
    recorded_at: datetime
    action: str
    outcome: Literal["success", "failure", "denied", "attempted"]
    user_id: str | None
    db_user: str
    actor_proof: Literal["sealed", "service", "client", "direct"]
    entity_type: str | None
    entity_id: str | None
    description: str | None
    permission: str | None
    reason: str | None
    ip_address: str | None
    request_id: str | None
    transaction_id: str
    metadata: dict[str, Any] | None
    time_source: Literal["database", "claimed", "clamped"]


class Event(_Recorded):
    """One event. `changes` of a row: `{"old": {column: value}, "new": {column: value}}`, `***` where masked."""

    model_config = _example(**_EVENT, changes=_CHANGES)

    changes: dict[str, Any] | None


class Version(_Recorded):
    """One event in the life of a record. `diff`: `{column: {"old": value, "new": value}}`, `***` where masked."""

    model_config = _example(**_EVENT, diff=_DIFF)

    diff: dict[str, Any] | None


class Proof(BaseModel):
    """Whether the event is sealed: `sealed` under the published checkpoint, or `pending`, for a second or so."""

    model_config = _example(status="sealed", leaf_index=41, checkpoint_size=42, url="/v1/audit/events/4711/proof")

    status: Literal["sealed", "pending"]
    leaf_index: int | None
    checkpoint_size: int | None
    url: str


class ProvenEvent(Event):
    """One event, and what is known of its proof."""

    model_config = _example(
        **_EVENT,
        changes=_CHANGES,
        proof={"status": "sealed", "leaf_index": 41, "checkpoint_size": 42, "url": "/v1/audit/events/4711/proof"},
    )

    proof: Proof


class EventPage(BaseModel):
    """Events, newest first. With `has_more` the same question with `cursor` has those before them.

    A search that finds little may give a page with few events or none, and `has_more`: go on with its cursor.
    """

    model_config = _example(events=[{**_EVENT, "changes": _CHANGES}], has_more=True, cursor=_CURSOR)

    events: list[Event]
    has_more: bool
    cursor: str | None


class HistoryPage(BaseModel):
    """What happened to one record, newest first. With `has_more` the same path with `cursor` has what was before."""

    model_config = _example(events=[{**_EVENT, "diff": _DIFF}], has_more=False, cursor=None)

    events: list[Version]
    has_more: bool
    cursor: str | None


class CoveredTable(BaseModel):
    """One table, and whether and how its changes are captured (audit.v_coverage)."""

    table_name: str
    coverage: str
    entity_type: str | None
    capture: str | None
    excluded_columns: str | None
    masked_columns: str | None
    virtual_columns: str | None
    reason: str | None
    started_at: datetime | None


class Coverage(BaseModel):
    """Every table of the database."""

    model_config = _example(
        tables=[
            {
                "table_name": "ftms.bookings",
                "coverage": "watched",
                "entity_type": "FTMS_BOOKING",
                "capture": "row",
                "excluded_columns": "",
                "masked_columns": "passenger_email",
                "virtual_columns": None,
                "reason": None,
                "started_at": "2026-01-05T09:00:00+00:00",
            }
        ]
    )

    tables: list[CoveredTable]
