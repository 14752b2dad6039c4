"""Rows and parameters of the database as frozen dataclasses."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict


@dataclass(frozen=True, slots=True)
class Event:
    """One event of the audit service, harmless to store; its fields are the parameters of `record_event`, in order.

    `metadata` is the text of a JSON object of at most 64 KiB, `created_at` the claimed time (UTC).
    """

    action: str
    entity_type: str | None
    entity_id: str | None
    description: str | None
    outcome: str
    metadata: str | None
    permission: str | None
    user_id: str | None
    ip_address: str | None
    request_id: str | None
    created_at: datetime
    sealed: str | None


class EventFields(TypedDict, total=False):
    """What a caller may say about an event; each may be left out.

    `outcome` is "success" (the default), "failure" or "denied"; `metadata` a dict of JSON values.
    """

    entity_type: str | None
    entity_id: object
    description: str | None
    outcome: str
    metadata: Any
    permission: str | None
