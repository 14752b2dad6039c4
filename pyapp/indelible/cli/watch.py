"""`indelible watch`"""

from collections.abc import Sequence
from typing import Annotated, Literal

from cyclopts import Parameter

from indelible.cli.context import Shared
from indelible.queries import QUERIES

Columns = Annotated[Sequence[str], Parameter(show_default=False)]


def watch(
    table: str,
    /,
    *,
    entity_type: str | None = None,
    capture: Literal["row", "statement"] = "row",
    exclude: Columns = (),
    mask: Columns = (),
    dry_run: Annotated[bool, Parameter(show_default=False)] = False,
    context: Shared,
) -> None:
    """Record every change of a table's rows from now on. The database login must own the table.

    Called again it changes what is recorded. Example: `indelible watch shop.orders --entity-type ORDER --mask card`

    Args:
        table: The table, with its schema: shop.orders.
        entity_type: What a row is called in the log; by default made from the table's name.
        capture: `row` is the default; `statement` is quicker for tables with bulk changes.
        exclude: Columns that are never recorded; several with commas, or the option several times.
        mask: Columns of which only the fact of a change is recorded.
        dry_run: Only print the SQL.
        context: The shared options.
    """
    parameters = (table, entity_type, capture, _columns(exclude), _columns(mask), dry_run)
    with context.connection() as connection:
        row = connection.execute(QUERIES["watch_table"].encode(), parameters).fetchone()
    statements = row[0] if row else ""
    sentence = statements if dry_run else f"{table} is watched."
    context.output.report({"table": table, "dry_run": dry_run, "sql": statements}, sentence)


def _columns(values: Sequence[str]) -> list[str]:
    return [name.strip() for value in values for name in value.split(",") if name.strip()]
