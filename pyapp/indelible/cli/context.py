"""What every subcommand gets: which database, and how to print."""

import contextlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import psycopg
from cyclopts import Parameter

from indelible.cli.output import Output
from indelible.db.session import connect
from indelible.embedded import EmbeddedServer, open_server
from indelible.embedded.files import make_folder, own_folder
from indelible.embedded.lock import Lock
from indelible.embedded.sharing import holds_cluster
from indelible.errors import ConfigurationError, EmbeddedError
from indelible.queries import QUERIES

DEFAULT_DATA_DIR = Path(".indelible")
NOT_INSTALLED = "Indelible is not installed in this database: run `indelible migrate` first."

NO_DATABASE = "There is no DATABASE_URL, and no embedded PostgreSQL in {}: run `indelible up` or `migrate` first."


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
    def alone(self) -> Iterator[None]:
        """No other command works in the data directory meanwhile, except an `up` that serves; waits for its turn.

        Otherwise the one that started the embedded server would stop it under the others.
        """
        with own_folder(make_folder(self.data_dir)):
            lock = Lock(self.data_dir / "command.lock")
            lock.wait(self._tell_of)
        try:
            yield
        finally:
            lock.release()

    def _tell_of(self, process: str) -> None:
        print(f"Waiting for another command (process {process}) in {self.data_dir} to end.", file=sys.stderr)

    @contextlib.contextmanager
    def opened(self) -> Iterator[tuple[str, EmbeddedServer | None]]:
        """The administrator's DSN, and the embedded server if it is ours to look after; to be called `alone`."""
        if self.database_url:
            yield self.database_url, None
        else:
            with open_server(self.data_dir) as server:
                yield server.dsn, server if isinstance(server, EmbeddedServer) else None

    @contextlib.contextmanager
    def database(self) -> Iterator[str]:
        """The DSN of the user's own database, or of the embedded server, which runs at least as long as this."""
        with contextlib.ExitStack() as lock:
            if not self.database_url:
                lock.enter_context(self.alone())
            with self.opened() as (dsn, server):
                if server is None:  # `up` looks after it: nobody needs to wait for us, who may follow the log for hours
                    lock.close()
                yield dsn

    @contextlib.contextmanager
    def connection(self) -> Iterator[psycopg.Connection[Any]]:
        """A connection (autocommit) to that database whose cursors take $1, $2, … as the named queries have them.

        Raises:
            ConfigurationError: nothing is installed there.
            EmbeddedError: it would be an embedded one, and there is none yet.
        """
        self.require_database()
        with self.database() as dsn, contextlib.closing(connect(dsn)) as connection:
            connection.cursor_factory = psycopg.RawCursor
            require_installed(connection)
            yield connection

    @contextlib.contextmanager
    def lasting_database(self) -> Iterator[str]:
        """The DSN of a database that is installed, for a command that runs until Ctrl-C.

        Other commands may work beside it: nobody waits for its end.

        Raises:
            ConfigurationError, EmbeddedError: as `connection`.
        """
        self.require_database()
        with contextlib.ExitStack() as running:
            with contextlib.nullcontext() if self.database_url else self.alone():
                dsn, _ = running.enter_context(self.opened())
            with contextlib.closing(connect(dsn)) as connection:
                require_installed(connection)
            yield dsn

    def require_database(self) -> None:
        """EmbeddedError if it would be an embedded one, and there is none yet."""
        if not self.database_url and not holds_cluster(self.data_dir):
            raise EmbeddedError(NO_DATABASE.format(self.data_dir))


def require_installed(connection: psycopg.Connection[Any]) -> None:
    """ConfigurationError if nothing is installed there."""
    if connection.execute(QUERIES["find_installation"].encode()).fetchone() == (None,):
        raise ConfigurationError(NOT_INSTALLED)


# The annotation of a subcommand's parameter `context`: not an option of its own.
Shared = Annotated[Context, Parameter(parse=False)]
