"""What a superuser does to the log behind the sealer's back: nothing more is signed, until a person decides."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from threading import Event

import psycopg
import pytest

from indelible.errors import SealRefused
from indelible.services.seal.adopt import adopt
from indelible.services.seal.folder import SealerFolder
from indelible.services.seal.run import wait_to_lead
from indelible.services.seal.store import Store
from indelible.tlog.merkle import root_hash
from indelible.tlog.tiles import reader
from tests.sealing import ORIGIN, checkpoint, published, seal
from tests.support import Login, one

TABLES = ("checkpoints", "batches", "tiles", "leaves", "log_position", "epochs")


@pytest.fixture
def disarmed(postgresql: psycopg.Connection, login: Login, tmp_path: Path) -> psycopg.Connection:
    """A log sealed in two batches, whose guards a superuser took down."""
    dsn = login("audit_sealer")
    seal(dsn, tmp_path)
    postgresql.execute("select iam.create_user('ann', 'Ann')")
    seal(dsn, tmp_path)
    for table in TABLES:
        postgresql.execute(f"alter table audit_private.{table} disable trigger user".encode())
    return postgresql


def remove(connection: psycopg.Connection) -> None:
    for table in TABLES:
        connection.execute(f"delete from audit_private.{table}".encode())


def shorten(connection: psycopg.Connection) -> None:
    """Back to the first batch, as if the second had never been."""
    (size,) = one(connection, "select min(tree_size) from audit_private.batches")
    for statement in (
        "delete from audit_private.checkpoints where tree_size > %s",
        "delete from audit_private.batches where tree_size > %s",
        "delete from audit_private.leaves where leaf_index >= %s",
        "delete from audit_private.tiles where level = -1 and number * 256 + start >= %s",
        "update audit_private.log_position set tree_size = %s",
    ):
        connection.execute(statement.encode(), (size,))


def flip_bit(connection: psycopg.Connection) -> None:
    """The first entry, of the first event that ever was."""
    connection.execute(
        "update audit_private.tiles set content = set_bit(content, 100, 1 - get_bit(content, 100)) where start = 0"
    )


def flip_bit_and_root(connection: psycopg.Connection) -> None:
    """The same, and the root over it as if it had always been so."""
    flip_bit(connection)
    (size,) = one(connection, "select max(tree_size) from audit_private.batches")
    with closing(psycopg.connect(connection.info.dsn, password=connection.info.password, autocommit=True)) as other:
        root = root_hash(size, reader(Store(other).read_tile, size))
    connection.execute("update audit_private.batches set root = %s where tree_size = %s", (root, size))


@pytest.mark.parametrize(
    ("tamper", "why", "adoptable"),
    [
        (remove, "is gone", True),
        (shorten, "has shrunk", True),
        (flip_bit, "another root than when it was sealed", False),
        (flip_bit_and_root, "What was signed of the log has been changed", True),
    ],
)
def test_a_changed_log_is_not_signed(
    disarmed: psycopg.Connection,
    admin_dsn: str,
    tmp_path: Path,
    tamper: Callable[[psycopg.Connection], None],
    why: str,
    adoptable: bool,
) -> None:
    """Refused, loudly; adopted, the log goes on under another name, which is no fork of what was signed."""
    before = SealerFolder(tmp_path).memory()
    tamper(disarmed)
    with pytest.raises(SealRefused, match=why):
        seal(admin_dsn, tmp_path)
    assert SealerFolder(tmp_path).memory() == before
    with closing(psycopg.connect(admin_dsn, autocommit=True)) as connection:
        store = Store(connection)
        assert wait_to_lead(store, Event(), print)
        if not adoptable:
            with pytest.raises(SealRefused, match=why):
                adopt(store, SealerFolder(tmp_path), "we saw it")
            return
        assert adopt(store, SealerFolder(tmp_path), "we saw it").origin.startswith(f"{ORIGIN}/epoch-")
    seal(admin_dsn, tmp_path)
    assert published(disarmed, tmp_path)
    assert checkpoint(disarmed, tmp_path).origin != ORIGIN


def test_nothing_is_refused_untouched(disarmed: psycopg.Connection, admin_dsn: str, tmp_path: Path) -> None:
    """With the guards down and nothing changed, sealing goes on: the refusals above are of what was done."""
    disarmed.execute("select iam.create_user('bea', 'Bea')")
    before = SealerFolder(tmp_path).memory()
    assert before
    assert seal(admin_dsn, tmp_path) > before.size
    assert checkpoint(disarmed, tmp_path).origin == ORIGIN
