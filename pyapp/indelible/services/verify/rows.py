"""Rows of the log as raw bytes, each with the leaf that it claims; canonicalised here, never there."""

from collections.abc import Iterator
from struct import Struct
from typing import Any, NamedTuple

import psycopg
from psycopg.raw_cursor import RawServerCursor
from psycopg.types.numeric import Int8BinaryLoader
from psycopg.types.string import ByteaBinaryLoader

from indelible.errors import ConfigurationError
from indelible.queries import QUERIES
from indelible.services.verify.report import Finding, Kind
from indelible.tlog.leaf import CONTENT_COLUMNS, commit, content

FETCH = 2000
XIDS = 2**64  # xid8 has no sign, and is read as if it had one
NUMBERS = ("int8", "xid8", "timestamptz")
BYTES = (0, "text", "bytea", "jsonb")  # 0: enums, whose names are sent

# What a leaf says of its row: id, transaction, time, commitment; and the same behind the index of the leaf.
_CLAIM = Struct(">qQq32s")
_HASHED = Struct(">q56s")

# One byte before the text says in which version a jsonb is sent: there is one version only.
_JSONB = tuple(CONTENT_COLUMNS.index(name) - 1 for name in ("changes", "metadata"))

RELATIONS = {
    "audit.audit_logs", "audit_private.leaves", "audit_private.tiles", "audit_private.batches",
    "audit_private.checkpoints",
    "audit_private.cosignatures", "audit_private.epochs", "audit_private.log_position",
}  # fmt: skip
EXPECTED_TYPES = {
    "id": "int8", "xid": "xid8", "created_at": "timestamptz", "recorded_at": "timestamptz", "ip_address": "inet",
    "changes": "jsonb", "metadata": "jsonb", "outcome": "audit.outcome", "actor_proof": "audit.actor_proof",
    "time_source": "audit.time_source",
}  # fmt: skip


class Row(NamedTuple):
    """A row: which leaf it claims to be (`leaf_index`), and what that leaf must then say of it (`claim`).

    `salt` and canonical `content` are there to find out what was done to it; empty if the server hashed.
    """

    leaf_index: int | None
    claim: bytes
    salt: bytes | None = None
    content: bytes = b""

    @property
    def id(self) -> int:
        """The event."""
        return self._said[0]

    @property
    def xid(self) -> int:
        """The transaction that it names."""
        return self._said[1]

    @property
    def created_at(self) -> int:
        """When it happened, in microseconds since 2000."""
        return self._said[2]

    @property
    def recorded_at(self) -> int:
        """When it says that it was recorded: the beginning of its content."""
        return int.from_bytes(bytes.fromhex(self.content[3:19].decode()), "big", signed=True)

    @property
    def commitment(self) -> bytes:
        """The salted hash of its content."""
        return self._said[3]

    @property
    def _said(self) -> tuple[int, int, int, bytes]:
        return _CLAIM.unpack(self.claim)


def _of_raw(raw: tuple[Any, ...]) -> Row:
    """A row from the columns of `raw_rows`."""
    row_id, xid, created_at, leaf_index, salt, recorded_at, *others = raw
    for place in _JSONB:
        if others[place] is not None:
            others[place] = others[place][1:]
    canonical = content(recorded_at, others)
    claim = _CLAIM.pack(row_id, xid % XIDS, created_at, commit(salt or b"", canonical))
    return Row(leaf_index, claim, salt, canonical)


def _of_hashed(block: bytes) -> Iterator[Row]:
    """The rows in one block of `hashed_rows`."""
    for leaf_index, claim in _HASHED.iter_unpack(block):
        yield Row(leaf_index if leaf_index >= 0 else None, claim)


def prepare(connection: psycopg.Connection[Any], snapshot: str | None = None) -> None:
    """Begin the one transaction of a verification: all that is read is of one moment, that of `snapshot` if given."""
    connection.autocommit = True
    connection.cursor_factory = psycopg.RawCursor
    connection.execute(QUERIES["prepare_verification"].encode())
    connection.execute(QUERIES["act_as_owner"].encode())
    connection.autocommit = False
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    connection.read_only = True
    if snapshot:
        connection.execute(f"set transaction snapshot '{snapshot}'".encode())


def check_relations(connection: psycopg.Connection[Any]) -> Iterator[Finding]:
    """Whether what is read are the tables themselves: no view, rule or foreign table in their place, no other type.

    Raises:
        ConfigurationError: the login may not read them, salts above all.
    """
    found = connection.execute(QUERIES["relations_read"].encode()).fetchall()
    for name in RELATIONS - {name for name, _, _ in found}:
        yield Finding(Kind.REPLACED, f"{name} is gone.")
    for name, is_plain, is_readable in found:
        if not is_plain:
            yield Finding(Kind.REPLACED, f"{name} is not the plain table that it must be.")
        elif not is_readable:
            raise ConfigurationError("Verifying reads salts: it takes a superuser or a member of audit_owner.")
    types = dict(connection.execute(QUERIES["columns_read"].encode()).fetchall())
    for column in ("id", "xid", "created_at", *CONTENT_COLUMNS):
        expected = EXPECTED_TYPES.get(column, "text")
        if types.get(column, "").removeprefix("pg_catalog.") != expected:
            yield Finding(Kind.REPLACED, f"The column {column} of the log is not of type {expected}.")


def read_rows(connection: psycopg.Connection[Any], above: int, up_to: int, *, fast: bool) -> Iterator[Row]:
    """The rows with ids in a range; one that claims several leaves comes once for each.

    `fast` has the server make and hash the canonical form, by a function that is stored there.
    """
    for name in NUMBERS:
        connection.adapters.register_loader(name, Int8BinaryLoader)
    for kind in BYTES:
        connection.adapters.register_loader(kind, ByteaBinaryLoader)
    with RawServerCursor(connection, "rows") as cursor:
        cursor.execute(QUERIES["hashed_rows" if fast else "raw_rows"].encode(), [above, up_to], binary=True)
        while rows := cursor.fetchmany(FETCH):
            if fast:
                yield from (row for (block,) in rows for row in _of_hashed(block))
            else:
                yield from map(_of_raw, rows)
