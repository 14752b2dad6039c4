"""`indelible maintain`"""

from indelible.cli.context import Shared
from indelible.queries import QUERIES


def maintain(*, context: Shared) -> None:
    """Make the next partitions and look after the log; run it every night. Doing it twice does no harm.

    Example: `indelible maintain --json`

    Args:
        context: The shared options.
    """
    with context.connection() as connection:
        connection.execute(QUERIES["act_as_maintainer"].encode())
        rows = connection.execute(QUERIES["maintain"].encode()).fetchall()
    context.output.table(("task", "detail"), rows, "Nothing was left to do.")
