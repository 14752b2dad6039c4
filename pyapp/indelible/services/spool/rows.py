"""Rows of the spool's tables, and how it is told that one has been changed since it was written."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)
CHECKSUM_BYTES = 16


def now() -> int:
    """The time of day, in microseconds since 1970; nothing depends on it."""
    return (datetime.now(UTC) - EPOCH) // _TICK


def moment(ticks: object) -> datetime | None:
    """Such a time as a datetime, None for what can be none."""
    try:
        return EPOCH + ticks * _TICK if type(ticks) is int else None
    except OverflowError:
        return None


def checksum(event_id: bytes, payload: bytes, spooled_at: int) -> bytes:
    """What is stored beside these three."""
    digest = hashlib.sha256(b"%s%d:" % (event_id, spooled_at))
    digest.update(payload)
    return digest.digest()[:CHECKSUM_BYTES]


def is_intact(row: Sequence[Any]) -> bool:
    """Whether event_id, payload, spooled_at and checksum, in this order, are as they were written."""
    event_id, payload, spooled_at, kept = row
    if not (type(event_id) is type(payload) is type(kept) is bytes and type(spooled_at) is int):
        return False
    return len(event_id) == 16 and kept == checksum(event_id, payload, spooled_at)


def identified(event_id: object) -> UUID | None:
    """The event's id, None for what can be none."""
    return UUID(bytes=event_id) if isinstance(event_id, bytes) and len(event_id) == 16 else None
