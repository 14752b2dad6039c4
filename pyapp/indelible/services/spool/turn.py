"""Whose turn it is at the spool: one process at a time, whichever dies gives it up, and nobody is passed over for long.

SQLite has locks of its own. These come first because its waiting is not fair under load, because two connections
that write and checkpoint at the same moment can corrupt a WAL before SQLite 3.51.3, and because a damaged file can
only be exchanged for a new one while nobody else is at it.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic, sleep

from indelible.errors import SpoolError

# Longest wait for one's turn. What others do in theirs is milliseconds, or the salvage of a damaged file.
WAIT_SECONDS = 5.0
_POLL_SECONDS = 0.001
GATE = "gate.lock"


class Turn:
    """The turn at the folder that `folder`, a descriptor, is open on. One thread of a process at a time uses this."""

    def __init__(self, folder: int) -> None:
        self._folder = folder
        self._gate = os.open(GATE, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=folder)

    @contextmanager
    def taken(self, deadline: float) -> Iterator[None]:
        """Have the turn during the block; SpoolError if it does not come by `deadline` (of `time.monotonic`).

        Who waits first waits at the gate. Who has just had a turn finds the gate closed by the next one.
        """
        _lock(self._gate, deadline)
        try:
            _lock(self._folder, deadline)
        finally:
            fcntl.flock(self._gate, fcntl.LOCK_UN)
        try:
            yield
        finally:
            fcntl.flock(self._folder, fcntl.LOCK_UN)

    def close(self) -> None:
        """Close the gate's file; the folder belongs to who opened it."""
        os.close(self._gate)


def _lock(handle: int, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if monotonic() >= deadline:
                raise SpoolError(
                    f"Another process has kept the spool for more than {WAIT_SECONDS:g} seconds."
                ) from None
            sleep(_POLL_SECONDS)
        except OSError as error:
            raise SpoolError(f"This file system has no locks for the spool: {error.strerror}.") from error
        else:
            return
