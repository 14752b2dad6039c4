"""Batches of events as the audit service sends them, without the service."""

from collections.abc import Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Any

import psycopg

from indelible.models import Event
from indelible.queries import QUERIES

_columns = attrgetter(*(field.name for field in fields(Event)))
Verdict = tuple[str, int | None, str | None]


def send(connection: psycopg.Connection[Any], events: Sequence[Event]) -> list[Verdict]:
    """The database's verdicts on `events`."""
    columns = [list(column) for column in zip(*map(_columns, events), strict=True)]
    return psycopg.RawCursor(connection).execute(QUERIES["record_batch"].encode(), columns).fetchall()


def send_alone(connection: psycopg.Connection[Any], event: Event) -> int:
    """The id of `event`'s row, as the single door records it."""
    row = connection.execute(
        """
        select audit.record(
          %s, %s, %s, %s, %s, %s::text::jsonb, %s, user_id => %s, ip_address => %s::text::inet, request_id => %s,
          created_at => %s, sealed => %s
        )
        """,
        _columns(event)[1:],
    ).fetchone()
    assert row is not None
    return int(row[0])
