"""`indelible watch`"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import psycopg
from cyclopts import Parameter
from rich.console import Console

from indelible.cli.context import Shared
from indelible.queries import QUERIES

Names = Annotated[Sequence[str] | None, Parameter(show_default=False)]


def watch(
    table: str,
    /,
    *,
    entity_type: str | None = None,
    capture: Annotated[Literal["row", "statement"] | None, Parameter(show_default=False)] = None,
    exclude: Names = None,
    mask: Names = None,
    skip: Names = None,
    operations: Names = None,
    record_unchanged: Annotated[bool | None, Parameter(show_default=False)] = None,
    dry_run: Annotated[bool, Parameter(show_default=False)] = False,
    baseline: Annotated[bool, Parameter(show_default=False)] = False,
    context: Shared,
) -> None:
    """Record every change of a table's rows from now on. The database login must own the table.

    Called again it changes what it is told. Example: `indelible watch shop.orders --entity-type ORDER --mask card`

    Args:
        table: The table, with its schema: shop.orders.
        entity_type: What a row is called in the log; by default made from the table's name.
        capture: `row` unless declared otherwise; `statement` is quicker for tables with bulk changes.
        exclude: Names that are never recorded; several with commas, or the option several times; '' for none.
        mask: Names of which only the fact of a change is recorded; '' for none.
        skip: Names whose change alone is no record; '' for none.
        operations: Which of insert, update, delete and truncate are recorded; all of them unless declared otherwise.
        record_unchanged: Record updates that change nothing, too.
        dry_run: Only print the SQL.
        baseline: Record the rows that the table holds already, too; stopped halfway, it goes on when run again.
        context: The shared options.
    """
    columns = (_names(exclude), _names(mask), _names(skip))
    parameters = (table, entity_type, capture, *columns, _names(operations), record_unchanged, dry_run)
    with context.connection() as connection:
        connection.execute(QUERIES["act_as_table_owner"].encode(), (table,))
        row = connection.execute(QUERIES["watch_table"].encode(), parameters).fetchone()
        recorded = _record_baseline(connection, table) if baseline and not dry_run else None
    source = row[0] if row else ""
    values = {"table": table, "dry_run": dry_run, "sql": source, "baseline": recorded}
    sentence = f"{table} is watched." if recorded is None else f"{table} is watched; {recorded} rows were recorded."
    context.output.report(values, source if dry_run else sentence)


def _record_baseline(connection: psycopg.Connection[Any], table: str) -> int:
    """How many rows were recorded, batch by batch; each is committed, and told to a person at a terminal."""
    total = 0
    with Console(stderr=True).status("") as progress:
        while (row := connection.execute(QUERIES["baseline_batch"].encode(), (table,)).fetchone()) and row[0]:
            total += row[0]
            progress.update(f"{total} rows on record")
    return total


def _names(values: Sequence[str] | None) -> list[str] | None:
    """Names that were given; None keeps what is declared."""
    if values is None:
        return None
    return [name.strip() for value in values for name in value.split(",") if name.strip()]
