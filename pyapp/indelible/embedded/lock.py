"""Locks between processes that end with their holder, whatever kills it."""

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from indelible.embedded.files import open_private
from indelible.errors import DataDirectoryInUse


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold `folder` locked against every other process that asks; waits for its turn."""
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


class Lock:
    """A lock that one process has; its file holds that process's id."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle: int | None = None

    def acquire(self) -> bool:
        """Take the lock if it is free; true if we have it now."""
        if self._handle is not None:
            return True
        return self._take(fcntl.LOCK_EX | fcntl.LOCK_NB)

    def wait(self, tell: Callable[[str], None]) -> None:
        """Take the lock; while another process has it, `tell` its id once and wait for our turn."""
        if not self.acquire():
            tell(self.holder())
            self._take(fcntl.LOCK_EX)

    def _take(self, how: int) -> bool:
        handle = open_private(self.path, os.O_RDWR)
        try:
            fcntl.flock(handle, how)
        except BlockingIOError:
            os.close(handle)
            return False
        except BaseException:  # interrupted while it waited
            os.close(handle)
            raise
        os.ftruncate(handle, 0)
        os.write(handle, str(os.getpid()).encode())
        self._handle = handle
        return True

    def require(self, data_dir: Path) -> None:
        """Take the lock, or raise DataDirectoryInUse naming the process that has it."""
        if not self.acquire():
            raise DataDirectoryInUse(
                f"Another process ({self.holder()}) uses the data directory {data_dir}: stop it first, "
                "or choose another --data-dir."
            )

    def release(self) -> None:
        """Give the lock back; harmless if we do not have it."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def holder(self) -> str:
        """The process id of who has or had the lock, or `unknown`."""
        return self.path.read_text().strip() or "unknown"
