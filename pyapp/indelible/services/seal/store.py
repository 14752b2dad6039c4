"""The log in the database, as the sealer's functions give it."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import psycopg

from indelible.queries import QUERIES
from indelible.services.seal.memory import Server
from indelible.tlog.stored import Piece, stored_level, tile_of
from indelible.tlog.tiles import Tile

# Nothing of the login's own settings may weaken a commit or end a long one.
PREPARE_SESSION = b"""
set search_path to pg_catalog; set synchronous_commit to on; set statement_timeout to 0; set lock_timeout to 0;
set idle_in_transaction_session_timeout to 0; set idle_session_timeout to 0; set default_transaction_read_only to off;
set default_transaction_isolation to 'read committed'
"""


@dataclass(frozen=True)
class Head:
    """The log as the database tells it: `epoch` and `origin` are None before it begins, `root` before the first leaf.

    `checkpoint_size` is the size of the newest checkpoint that was stored.
    """

    server: Server
    epoch: int | None
    origin: str | None
    size: int
    root: bytes | None
    checkpoint_size: int | None


class Store:
    """A connection of the sealer's, in autocommit mode."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        connection.cursor_factory = psycopg.RawCursor
        connection.execute(PREPARE_SESSION)
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        self._call("act_as_sealer")

    def try_to_lead(self) -> bool:
        """Whether this is now the one session that seals, until it ends."""
        return bool(self._call("try_to_lead"))

    def head(self) -> Head:
        """Where and how large the log is."""
        row = self._connection.execute(QUERIES["log_head"].encode()).fetchone()
        if row is None:
            raise LookupError("log_head")
        return Head(Server(*row[:3]), row[3], row[4], row[5] or 0, row[6], row[7])

    def begin_epoch(self, origin: str, verifier_key: str, reason: str, lost: str | None) -> int:
        """Begin or continue the log here; the number of the new epoch. `lost` is JSON."""
        return int(self._call("begin_epoch", origin, verifier_key, reason, lost))

    def batch(self) -> AbstractContextManager[Any]:
        """The transaction of one batch. The log is locked before the snapshot is taken, see the query."""
        return self._connection.transaction()

    def lock(self) -> None:
        """Keep the partitions of the log as they are until the end of the transaction."""
        self._connection.execute(QUERIES["lock_log"].encode())

    def take(self, epoch: int, size: int, salts: bytes) -> tuple[bytes, bool]:
        """Entries of the next rows, one after the other, and whether these are all that wait."""
        row = self._connection.execute(QUERIES["seal_batch"].encode(), (epoch, size, salts)).fetchone()
        if row is None:
            raise LookupError("seal_batch")
        return row[0], row[1]

    def close(self, size: int, root: bytes, pieces: Iterable[Piece]) -> None:
        """Add what the batch brought."""
        rows = [(piece.level, piece.number, piece.start, piece.content) for piece in pieces]
        self._call("close_batch", size, root, *(list(column) for column in zip(*rows, strict=True)))

    def store_checkpoint(self, origin: str, size: int, note: str) -> None:
        """Publish a checkpoint."""
        self._call("store_checkpoint", origin, size, note)

    def note(self, event: str, *values: object) -> None:
        """Put on record what the named query says: heartbeat, observe_capture or note_key."""
        self._call(event, *values)

    def read_tile(self, tile: Tile) -> bytes:
        """The bytes of a tile; ValueError if it is not there."""
        content = tile_of(tile, self._call("read_tile", stored_level(tile), tile.number))
        if content is None:
            raise ValueError(f"{tile.path} is missing")
        return content

    def store_cosignatures(self, origin: str, size: int, lines: list[str]) -> None:
        """Publish the signatures of witnesses under a checkpoint."""
        self._call("store_cosignatures", origin, size, lines)

    def read_checkpoint(self, size: int | None = None) -> str | None:
        """The published checkpoint, or the one of this size; None if there is none."""
        note: str | None = self._call("read_checkpoint", size)
        return note

    def _call(self, query: str, *values: object) -> Any:
        row = self._connection.execute(QUERIES[query].encode(), values).fetchone()
        return row[0] if row else None
