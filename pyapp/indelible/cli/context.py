"""What every subcommand gets: which database, and how to print."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import psycopg
from cyclopts import Parameter

from indelible.cli.output import Output
from indelible.db.session import connect
from indelible.embedded import open_server
from indelible.errors import ConfigurationError
from indelible.queries import QUERIES

DEFAULT_DATA_DIR = Path(".indelible")
NOT_INSTALLED = "Indelible is not installed in this database: run `indelible migrate` first."


@dataclass(frozen=True)
class Context:
    """The shared options: `database_url` (never shown: it may hold a password), `data_dir`, `as_json`."""

    database_url: str | None = field(repr=False)
    data_dir: Path
    as_json: bool

    @property
    def output(self) -> Output:
        """Where results go."""
        return Output(as_json=self.as_json)

    @contextlib.contextmanager
    def database(self) -> Iterator[str]:
        """The DSN of the user's own database, or of the embedded server, which runs at least as long as this."""
        if self.database_url:
            yield self.database_url
        else:
            with open_server(self.data_dir) as server:
                yield server.dsn

    @contextlib.contextmanager
    def connection(self) -> Iterator[psycopg.Connection[Any]]:
        """A connection (autocommit) to that database whose cursors take $1, $2, … as the named queries have them.

        Raises:
            ConfigurationError: nothing is installed there.
        """
        with self.database() as dsn, contextlib.closing(connect(dsn)) as connection:
            connection.cursor_factory = psycopg.RawCursor
            if connection.execute(QUERIES["find_installation"].encode()).fetchone() == (None,):
                raise ConfigurationError(NOT_INSTALLED)
            yield connection


# The annotation of a subcommand's parameter `context`: not an option of its own.
Shared = Annotated[Context, Parameter(parse=False)]
