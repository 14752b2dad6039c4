"""Whether anybody has the database open: for exactly as long as a process does, the kernel keeps its lock here."""

import fcntl
import os

_FILE = "open.lock"
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


class Presence:
    """This process in the folder that the descriptor `folder` is open on. Used only in one's turn."""

    def __init__(self, folder: int) -> None:
        self._handle = os.open(_FILE, _FLAGS, 0o600, dir_fd=folder)

    def is_alone(self) -> bool:
        """Whether nobody is there, not even this process."""
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        fcntl.flock(self._handle, fcntl.LOCK_UN)
        return True

    def begin(self) -> None:
        """Be there."""
        fcntl.flock(self._handle, fcntl.LOCK_SH)

    def end(self) -> None:
        """Be there no more."""
        fcntl.flock(self._handle, fcntl.LOCK_UN)

    def close(self) -> None:
        """Close the file."""
        os.close(self._handle)
