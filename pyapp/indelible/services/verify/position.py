"""How far a log is sealed, and so which rows must have a leaf."""

from dataclasses import dataclass
from typing import Any, Self

import psycopg

from indelible.queries import QUERIES
from indelible.services.verify.rows import Row


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
    rows those are leaves whose transactions `sealed` saw; `now` is the moment of the verification.
    """

    tree_size: int
    sealed: Snapshot
    last_id: int
    former_after_id: int | None
    now: Snapshot

    @classmethod
    def read(cls, connection: psycopg.Connection[Any]) -> Self | None:
        """From the database; None where no sealer ever began."""
        row = connection.execute(QUERIES["raw_position"].encode()).fetchone()
        if row is None:
            return None
        size, sealed, last_id, former_after_id, now = row
        return cls(size, Snapshot.parse(sealed), last_id, former_after_id, Snapshot.parse(now))

    def must_be_sealed(self, row: Row) -> bool:
        """Whether the row should have been taken into the log by now."""
        if row.id <= self.last_id:
            return self.former_after_id is None or row.id <= self.former_after_id
        return self.sealed.saw(row.xid)

    def is_impossible(self, row: Row) -> bool:
        """Whether we see the row although its transaction is none that has ended: its number was made up."""
        return row.id > self.last_id and not self.now.saw(row.xid)
