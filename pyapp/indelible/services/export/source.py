"""Rows for an export, from a connection of its own: one snapshot, in order of id, a few in memory at a time."""

from collections.abc import Generator, Iterator
from contextlib import closing
from typing import Any, Final, Self

import psycopg
from psycopg import capabilities

from indelible.queries import QUERIES
from indelible.services.export.row import EventRow

# Rows that are fetched at once: one may be of many megabytes.
ROWS_AT_ONCE: Final = 100


def exported_rows(connection: psycopg.Connection[Any], query: str, *values: object) -> Generator[EventRow, None, None]:
    """What matches a filter: `query` is the named one that opens the cursor, with its `values`.

    They are of the moment when the first one is asked for. Whoever closes the generator ends the query. `connection`
    is in autocommit mode and used for nothing else meanwhile.
    """
    size = ROWS_AT_ONCE if capabilities.has_stream_chunked() else 1
    with connection.transaction():
        cursor = psycopg.RawCursor(connection)
        cursor.execute(QUERIES[query].encode(), values)
        rows: Any = cursor.stream(QUERIES["read_export"].encode(), binary=True, size=size)
        with closing(rows):
            yield from map(EventRow._make, rows)


class Counted(Iterator[EventRow]):
    """The same rows, and how many it were so far."""

    def __init__(self, rows: Generator[EventRow, None, None]) -> None:
        self._rows = rows
        self.count = 0

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> EventRow:
        row = next(self._rows)
        self.count += 1
        return row

    def close(self) -> None:
        """End the query."""
        self._rows.close()
