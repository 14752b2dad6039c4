"""`indelible unwatch`"""

from indelible.cli.context import Shared
from indelible.queries import QUERIES


def unwatch(table: str, /, *, context: Shared) -> None:
    """Stop recording changes of a table. What is on record stays, and so does the fact that it was stopped.

    Example: `indelible unwatch shop.orders`

    Args:
        table: The table, with its schema.
        context: The shared options.
    """
    with context.connection() as connection:
        connection.execute(QUERIES["unwatch_table"].encode(), (table,))
    context.output.report({"table": table, "watched": False}, f"{table} is no longer watched.")
