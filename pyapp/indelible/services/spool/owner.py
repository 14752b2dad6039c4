"""Who holds leases: a process is alive for exactly as long as the kernel keeps its lock on its file.

Neither process ids nor clocks say as much: ids are used again, and mean nothing from one container to another.
All of this is done in one's turn, so that nobody sees a file between its making and its locking.
"""

import fcntl
import os
import re
import secrets
from contextlib import suppress

_FILE = re.compile(r"owner-([0-9a-f]{32})\.lock")
_FLAGS = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC


class Owner:
    """This process in the folder that the descriptor `folder` is open on; `token` is its name in leases."""

    def __init__(self, folder: int) -> None:
        sweep(folder)
        self.token = secrets.token_hex(16)
        self._handle = os.open(_file(self.token), _FLAGS | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=folder)
        fcntl.flock(self._handle, fcntl.LOCK_EX)

    def end(self) -> None:
        """Hold nothing any more."""
        fcntl.flock(self._handle, fcntl.LOCK_UN)
        self.forget()

    def forget(self) -> None:
        """Close the file of the process that this one was forked from, which goes on holding it."""
        os.close(self._handle)


def is_alive(folder: int, token: str) -> bool:
    """Whether the owner `token` still lives; the file of a dead one is removed."""
    name = _file(token)
    if not _FILE.fullmatch(name):  # from a damaged file
        return False
    try:
        handle = os.open(name, _FLAGS, dir_fd=folder)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        os.unlink(name, dir_fd=folder)
        return False
    finally:
        os.close(handle)


def sweep(folder: int) -> None:
    """Remove the files of all who died."""
    for name in os.listdir(folder):
        if found := _FILE.fullmatch(name):
            with suppress(OSError):
                is_alive(folder, found[1])


def _file(token: str) -> str:
    return f"owner-{token}.lock"
