"""How far a log is sealed, and so which rows must have a leaf."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Self

import psycopg

from indelible.queries import QUERIES
from indelible.services.verify.rows import Row

MINUTE_MICROSECONDS = 60_000_000
# How far a server's clock may be set back without an alarm.
CLOCK_MICROSECONDS = 5 * MINUTE_MICROSECONDS
LATEST = 2**63


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Which transactions had finished at a moment."""

    xmin: int
    xmax: int
    in_progress: frozenset[int]

    @classmethod
    def parse(cls, text: str) -> Self:
        """From PostgreSQL's text `xmin:xmax:xip,…`."""
        xmin, xmax, rest = text.split(":")
        return cls(int(xmin), int(xmax), frozenset(int(xid) for xid in rest.split(",") if xid))

    def saw(self, xid: int) -> bool:
        """Whether the transaction had ended by then."""
        return xid < self.xmin or (xid < self.xmax and xid not in self.in_progress)


@dataclass(frozen=True, slots=True)
class Position:
    """How far a log is sealed.

    Rows up to `last_id` are of former epochs, and leaves up to `former_after_id`, or all where that is None. Of later
    rows those are leaves whose transactions `sealed` saw; `now` is the moment of the verification. `moments` are
    batches of this epoch, a minute apart: from which transaction on none had begun yet, and when that was.
    """

    tree_size: int
    sealed: Snapshot
    last_id: int
    former_after_id: int | None
    now: Snapshot
    moments: tuple[tuple[int, int], ...] = ()

    @classmethod
    def read(cls, connection: psycopg.Connection[Any]) -> Self | None:
        """From the database; None where no sealer ever began."""
        row = connection.execute(QUERIES["raw_position"].encode()).fetchone()
        if row is None:
            return None
        size, sealed, last_id, former_after_id, now = row
        batches = connection.execute(QUERIES["raw_batches"].encode()).fetchall()
        moments = _apart((Snapshot.parse(snapshot).xmax, sealed_at) for snapshot, sealed_at in batches)
        return cls(size, Snapshot.parse(sealed), last_id, former_after_id, Snapshot.parse(now), tuple(moments))

    def must_be_sealed(self, row: Row) -> bool:
        """Whether the row should have been taken into the log by now."""
        if row.id <= self.last_id:
            return self.former_after_id is None or row.id <= self.former_after_id
        return self.sealed.saw(row.xid)

    def is_impossible(self, row: Row) -> bool:
        """Whether we see the row although its transaction is none that has ended: its number was made up."""
        return row.id > self.last_id and not self.now.saw(row.xid)

    def is_backdated(self, row: Row) -> bool:
        """Whether the row says it was recorded before a batch after which its transaction began."""
        if row.id <= self.last_id or not row.content:
            return False
        place = bisect_right(self.moments, (row.xid, LATEST)) - 1
        return place >= 0 and row.recorded_at < self.moments[place][1] - CLOCK_MICROSECONDS


def _apart(batches: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The first batch of each minute; parts of one batch have the snapshot of the one before, and the first counts."""
    last_xmax, last_at = -1, -(2**63)
    for xmax, sealed_at in batches:
        if xmax > last_xmax and sealed_at >= last_at + MINUTE_MICROSECONDS:
            yield xmax, sealed_at
            last_xmax, last_at = xmax, sealed_at
