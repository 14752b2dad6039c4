"""What one process has open of the spool: the folder, and a connection to the database in use."""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

from indelible.errors import SpoolError
from indelible.services.spool.database import SQLITE_ERRORS, begin_tables, connect, connect_draft, require_frames
from indelible.services.spool.folder import FILES, Folder
from indelible.services.spool.presence import Presence
from indelible.services.spool.records import Damage
from indelible.services.spool.salvage import salvage
from indelible.services.spool.table import DamagedDatabase
from indelible.services.spool.turn import Turn
from indelible.services.spool.wal import committed_frames

Identity = tuple[int | None, ...]


class Desk:
    """Open on `path`; all but `is_there` and `close` only in one's turn.

    `reports` gets what was found damaged.

    Raises:
        SpoolError: the folder cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self.folder = Folder(path)
        self.reports: list[Damage] = []
        self._connection: sqlite3.Connection | None = None
        self._opened: Identity | None = None
        self._reason = "it was found damaged"
        try:
            with ExitStack() as opened:
                opened.callback(self.folder.close)
                self.turn = Turn(self.folder.handle)
                opened.callback(self.turn.close)
                self._presence = Presence(self.folder.handle)
                opened.pop_all()
        except OSError as error:
            raise SpoolError(f"The spool folder {path} cannot be used: {error.strerror}.") from error

    def close(self) -> None:
        """Close all of it."""
        self._close_connection()
        self._presence.close()
        self.turn.close()
        self.folder.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A transaction of the database in use, on disk when the block has ended without an exception."""
        connection = self._connect()
        connection.execute("begin immediate")
        try:
            yield connection
            connection.execute("commit")
        finally:
            if connection.in_transaction:
                with suppress(*SQLITE_ERRORS):
                    connection.execute("rollback")

    def database(self) -> Path:
        """The database in use, or the first one that will be."""
        return self.folder.database(self.folder.current() or self.folder.next())

    def set_aside(self, reason: str) -> None:
        """Give the database in use another name, since it is damaged; the next transaction begins a new one."""
        self._reason = reason
        if (number := self.folder.current()) is not None:
            self.folder.move_aside(number)

    def shrink(self) -> None:
        """Give back to the disk what an empty database has no use for; another time, if that fails."""
        with suppress(*SQLITE_ERRORS, OSError):
            connection = self._connect()
            connection.execute("vacuum")
            # Only then is the file itself shorter.
            connection.execute("pragma wal_checkpoint(truncate)")

    def _connect(self) -> sqlite3.Connection:
        number = self.folder.current()
        if number is None:
            number = self._begin()
            self._close_connection()  # not earlier: closing the last one writes back and removes its WAL
        database = self.folder.database(number)
        if self._connection is not None and self._opened is not None:
            self._look_for_changes(self._connection, self._opened, _identity(database))
        if self._connection is None:
            # SQLite reads a WAL anew if nobody else has it open.
            expected = committed_frames(database) if self._presence.is_alone() else 0
            self._connection = connect(database)
            self._presence.begin()
            try:
                require_frames(self._connection, expected)
            finally:
                self._opened = _identity(database)  # its WAL is there only now
        return self._connection

    def _look_for_changes(self, connection: sqlite3.Connection, opened: Identity, found: Identity) -> None:
        """Let go of a database that was exchanged; DamagedDatabase if somebody has removed what belongs to it."""
        if found[0] != opened[0]:
            self._close_connection()
        elif found != opened:
            if all(file in (None, before) for file, before in zip(found, opened, strict=True)):
                # Nobody has begun new ones: what we have open is all there is.
                connection.execute("pragma wal_checkpoint(full)")
            raise DamagedDatabase("its WAL was removed")

    def _begin(self) -> int:
        """Begin a new database with what can be read of the one that was set aside before; returns its number."""
        number, last = self.folder.next(), self.folder.last_damaged()
        with closing(connect_draft(self.folder.begin_draft())) as draft:
            begin_tables(draft)
            if last is not None:
                self.folder.move_aside(last)
                found = salvage(self.folder.damaged_database(last), draft)
            draft.execute("commit")
        self.folder.publish_draft(number)
        if last is not None:
            name = self.folder.damaged_database(last).name
            self.reports.append(Damage(self._reason, name, found.events, found.missing))
        return number

    def _close_connection(self) -> None:
        connection, self._connection, self._opened = self._connection, None, None
        if connection is not None:
            with suppress(*SQLITE_ERRORS):
                connection.close()
            self._presence.end()


def _identity(database: Path) -> Identity:
    """Which files are there under the names of a database."""
    return tuple(_inode(Path(f"{database}{ending}")) for ending in FILES)


def _inode(path: Path) -> int | None:
    with suppress(FileNotFoundError):
        return path.stat().st_ino
    return None
