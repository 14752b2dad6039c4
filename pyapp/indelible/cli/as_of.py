"""`indelible as-of`"""

import sys
from typing import Any

import psycopg

from indelible.cli.context import Shared
from indelible.cli.filters import moment
from indelible.queries import QUERIES
from indelible.text import spelled


def as_of(table: str, time: str, /, *, limit: int | None = None, context: Shared) -> None:
    """Show a table as it stood at a moment, rebuilt backwards from its present rows.

    The database login must be a member of audit_investigator and may read the table. What cannot be known is said on
    stderr. Example: `indelible as-of shop.orders "1 hour ago" --json`

    Args:
        table: The table, with its schema: shop.orders.
        time: When: a timestamp such as "2026-01-31 12:00+01", or how long ago.
        limit: Most rows shown; by default all.
        context: The shared options.
    """
    with context.connection() as connection:
        connection.add_notice_handler(
            lambda notice: print(f"Note: {spelled(notice.message_primary, 1000)}.", file=sys.stderr)
        )
        (statement,) = connection.execute(QUERIES["as_of_statement"].encode(), (table,)).fetchone() or ("",)
        shown = connection.cursor()
        rows = shown.stream(statement.encode(), (moment(connection, time), limit))
        if context.as_json:
            context.output.lines(dict(zip(_columns(shown), row, strict=True)) for row in rows)
        else:
            found = list(rows)
            context.output.table(_columns(shown), found, "There was no row.")


def _columns(cursor: psycopg.Cursor[Any]) -> list[str]:
    return [column.name for column in cursor.description or ()]
