"""`indelible maintain`"""

from indelible.cli.context import Shared
from indelible.cli.drain import drain, state_of_verdicts
from indelible.queries import QUERIES


def maintain(*, context: Shared) -> None:
    """Make the next partitions, look after the log, record refused attempts; run it every night. Twice does no harm.

    Says how far the slot of refused attempts is behind, and how much may be written until it would lose some.

    Example: `indelible maintain --json`

    Args:
        context: The shared options.
    """
    with context.connection() as connection:
        connection.execute(QUERIES["act_as_maintainer"].encode())
        rows = connection.execute(QUERIES["maintain"].encode()).fetchall()
        if recorded := drain(connection):
            rows.append(("drain", f"{recorded} refused attempts recorded"))
        rows += state_of_verdicts(connection)
    context.output.table(("task", "detail"), rows, "Nothing was left to do.")
