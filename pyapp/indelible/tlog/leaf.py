"""What a leaf of the log commits to, byte by byte: docs/sealing.md is the specification.

An entry is published for ever, to strangers: what could be guessed in it stands behind a salted hash.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from struct import Struct

VERSION = 1
SALT_BYTES = 16

# The columns of audit.audit_logs behind the commitment, in this order; the entry itself holds id, xid and created_at.
CONTENT_COLUMNS = (
    "recorded_at", "action", "outcome", "user_id", "db_user", "actor_proof", "entity_type", "entity_id", "description",
    "permission", "ip_address", "request_id", "changes", "metadata", "time_source",
)  # fmt: skip

_LAYOUT = Struct(">BIqQq32s")
ENTRY_BYTES = _LAYOUT.size


@dataclass(frozen=True, slots=True)
class Entry:
    """One leaf: the row `id` of transaction `xid`, created at `created_at`, sealed in `epoch`.

    Times are microseconds since 2000-01-01 00:00:00 UTC, as PostgreSQL stores and sends them; `commitment` is that of
    the row's other columns.
    """

    epoch: int
    id: int
    xid: int
    created_at: int
    commitment: bytes

    def encode(self) -> bytes:
        """The bytes that are hashed and published."""
        return _LAYOUT.pack(VERSION, self.epoch, self.id, self.xid, self.created_at, self.commitment)

    @classmethod
    def decode(cls, entry: bytes) -> "Entry":
        """The leaf in these bytes; ValueError for another version or length."""
        if len(entry) != ENTRY_BYTES or entry[0] != VERSION:
            raise ValueError(f"this is no entry of version {VERSION}")
        return cls(*_LAYOUT.unpack(entry)[1:])


def content(recorded_at: int, others: Iterable[bytes | None]) -> bytes:
    """The canonical form of a row's content: each column's length in decimal, a colon, and its bytes; null is `:`.

    `recorded_at` counts as in Entry; `others` are the rest of CONTENT_COLUMNS in PostgreSQL's text form, UTF-8.
    """
    first = recorded_at.to_bytes(8, "big", signed=True).hex().encode()
    return b"".join([b":" if value is None else b"%d:%b" % (len(value), value) for value in (first, *others)])


def commit(salt: bytes, canonical: bytes) -> bytes:
    """The commitment to a canonical form; without the salt it says nothing, however little there is to guess."""
    return sha256(salt + canonical).digest()
