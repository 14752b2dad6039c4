"""`indelible doctor`"""

from indelible.cli.context import Shared
from indelible.cli.failure import FOUND
from indelible.queries import QUERIES


def doctor(*, context: Shared) -> int:
    """Find what is not audited, disabled, drifted or open. Exit code 1 on any finding; each names its remedy.

    Example: `indelible doctor --json`

    Args:
        context: The shared options.
    """
    with context.connection() as connection:
        connection.execute(QUERIES["act_as_maintainer"].encode())
        rows = connection.execute(QUERIES["doctor"].encode()).fetchall()
    context.output.table(("finding", "object", "detail", "remedy"), rows, "Nothing to find fault with.")
    return FOUND if rows else 0
