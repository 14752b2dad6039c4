"""Use the server of a data directory, whoever runs it."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

from indelible.embedded.cluster import existing_version
from indelible.embedded.place import find_place
from indelible.embedded.server import EmbeddedServer
from indelible.embedded.state import ServerState
from indelible.errors import DataDirectoryInUse, EmbeddedError

ANSWER_SECONDS = 20.0


@dataclass(frozen=True)
class SharedServer:
    """A server that another process runs: its superuser's `dsn`."""

    dsn: str


@contextlib.contextmanager
def open_server(data_dir: str | Path, version: str = "18") -> Iterator[EmbeddedServer | SharedServer]:
    """The server of `data_dir`: the one that another process (`indelible up`) runs, else one started and stopped here.

    Raises:
        EmbeddedError: neither can be had; one sentence.
    """
    server = _start_or_share(Path(data_dir), version)
    try:
        yield server
    finally:
        if isinstance(server, EmbeddedServer):
            server.stop()


def holds_cluster(data_dir: Path) -> bool:
    """Whether a server was ever made in `data_dir`; makes nothing itself."""
    try:
        if not any((data_dir / name).exists() for name in ("postgresql", "place")):
            return False
    except OSError as error:
        raise EmbeddedError(f"The data directory {data_dir} cannot be read: {error.strerror}.") from error
    return existing_version(find_place(data_dir).cluster) is not None


def _start_or_share(data_dir: Path, version: str) -> EmbeddedServer | SharedServer:
    deadline = time.monotonic() + ANSWER_SECONDS
    while True:
        server = EmbeddedServer(data_dir, version=version)
        try:
            server.start()
        except DataDirectoryInUse:
            shared = _answering(data_dir, version)
            if shared is not None:
                return shared
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)  # it may be starting, or stopping
        else:
            return server


def _answering(data_dir: Path, version: str) -> SharedServer | None:
    state = ServerState.read(find_place(data_dir).state)
    if state is None or state.port is None:
        return None
    if state.version != version:
        raise EmbeddedError(
            f"A PostgreSQL {state.version}, not {version}, runs in the data directory {data_dir}: "
            "choose another --data-dir."
        )
    try:
        psycopg.connect(state.dsn, connect_timeout=3, autocommit=True).close()
    except psycopg.OperationalError:
        return None
    return SharedServer(state.dsn)
