"""How far a log is sealed, and so which rows must have a leaf."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Self

import psycopg

from indelible.queries import QUERIES
from indelible.services.verify.rows import Row
from indelible.services.verify.tree import Tree

MINUTE_MICROSECONDS = 60_000_000
# How far a row's time may lie before that of an event of the sealer's that came first.
CLOCK_MICROSECONDS = 5 * MINUTE_MICROSECONDS
SET_BACK = (
    "The server's clock was set back by {} minutes: what was put in later with a time from then on cannot be told from "
    "what was recorded then."
)
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
    rows those are leaves whose transactions `sealed` saw; `now` is the moment of the verification. `moments` are the
    heartbeats of this `epoch`: from which transaction on none had begun yet, and when that was at the earliest; the
    clock was once `set_back` by so many microseconds.
    """

    epoch: int
    tree_size: int
    sealed: Snapshot
    last_id: int
    former_after_id: int | None
    now: Snapshot
    moments: tuple[tuple[int, int], ...] = ()
    set_back: int = 0

    @classmethod
    def read(cls, connection: psycopg.Connection[Any]) -> Self | None:
        """From the database; None where no sealer ever began."""
        row = connection.execute(QUERIES["raw_position"].encode()).fetchone()
        if row is None:
            return None
        epoch, size, sealed, last_id, former_after_id, now = row
        # The sealed record of the epoch's beginning goes before the table, whose rows are no leaves.
        (begun,) = connection.execute(QUERIES["raw_epoch"].encode(), [str(epoch)]).fetchone() or (None,)
        last_id = int(begun) if begun and begun.isascii() and begun.isdecimal() else last_id
        beats = connection.execute(QUERIES["raw_heartbeats"].encode(), [last_id]).fetchall()
        moments, set_back = _moments((int(xid), beaten_at) for xid, beaten_at in beats)
        return cls(
            epoch, size, Snapshot.parse(sealed), last_id, former_after_id, Snapshot.parse(now), moments, set_back
        )

    def under(self, tree: Tree) -> Self:
        """The position that the leaves allow: all of former epochs come before the first of this one."""
        is_past = tree.size and tree.entry(tree.size - 1).epoch == self.epoch
        return replace(self, former_after_id=None) if is_past else self

    def must_be_sealed(self, row: Row) -> bool:
        """Whether the row should have been taken into the log by now."""
        if row.id <= self.last_id:
            return self.former_after_id is None or row.id <= self.former_after_id
        return self.sealed.saw(row.xid)

    def is_impossible(self, row: Row) -> bool:
        """Whether we see the row although its transaction is none that has ended: its number was made up."""
        return row.id > self.last_id and not self.now.saw(row.xid)

    def is_backdated(self, row: Row) -> bool:
        """Whether the row says it was recorded before a heartbeat after which its transaction began."""
        if row.id <= self.last_id or not row.content:
            return False
        place = bisect_right(self.moments, (row.xid, LATEST)) - 1
        return place >= 0 and row.recorded_at < self.moments[place][1] - CLOCK_MICROSECONDS


def _moments(beats: Iterable[tuple[int, int]]) -> tuple[tuple[tuple[int, int], ...], int]:
    """Each heartbeat's transaction and the earliest time that it or a later one states; how far time went back."""
    moments, earliest, set_back = [], LATEST, 0
    for xid, beaten_at in reversed(list(beats)):
        set_back = max(set_back, beaten_at - earliest)
        earliest = min(earliest, beaten_at)
        moments.append((xid, earliest))
    return tuple(reversed(moments)), set_back
