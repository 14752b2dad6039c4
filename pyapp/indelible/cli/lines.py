"""An event on stdout: two lines for a person, one JSON object for a program; each at once, for whoever waits for it."""

import json
import sys
from typing import Any

from rich.console import Console
from rich.text import Text

from indelible.cli.event import event_lines
from indelible.cli.output import WIDTH_OF_PIPES

# What the flat view holds as the text of JSON.
_JSON_FIELDS = ("changes", "metadata")


def print_event(event: dict[str, Any], *, as_json: bool) -> None:
    """Print one event of audit.v_events."""
    whole = {**event, **{name: json.loads(event[name]) for name in _JSON_FIELDS if event[name]}}
    if as_json:
        print(json.dumps(whole, default=str), flush=True)
        return
    console = Console(width=None if sys.stdout.isatty() else WIDTH_OF_PIPES, highlight=False, soft_wrap=True)
    for line in event_lines(
        whole, Text.assemble((f"{event['created_at']:%Y-%m-%d %H:%M:%S}", "dim"), f" {event['id']}")
    ):
        console.print(line)
    sys.stdout.flush()
