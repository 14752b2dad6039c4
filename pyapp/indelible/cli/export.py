"""`indelible export`"""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import psycopg
from cyclopts import Parameter
from rich.console import Console
from rich.filesize import decimal
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from indelible.cli.context import Shared
from indelible.cli.filters import Filters
from indelible.cli.target import written
from indelible.errors import ConfigurationError
from indelible.queries import QUERIES
from indelible.services.export.formats import FORMATS, FormatName
from indelible.services.export.source import Counted, exported_rows


def export(
    *,
    kind: Annotated[FormatName, Parameter(name="--format")],
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
    filters: Annotated[Filters | None, Parameter(name="*")] = None,
    context: Shared,
) -> None:
    """Write all events that match, the oldest first; that they were exported is on record.

    The database login must be a member of audit_reader or audit_investigator. A file appears under its name only when
    it is complete. Example: `indelible export --format parquet --since "30 days ago" --output june.parquet`

    Args:
        kind: csv, jsonl, parquet, or for a SIEM ocsf, ecs or cef.
        output: File to write, instead of stdout.
        filters: Which events.
        context: The shared options.
    """
    if output is None and kind == "parquet" and sys.stdout.isatty():
        raise ConfigurationError("Parquet is not for a terminal: name a file with --output.")
    with context.connection() as connection:
        wanted = (filters or Filters()).event_filter(connection).to_json()
        with _on_record(connection, kind, wanted) as rows, written(output) as file:
            _write(file, kind, rows)
    context.output.say(f"Exported {rows.count:,} events{f' to {output}' if output else ''}.")


@contextlib.contextmanager
def _on_record(connection: psycopg.Connection[Any], kind: str, wanted: str) -> Iterator[Counted]:
    """The rows; that they are exported is on record before the first one, and at the end how many it were."""

    def note(outcome: str, *facts: int | None) -> int:
        row = connection.execute(QUERIES["note_export"].encode(), (kind, wanted, outcome, *facts)).fetchone()
        return int(row[0]) if row else 0

    began = note("attempted", None, None)
    rows = Counted(exported_rows(connection, "open_export", wanted))
    try:
        with contextlib.closing(rows):
            yield rows
    except BaseException:
        with contextlib.suppress(psycopg.Error):  # what went wrong is told, and is that the database has gone perhaps
            note("failure", rows.count, began)
        raise
    note("success", rows.count, began)


def _write(file: BinaryIO, kind: str, rows: Counted) -> None:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    console = Console(stderr=True)
    size = 0
    with Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("Exporting")
        for chunk in FORMATS[kind].encode(rows):
            file.write(chunk)
            size += len(chunk)
            progress.update(task, description=f"{rows.count:,} events, {decimal(size)}")
