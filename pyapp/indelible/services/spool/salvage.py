"""What can still be read of a damaged database, carried over into a new one."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from indelible.services.spool.carve import rows_of
from indelible.services.spool.database import SQLITE_ERRORS, connect_read_only
from indelible.services.spool.table import ASIDE_COLUMNS, COLUMNS, carry_over, keep_over

_LAST = 2**62
# A damaged tree can go in circles: what has not been read by then stays in the file.
_PATIENCE_SECONDS = 60.0
_STEPS = 100_000
_EVENT_VALUES, _ASIDE_VALUES = 5, 8


@dataclass(frozen=True)
class Salvaged:
    """How many events were carried over, and how many at least were not (None: nobody knows)."""

    events: int
    missing: int | None


def salvage(source: Path, target: sqlite3.Connection) -> Salvaged:
    """Carry over every intact event of `source`, those set aside too, within the transaction of `target`.

    What SQLite cannot read any more is looked for in the pages. There it cannot be told from what was done already:
    such events come again, and the database knows them.
    """
    carried, expected = _read(source, target)
    if expected is None or carried < expected or Path(f"{source}-wal").exists():
        carried += _carve(source, target)
    return Salvaged(carried, None if expected is None else max(0, expected - carried))


def _read(source: Path, target: sqlite3.Connection) -> tuple[int, int | None]:
    """How many events were carried over, of how many (None: nobody knows)."""
    try:
        connection = connect_read_only(source)
    except SQLITE_ERRORS:
        return 0, None
    deadline = monotonic() + _PATIENCE_SECONDS
    with closing(connection):
        connection.set_progress_handler(lambda: monotonic() > deadline, _STEPS)
        for _, *row in _readable(connection, "aside", ASIDE_COLUMNS):
            keep_over(target, row)
        carried = sum(carry_over(target, position, row) for position, *row in _readable(connection, "events", COLUMNS))
        return carried, _tally(connection)


def _carve(source: Path, target: sqlite3.Connection) -> int:
    for _, values in rows_of(source):
        if len(values) == _ASIDE_VALUES:
            keep_over(target, values[1:])
    return sum(
        carry_over(target, rowid, values[1:]) for rowid, values in rows_of(source) if len(values) == _EVENT_VALUES
    )


def _readable(connection: sqlite3.Connection, table: str, columns: str) -> Iterator[tuple[Any, ...]]:
    """Every row that can be read: behind an unreadable one it leaps ahead, farther each time, and then looks back."""
    select = f"select position, {columns} from {table} not indexed where position between ? and ? order by position"
    start, leap = 0, 0
    while start + leap < _LAST:
        with suppress(*SQLITE_ERRORS):
            for row in connection.execute(select, (start + leap, _LAST)):
                if row[0] < start + leap:
                    raise sqlite3.DatabaseError("the tree goes in circles")
                if leap:
                    yield from _back(connection, select, start, row[0] - 1)
                start, leap = row[0] + 1, 0
                yield row
            yield from _back(connection, select, start, start + leap - 1)
            return
        leap = leap * 2 or 1


def _back(connection: sqlite3.Connection, select: str, first: int, last: int) -> Iterator[tuple[Any, ...]]:
    """The readable rows at the end of this range, the last one first."""
    with suppress(*SQLITE_ERRORS):
        yield from connection.execute(f"{select} desc", (first, last))


def _tally(connection: sqlite3.Connection) -> int | None:
    with suppress(*SQLITE_ERRORS):
        row = connection.execute("select waiting from tally").fetchone()
        return row[0] if row and type(row[0]) is int else None
    return None
