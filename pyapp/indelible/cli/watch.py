"""`indelible watch`"""

from collections.abc import Sequence
from typing import Annotated, Literal

from cyclopts import Parameter

from indelible.cli.context import Shared
from indelible.queries import QUERIES

Columns = Annotated[Sequence[str] | None, Parameter(show_default=False)]


def watch(
    table: str,
    /,
    *,
    entity_type: str | None = None,
    capture: Literal["row", "statement"] = "row",
    exclude: Columns = None,
    mask: Columns = None,
    dry_run: Annotated[bool, Parameter(show_default=False)] = False,
    context: Shared,
) -> None:
    """Record every change of a table's rows from now on. The database login must own the table.

    Called again it changes what it is told. Example: `indelible watch shop.orders --entity-type ORDER --mask card`

    Args:
        table: The table, with its schema: shop.orders.
        entity_type: What a row is called in the log; by default made from the table's name.
        capture: `row` is the default; `statement` is quicker for tables with bulk changes.
        exclude: Columns that are never recorded; several with commas, or the option several times; '' for none.
        mask: Columns of which only the fact of a change is recorded; '' for none.
        dry_run: Only print the SQL.
        context: The shared options.
    """
    parameters = (table, entity_type, capture, _columns(exclude), _columns(mask), dry_run)
    with context.connection() as connection:
        connection.execute(QUERIES["act_as_table_owner"].encode(), (table,))
        row = connection.execute(QUERIES["watch_table"].encode(), parameters).fetchone()
    source = row[0] if row else ""
    values = {"table": table, "dry_run": dry_run, "sql": source}
    context.output.report(values, source if dry_run else f"{table} is watched.")


def _columns(values: Sequence[str] | None) -> list[str] | None:
    """Names that were given; None keeps what is declared."""
    if values is None:
        return None
    return [name.strip() for value in values for name in value.split(",") if name.strip()]
