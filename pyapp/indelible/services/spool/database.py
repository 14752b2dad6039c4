"""The spool's database: its tables, and how it is opened."""

import sqlite3
from pathlib import Path
from urllib.parse import quote

from indelible.services.spool.table import DamagedDatabase
from indelible.services.spool.turn import WAIT_SECONDS

# Where a message quotes bytes of a damaged file, decoding it fails.
SQLITE_ERRORS = (sqlite3.Error, UnicodeDecodeError)
# What waits, in order of arrival; who or what keeps some of it from being claimed, by the monotonic clock; what is not
# replayed any more. `tally` is how many rows `events` must have: a tree of pages can lose a branch without a sound.
SCHEMA = """
create table events (
  position integer primary key,
  event_id blob not null unique,
  payload blob not null,
  spooled_at integer not null,
  checksum blob not null
);
create table holds (
  position integer primary key,
  attempts integer not null,
  owner text,
  held_from real not null,
  held_until real not null
);
create table aside (
  position integer primary key,
  event_id blob not null,
  payload blob not null,
  spooled_at integer not null,
  checksum blob not null,
  attempts integer not null,
  reason text not null,
  set_aside_at integer not null
);
create index aside_event_id on aside (event_id);
create table tally (waiting integer not null);
insert into tally values (0);
"""
# Pages that the WAL may have before it is written back: as much as that must fit into the reserve.
CHECKPOINT_PAGES = 256


def begin_tables(connection: sqlite3.Connection) -> None:
    """Make the tables in an empty database, in a transaction that the caller ends."""
    connection.execute("pragma synchronous = full")
    connection.execute("begin immediate")
    for statement in SCHEMA.split(";\n"):
        connection.execute(statement)


def connect_draft(path: Path) -> sqlite3.Connection:
    """Open a database that is yet to be made, without a WAL: when it is closed, all of it is in the one file."""
    return _connect(path, "rw")


def connect(path: Path) -> sqlite3.Connection:
    """Open a database for reading and writing; every commit is on disk when it returns."""
    connection = _connect(path, "rw")
    try:
        if connection.execute("pragma journal_mode = wal").fetchone() != ("wal",):
            raise sqlite3.OperationalError("no WAL on this file system")  # noqa: TRY301
        connection.execute("pragma synchronous = full")
        connection.execute(f"pragma wal_autocheckpoint = {CHECKPOINT_PAGES}")
    except BaseException:
        connection.close()
        raise
    return connection


def require_frames(connection: sqlite3.Connection, expected: int | None) -> None:
    """DamagedDatabase if SQLite has not found so many frames in the WAL, or None, which no WAL can have."""
    (_, frames, _) = connection.execute("pragma wal_checkpoint(passive)").fetchone()
    if expected is None or frames < expected:
        raise DamagedDatabase("its WAL is damaged")


def connect_read_only(path: Path) -> sqlite3.Connection:
    """Open a database that is not to be changed."""
    return _connect(path, "ro")


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"file:{quote(str(path))}?mode={mode}",
        uri=True,
        timeout=WAIT_SECONDS,
        isolation_level=None,
        check_same_thread=False,  # the spool lets one thread in at a time
    )
    connection.text_factory = lambda text: text.decode(errors="replace")
    for pragma in ("temp_store = memory", "cell_size_check = on", "trusted_schema = off"):
        connection.execute(f"pragma {pragma}")
    return connection
