"""Rows against leaves, both ways: each row has its leaf with the same content, each leaf has its row."""

import mmap
from collections.abc import Iterable
from dataclasses import dataclass, field

from indelible.services.verify.position import Position
from indelible.services.verify.rows import Row
from indelible.services.verify.tree import Tree

# Enough to name what was done; more of the same are counted only.
MOST_SUSPECTS = 200


@dataclass(slots=True)
class Part:
    """What comparing some rows gave.

    `suspects` differ from the leaf they claim, `strays` have no leaf and must have one, `doubles` claim one that
    another row has, `forgers` bear the number of a transaction that has not ended, `backdated` a time at which theirs
    had not begun. `pending` rows are not sealed yet; `waiting` has the first of them by transaction. Lists end at
    MOST_SUSPECTS; `wrong` counts all that is in them.
    """

    rows: int = 0
    pending: int = 0
    wrong: int = 0
    waiting: dict[int, int] = field(default_factory=dict)
    suspects: list[Row] = field(default_factory=list)
    strays: list[Row] = field(default_factory=list)
    doubles: list[Row] = field(default_factory=list)
    forgers: list[Row] = field(default_factory=list)
    backdated: list[Row] = field(default_factory=list)

    def take(self, kept: list[Row], row: Row) -> None:
        """Count a wrong row, and keep it among the first of its kind."""
        self.wrong += 1
        if len(kept) < MOST_SUSPECTS:
            kept.append(row)

    def add(self, other: "Part") -> None:
        """Take in what comparing other rows gave."""
        self.rows += other.rows
        self.pending += other.pending
        self.wrong += other.wrong
        self.waiting = other.waiting | self.waiting
        for mine, theirs in (
            (self.suspects, other.suspects),
            (self.strays, other.strays),
            (self.doubles, other.doubles),
            (self.forgers, other.forgers),
            (self.backdated, other.backdated),
        ):
            mine.extend(theirs[: MOST_SUSPECTS - len(mine)])


def compare(rows: Iterable[Row], tree: Tree, position: Position, seen: mmap.mmap) -> Part:
    """Compare rows with the leaves they claim, and mark these in `seen`, a byte for each leaf."""
    part = Part()
    for row in rows:
        part.rows += 1
        index = row.leaf_index
        if index is None:
            _without_leaf(row, position, part)
        elif not 0 <= index < tree.size or seen[index]:
            part.take(part.doubles, row)
        else:
            seen[index] = 1
            if row.claim != tree.claim(index):
                part.take(part.suspects, row)
            elif position.is_backdated(row):
                part.take(part.backdated, row)
    return part


def _without_leaf(row: Row, position: Position, part: Part) -> None:
    if position.must_be_sealed(row):
        part.take(part.strays, row)
    elif position.is_impossible(row):
        part.take(part.forgers, row)
    else:
        part.pending += 1
        if row.id > position.last_id:
            part.waiting.setdefault(row.xid, row.id)
