"""The spool's folder and the names of the files in it.

`spool-N.db` is the database in use, N its time of birth; `damaged-N.db` is one that was set aside, with its `-wal` and
`-shm`. Other processes still have the old files open when a new database begins: as no name comes twice, nothing that
SQLite does when they close them can touch the new one.
"""

import errno
import os
import re
from contextlib import suppress
from pathlib import Path
from time import time_ns

from indelible.embedded.files import open_own_folder
from indelible.errors import EmbeddedError, SpoolError

_IN_USE = re.compile(r"spool-(\d{1,18})\.db")
_DAMAGED = re.compile(r"damaged-(\d{1,18})\.db")
_ANY = re.compile(r"(?:spool|damaged)-(\d{1,18})\.db(?:-wal|-shm)?")
DRAFT = "draft.db"
RESERVE = "reserve"
_RESERVE_BYTES = 4 * 1024 * 1024
FILES = ("", "-wal", "-shm")


class Folder:
    """The folder `path`, open; made on first use, for its owner alone.

    Raises:
        SpoolError: it cannot be made, belongs to somebody else, others may write to it, or it is a link.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            _make(path)
            self.handle = open_own_folder(path, "spool folder", "choose another INDELIBLE_SPOOL_DIR")
        except EmbeddedError as error:
            raise SpoolError(str(error)) from None
        except OSError as error:
            raise SpoolError(f"The spool folder {path} cannot be used: {error.strerror}.") from error

    def close(self) -> None:
        """Close the descriptor."""
        os.close(self.handle)

    def is_there(self) -> bool:
        """Whether the path still leads to this folder."""
        with suppress(OSError):
            return os.path.samestat(self.path.lstat(), os.fstat(self.handle))
        return False

    def current(self) -> int | None:
        """The number of the database in use, None if there is none."""
        return max(self._numbers(_IN_USE), default=None)

    def next(self) -> int:
        """The number of a new database: higher than all, and none that somebody has removed."""
        return max(time_ns() // 1000, *(number + 1 for number in [0, *self._numbers(_ANY)]))

    def last_damaged(self) -> int | None:
        """The number of the database that was set aside last, None if none ever was."""
        return max(self._numbers(_DAMAGED), default=None)

    def database(self, number: int) -> Path:
        """The database of this number, in use or to be."""
        return self.path / f"spool-{number}.db"

    def damaged_database(self, number: int) -> Path:
        """The same, once it was set aside."""
        return self.path / f"damaged-{number}.db"

    def damaged(self) -> list[Path]:
        """What was set aside, oldest first."""
        return [self.damaged_database(number) for number in sorted(self._numbers(_DAMAGED))]

    def move_aside(self, number: int) -> None:
        """Give a database its new name; a move that was interrupted is finished by the same call.

        The database goes first: as soon as its changes are somewhere else it must not be the one in use.
        """
        for ending in FILES:
            with suppress(FileNotFoundError):
                self._rename(self.database(number).name + ending, self.damaged_database(number).name + ending)
        os.fsync(self.handle)

    def begin_draft(self) -> Path:
        """An empty file of mode 0600 for a new database, in place of one that was never finished."""
        for ending in ("", "-journal"):
            with suppress(FileNotFoundError):
                os.unlink(DRAFT + ending, dir_fd=self.handle)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        os.close(os.open(DRAFT, flags, 0o600, dir_fd=self.handle))
        return self.path / DRAFT

    def publish_draft(self, number: int) -> None:
        """From now on the draft is the database in use."""
        self._rename(DRAFT, self.database(number).name)
        os.fsync(self.handle)

    def keep_reserve(self, size: int) -> None:
        """Hold bytes of the disk back, so that what waits can be taken out of a full one; OSError without room."""
        with suppress(FileNotFoundError):
            if os.stat(RESERVE, dir_fd=self.handle).st_size >= size:
                return
        if self.free_bytes() < size:
            raise _no_space()
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        handle = os.open(RESERVE, flags, 0o600, dir_fd=self.handle)
        try:
            _fill(handle, size)
        except OSError:
            os.ftruncate(handle, 0)
            raise
        finally:
            os.close(handle)

    def spend_reserve(self) -> bool:
        """Give those bytes back to the disk; false if there were none."""
        with suppress(FileNotFoundError):
            spent = os.stat(RESERVE, dir_fd=self.handle).st_size > 0
            os.unlink(RESERVE, dir_fd=self.handle)
            return spent
        return False

    def free_bytes(self) -> int:
        """Room on the disk."""
        found = os.fstatvfs(self.handle)
        return found.f_bavail * found.f_frsize

    def _rename(self, old: str, new: str) -> None:
        os.rename(old, new, src_dir_fd=self.handle, dst_dir_fd=self.handle)

    def _numbers(self, pattern: re.Pattern[str]) -> list[int]:
        names = os.listdir(self.handle)  # noqa: PTH208  # of a descriptor
        return [int(found[1]) for name in names if (found := pattern.fullmatch(name))]


def _make(path: Path) -> None:
    """Make the folder if it is missing, on disk: what is in it is there after a power failure only if it is."""
    with suppress(FileExistsError):
        path.mkdir(0o700, parents=True)
        parent = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(parent)
        finally:
            os.close(parent)


def reserve_for(max_bytes: int) -> int:
    """How much of the disk to hold back for a spool of that size."""
    return min(_RESERVE_BYTES, max_bytes // 8)


def _fill(handle: int, size: int) -> None:
    """Real bytes: a hole would take no room."""
    left = size
    while left:
        written = os.write(handle, bytes(min(left, 1 << 20)))
        if not written:
            raise _no_space()
        left -= written
    os.fsync(handle)


def _no_space() -> OSError:
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
