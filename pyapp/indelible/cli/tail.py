"""`indelible tail`"""

from typing import Annotated

from cyclopts import Parameter

from indelible.cli.context import Shared
from indelible.cli.filters import Filters
from indelible.cli.lines import print_event
from indelible.cli.reading import follow as follow_events
from indelible.cli.reading import last_events


def tail(
    *,
    follow: Annotated[bool, Parameter(name=["--follow", "-f"], show_default=False)] = False,
    lines: Annotated[int, Parameter(name=["--lines", "-n"])] = 10,
    filters: Annotated[Filters | None, Parameter(name="*")] = None,
    context: Shared,
) -> None:
    """Show the end of the log and, with -f, all that comes: each event once, whenever its transaction commits.

    Example: `indelible tail -f --action 'AUTH_%' --json`

    Args:
        follow: Go on until Ctrl-C.
        lines: How many events to begin with.
        filters: What to show.
        context: The shared options.
    """
    wanted = filters or Filters()
    with context.connection() as connection:
        events = follow_events(connection, wanted, lines) if follow else last_events(connection, wanted, lines)
        for event in events:
            print_event(event, as_json=context.as_json)
