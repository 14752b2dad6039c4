"""What the spool gives back, as frozen dataclasses."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class SpooledEvent:
    """An event that was claimed for the `attempts`-th time; it came into the spool at `spooled_at` (UTC)."""

    event_id: UUID
    payload: bytes
    attempts: int
    spooled_at: datetime


@dataclass(frozen=True, slots=True)
class AsideEvent:
    """An event that is kept and not replayed, and the `reason` why; its id is None if that cannot be read any more."""

    event_id: UUID | None
    reason: str
    attempts: int
    spooled_at: datetime | None
    set_aside_at: datetime | None


@dataclass(frozen=True, slots=True)
class SpoolCounts:
    """How many events wait, are leased to a live process, and are set aside; how many `bytes` of disk all that takes.

    `oldest` is when the first of those that wait or are leased came in, `damaged` the number of files set aside.
    """

    waiting: int
    leased: int
    set_aside: int
    bytes: int
    oldest: datetime | None
    damaged: int


@dataclass(frozen=True, slots=True)
class Damage:
    """Something of the spool could not be read as it was written, and was kept aside.

    `file` is the name of a whole database file, of which `salvaged` events were carried over and `missing` at
    least were not (None: nobody knows); for a single record it is None, and `event_id` tells which, if it can be told.
    """

    reason: str
    file: str | None = None
    salvaged: int | None = None
    missing: int | None = None
    event_id: UUID | None = None
