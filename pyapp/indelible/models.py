"""Rows and parameters of the database as frozen dataclasses."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, TypedDict
from uuid import UUID

Durability = Literal["durable", "fast", "fail_closed"]
"""What recording waits for.

durable: until the event is committed in the database or, while that does not answer, on disk in the spool.
fast: for nothing; the event takes the same way.
fail_closed: until it is committed in the database. An action begins only when its attempt is.
"""


@dataclass(frozen=True, slots=True)
class Event:
    """One event of the audit service, harmless to store; its fields are the columns of `record_batch`, in order.

    `event_id` is what it is recorded under, once. `metadata` is the text of a JSON object of at most 64 KiB,
    `created_at` the claimed time (UTC).
    """

    event_id: UUID
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


class Fate(StrEnum):
    """What has become of an event."""

    STORED = "stored"
    """It is committed in the database."""
    SPOOLED = "spooled"
    """It is on disk in the spool, and will be in the database."""
    PENDING = "pending"
    """It is on its way; nothing is promised."""
    SUMMARISED = "summarised"
    """It will stand in a summary with others like it."""
    REFUSED = "refused"
    """The database will not have it."""
    DROPPED = "dropped"
    """It is on record nowhere but in the process log."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was known of an event when the wait for it ended. `log_id` is its row's, once it is stored."""

    event_id: UUID
    fate: Fate
    log_id: int | None = None

    @property
    def durable(self) -> bool:
        """Whether it is acknowledged: neither a crash of this process nor of the database loses it."""
        return self.fate in (Fate.STORED, Fate.SPOOLED)


class EventFields(TypedDict, total=False):
    """What a caller may say about an event; each may be left out.

    `outcome` is "success" (the default), "failure" or "denied"; `metadata` a dict of JSON values; `durability` that of
    the settings unless given; `intent_id` the fail-closed attempt that this is the outcome of.
    """

    entity_type: str | None
    entity_id: object
    description: str | None
    outcome: str
    metadata: Any
    permission: str | None
    durability: Durability
    intent_id: UUID
