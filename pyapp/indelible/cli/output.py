"""Results for people (tables) and for programs (JSON), on stdout."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from indelible.text import spelled

WIDTH_OF_PIPES = 200
LONGEST_CELL = 2000


@dataclass(frozen=True)
class Output:
    """Prints tables, or with `as_json` one JSON document."""

    as_json: bool

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[Any]], empty: str) -> None:
        """A table, or a list of objects; `empty` is the sentence for a person when there is no row."""
        if self.as_json:
            print(json.dumps([dict(zip(columns, row, strict=True)) for row in rows], default=str))
        elif not rows:
            print(empty)
        else:
            table = Table(*columns)
            for row in rows:
                table.add_row(*(Text("" if cell is None else spelled(cell, LONGEST_CELL)) for cell in row))
            Console(width=None if sys.stdout.isatty() else WIDTH_OF_PIPES).print(table)

    def lines(self, objects: Iterable[Mapping[str, Any]]) -> None:
        """One JSON object a line, each as soon as it is there."""
        for value in objects:
            print(json.dumps(value, default=str), flush=True)

    def report(self, values: dict[str, Any], sentence: str) -> None:
        """One object, or one sentence for a person."""
        print(json.dumps(values, default=str) if self.as_json else sentence, flush=True)

    def say(self, sentence: str) -> None:
        """What goes on meanwhile, for a person: not a result."""
        print(sentence, file=sys.stderr, flush=True)
