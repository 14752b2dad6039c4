"""A durable server of a test's own that is killed outright and started again."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from indelible.embedded import EmbeddedServer


@contextmanager
def server_like(dsn: str) -> Iterator[EmbeddedServer]:
    """A durable server of the version that answers at `dsn`, gone after the block."""
    folder = Path(tempfile.mkdtemp(prefix="indelible-test-"))
    folder.chmod(0o711)
    with psycopg.connect(dsn) as connection:
        version = str(connection.info.server_version // 10000)
    own = EmbeddedServer(folder / "data", version=version)
    try:
        own.start()
        yield own
    finally:
        own.stop()
        shutil.rmtree(folder, ignore_errors=True)


def children_of(pid: int) -> list[int]:
    """The process ids of all backends of a server."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def kill_dead(own: EmbeddedServer) -> None:
    """SIGKILL to the server and all its processes at once: no chance to write anything more."""
    assert own.pid is not None
    for pid in [own.pid, *children_of(own.pid)]:
        os.kill(pid, signal.SIGKILL)
    assert own.wait(30)
