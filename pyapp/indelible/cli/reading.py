"""Events as they stand in the log and as they come, each once, for the commands that show them."""

import time
from collections.abc import Iterator
from typing import Any

import psycopg

from indelible.cli.filters import Filters
from indelible.queries import QUERIES

Event = dict[str, Any]

POLL_SECONDS = 0.5


def last_events(connection: psycopg.Connection[Any], filters: Filters, limit: int) -> list[Event]:
    """The newest events that match, the newest last."""
    found = connection.execute(QUERIES["last_events"].encode(), [*filters.values(connection), limit])
    return [_event(found, row) for row in found.fetchall()[::-1]]


def follow(connection: psycopg.Connection[Any], filters: Filters, limit: int) -> Iterator[Event]:
    """The last `limit` events, then for ever each one that becomes visible, however late its transaction commits.

    Between two looks at the log it is not ids that tell what is new, but the snapshots of the looks.
    """
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read read only")
        previous = _look(connection)
        known = last_events(connection, filters, limit)
    yield from known
    values = filters.values(connection)
    while True:
        present = _look(connection)
        found = connection.cursor()
        for row in found.stream(QUERIES["events_between"].encode(), [*values, previous, present]):
            yield _event(found, row)
        previous = present
        time.sleep(POLL_SECONDS)


def _look(connection: psycopg.Connection[Any]) -> str:
    (snapshot,) = connection.execute(QUERIES["look"].encode()).fetchone() or ("",)
    return str(snapshot)


def _event(cursor: psycopg.Cursor[Any], row: tuple[Any, ...]) -> Event:
    return dict(zip((column.name for column in cursor.description or ()), row, strict=True))
