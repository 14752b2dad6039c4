"""What it means when SQLite refuses: our statements are always the same, so what is not the disk's fault is damage."""

import errno
import sqlite3
from enum import Enum
from pathlib import Path

from indelible.services.spool.table import DamagedDatabase

# Less room than this on the disk explains any failed write.
_SCARCE_BYTES = 64 * 1024
_HEADER = slice(18, 20)  # how the file may be written and read: 1 (journal) or 2 (WAL), all else is read-only


class Fault(Enum):
    """The cause, in the words of the sentence that tells of it."""

    FULL = "the disk is full"
    LOCKED = "another program keeps it locked"
    UNWRITABLE = "it cannot be written"
    INPUT_OUTPUT = "the disk does not read or write it"
    DAMAGED = "the file is damaged"


_FAULTS = {
    sqlite3.SQLITE_FULL: Fault.FULL,
    sqlite3.SQLITE_BUSY: Fault.LOCKED,
    sqlite3.SQLITE_LOCKED: Fault.LOCKED,
    sqlite3.SQLITE_PROTOCOL: Fault.LOCKED,
    sqlite3.SQLITE_PERM: Fault.UNWRITABLE,
    sqlite3.SQLITE_READONLY: Fault.UNWRITABLE,
    sqlite3.SQLITE_CANTOPEN: Fault.UNWRITABLE,
    sqlite3.SQLITE_IOERR: Fault.INPUT_OUTPUT,
    sqlite3.SQLITE_NOMEM: Fault.INPUT_OUTPUT,
    sqlite3.SQLITE_INTERRUPT: Fault.INPUT_OUTPUT,
}


def fault_of(error: Exception, database: Path, free_bytes: int) -> Fault:
    """Why the `database` in use, or its folder, refused, while the disk has so many bytes left."""
    if isinstance(error, DamagedDatabase):
        return Fault.DAMAGED
    if isinstance(error, OSError):
        return Fault.FULL if error.errno in (errno.ENOSPC, errno.EDQUOT) else Fault.UNWRITABLE
    code = getattr(error, "sqlite_errorcode", None)
    if code in (sqlite3.SQLITE_IOERR_SHORT_READ, sqlite3.SQLITE_IOERR_CORRUPTFS):
        return Fault.DAMAGED
    fault = _FAULTS.get(code & 0xFF, Fault.DAMAGED) if code is not None else Fault.DAMAGED
    if fault is Fault.UNWRITABLE and _says_read_only(database):
        return Fault.DAMAGED
    if fault in (Fault.UNWRITABLE, Fault.INPUT_OUTPUT) and free_bytes < _SCARCE_BYTES:
        return Fault.FULL
    return fault


def _says_read_only(database: Path) -> bool:
    try:
        with database.open("rb") as file:
            return not set(file.read(20)[_HEADER]) <= {1, 2}
    except OSError:
        return False
