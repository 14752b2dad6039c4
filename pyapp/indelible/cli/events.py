"""`indelible events`"""

from typing import Annotated

from cyclopts import Parameter

from indelible.cli.context import Shared
from indelible.cli.filters import Filters
from indelible.cli.lines import print_event
from indelible.cli.reading import last_events


def events(*, filters: Annotated[Filters | None, Parameter(name="*")] = None, limit: int = 50, context: Shared) -> None:
    """Show the newest events that match, the newest last.

    Example: `indelible events --entity-type SHOP_ORDER --entity-id 7 --json`

    Args:
        filters: What to show.
        limit: Most events shown.
        context: The shared options.
    """
    with context.connection() as connection:
        found = last_events(connection, filters or Filters(), limit)
    for event in found:
        print_event(event, as_json=context.as_json)
