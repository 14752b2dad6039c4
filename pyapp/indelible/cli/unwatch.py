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
        connection.execute(QUERIES["act_as_table_owner"].encode(), (table,))
        was_watched = connection.execute(QUERIES["is_watched"].encode(), (table,)).fetchone() == (True,)
        connection.execute(QUERIES["unwatch_table"].encode(), (table,))
    sentence = f"{table} is no longer watched." if was_watched else f"{table} was not watched."
    context.output.report({"table": table, "watched": False, "was_watched": was_watched}, sentence)
