"""`indelible doctor`"""

import sys

from indelible.cli.context import Shared
from indelible.cli.failure import FOUND
from indelible.queries import QUERIES


def doctor(*, context: Shared) -> int:
    """Find what is not audited, disabled, drifted or open. Exit code 1 on any finding; each names its remedy.

    What this server cannot do at all is noted on stderr, and no finding: not everybody can change it.

    Example: `indelible doctor --json`

    Args:
        context: The shared options.
    """
    with context.connection() as connection:
        connection.execute(QUERIES["act_as_maintainer"].encode())
        rows = connection.execute(QUERIES["doctor"].encode()).fetchall()
        notes = connection.execute(QUERIES["notes"].encode()).fetchall()
    for note, remedy in notes:
        print(f"Note: {note} ({remedy}).", file=sys.stderr)
    context.output.table(("finding", "object", "detail", "remedy"), rows, "Nothing to find fault with.")
    return FOUND if rows else 0
