"""A sealer to test with, and the log that it makes, read as a stranger would."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg

from indelible.services.seal.folder import SealerFolder
from indelible.services.seal.run import wait_to_lead
from indelible.services.seal.sealer import Sealer
from indelible.services.seal.store import Store
from indelible.tlog.checkpoint import Checkpoint
from indelible.tlog.leaf import CONTENT_COLUMNS, Entry, commit, content
from indelible.tlog.merkle import leaf_hash, root_hash
from indelible.tlog.note import open_note
from indelible.tlog.tiles import ENTRIES, Tile, decode_entries, reader, width_at

ORIGIN = "log.test/indelible"


@contextmanager
def leading(dsn: str, folder: Path) -> Iterator[Sealer]:
    """A sealer that leads, on a connection of its own."""
    with closing(psycopg.connect(dsn, autocommit=True)) as connection:
        store = Store(connection)
        assert wait_to_lead(store, threading.Event(), print)
        yield Sealer(store, SealerFolder(folder))


def seal(dsn: str, folder: Path) -> int:
    """Seal everything there is; the size of the tree."""
    with leading(dsn, folder) as sealer:
        sealer.start(ORIGIN)
        while not sealer.step():
            pass
        return sealer.size


def checkpoint(connection: psycopg.Connection[Any], folder: Path) -> Checkpoint:
    """The newest checkpoint, if the sealer's key signed it."""
    row = connection.execute("select audit.read_checkpoint()").fetchone()
    assert row is not None
    origin = str(row[0]).split("\n", 1)[0]
    verifiers = [signer.verifier for signer in SealerFolder(folder).signers(origin)]
    return Checkpoint.parse(open_note(row[0], verifiers).text)


def published(connection: psycopg.Connection[Any], folder: Path) -> list[Entry]:
    """The entries under the newest checkpoint, if its root is over them and over every tile."""
    store = Store(connection)
    head = checkpoint(connection, folder)
    widths = [width_at(ENTRIES, number, head.size) for number in range(-(-head.size // 256))]
    entries = [
        entry
        for number, width in enumerate(widths)
        for entry in decode_entries(store.read_tile(Tile(ENTRIES, number, width)))
    ]
    assert len(entries) == head.size
    leaves = [leaf_hash(entry) for entry in entries]
    assert root_hash(head.size, reader(store.read_tile, head.size)) == head.root
    assert [read for number, width in enumerate(widths) for read in _hashes(store, Tile(0, number, width))] == leaves
    return [Entry.decode(entry) for entry in entries]


def _hashes(store: Store, tile: Tile) -> list[bytes]:
    found = store.read_tile(tile)
    return [found[at : at + 32] for at in range(0, len(found), 32)]


def committed(connection: psycopg.Connection[Any]) -> dict[int, Entry]:
    """What the leaf of each row must be, from its raw columns: by id."""
    columns = ", ".join(f"log.{name}" for name in CONTENT_COLUMNS[1:])
    result = connection.pgconn.exec_(
        f"""
        select log.id, log.xid, timestamptz_send(log.created_at), timestamptz_send(log.recorded_at), leaf.salt,
          {columns}
        from audit.audit_logs as log
        left join audit_private.leaves as leaf on leaf.id = log.id
        """.encode()
    )
    rows = ([result.get_value(row, column) for column in range(result.nfields)] for row in range(result.ntuples))
    return {int(row[0] or b""): _entry(row) for row in rows}


def _entry(row: list[bytes | None]) -> Entry:
    number, xid, *binary = (value or b"" for value in row[:5])
    created_at, recorded_at, salt = (bytes.fromhex(value[2:].decode()) for value in binary)
    canonical = content(int.from_bytes(recorded_at, "big", signed=True), row[5:])
    return Entry(1, int(number), int(xid), int.from_bytes(created_at, "big", signed=True), commit(salt, canonical))
