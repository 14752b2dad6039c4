"""The sealer's functions refuse what would leave a gap or a fork, and what they store stays as it is."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from indelible.services.seal.store import Store
from indelible.tlog.stored import Piece
from tests.sealing import ORIGIN, seal
from tests.support import Login, one


@pytest.fixture
def sealed(postgresql: psycopg.Connection, login: Login, tmp_path: Path) -> Iterator[tuple[Store, int]]:
    """A log that is sealed, a second session of a sealer on it, and the size of the tree."""
    dsn = login("audit_sealer")
    size = seal(dsn, tmp_path)
    with closing(psycopg.connect(dsn, autocommit=True)) as connection:
        yield Store(connection), size


def test_a_batch_needs_one_snapshot(sealed: tuple[Store, int], login: Login) -> None:
    """Between two snapshots of READ COMMITTED a row could fall: refused (ID014)."""
    _, size = sealed
    with psycopg.connect(login("audit_sealer"), autocommit=True) as connection:
        with pytest.raises(psycopg.Error) as refusal:
            connection.execute("select audit.seal_batch(1, %s, %s)", (size, bytes(16)))
        assert refusal.value.sqlstate == "ID014"


@pytest.mark.parametrize(("epoch", "more"), [(2, 0), (1, 1), (1, -1)])
def test_a_sealer_that_missed_something_is_refused(sealed: tuple[Store, int], epoch: int, more: int) -> None:
    """Whoever has another tree in mind than the log has would fork it (ID014)."""
    store, size = sealed
    with pytest.raises(psycopg.Error) as refusal, store.batch():
        store.take(epoch, size + more, bytes(16))
    assert refusal.value.sqlstate == "ID014"


def test_a_root_is_stored_for_the_leaves_that_are_there(sealed: tuple[Store, int]) -> None:
    """A batch is closed at the size to which it grew (ID014), and once."""
    store, size = sealed
    with pytest.raises(psycopg.Error) as refusal, store.batch():
        store.close(size + 1, bytes(32), [Piece(-1, 0, 255, b"an entry")])
    assert refusal.value.sqlstate == "ID014"


def test_of_two_batches_at_once_one_fails(
    postgresql: psycopg.Connection, sealed: tuple[Store, int], login: Login, tmp_path: Path
) -> None:
    """Should ever two sealers work at once, the slower one's batch never happened."""
    store, size = sealed
    postgresql.execute("select iam.create_user('ann', 'Ann')")
    with pytest.raises(psycopg.errors.UniqueViolation), store.batch():
        _overtaken(store, size, login("audit_sealer"), tmp_path)


def _overtaken(store: Store, size: int, dsn: str, folder: Path) -> None:
    store.head()  # takes the snapshot
    assert seal(dsn, folder) > size
    store.take(1, size, bytes(160))


def test_an_epoch_begins_alone(sealed: tuple[Store, int], login: Login) -> None:
    """In a transaction that has written already, its own rows would count as sealed: refused (ID014)."""
    with psycopg.connect(login("audit_sealer")) as connection:
        connection.execute("select pg_current_xact_id()")
        with pytest.raises(psycopg.Error) as refusal:
            connection.execute("select audit.begin_epoch('log.test', 'key', 'because')")
        assert refusal.value.sqlstate == "ID014"


def test_an_epoch_begins_with_what_is_committed_now(sealed: tuple[Store, int], login: Login) -> None:
    """A snapshot from before the last batch would have its rows sealed again: refused (ID014)."""
    with psycopg.connect(login("audit_sealer")) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        with pytest.raises(psycopg.Error) as refusal:
            connection.execute("select audit.begin_epoch('log.test', 'key', 'because')")
        assert refusal.value.sqlstate == "ID014"


def test_an_epoch_begins_for_a_reason(sealed: tuple[Store, int]) -> None:
    """Nobody continues a log without saying why (ID014)."""
    store, _ = sealed
    with pytest.raises(psycopg.Error) as refusal:
        store.begin_epoch(ORIGIN, "key", "", None)
    assert refusal.value.sqlstate == "ID014"


@pytest.mark.parametrize("table", ["epochs", "tiles", "batches", "checkpoints", "leaves"])
@pytest.mark.parametrize("statement", ["delete from {}", "truncate {} cascade", "update {} set {} = {}"])
def test_what_is_sealed_stays(
    postgresql: psycopg.Connection, sealed: tuple[Store, int], table: str, statement: str
) -> None:
    """Not even a superuser changes, deletes or empties it in passing (ID001)."""
    column = (
        "id"
        if table == "leaves"
        else one(
            postgresql,
            "select attname from pg_attribute where attrelid = %s::regclass and attnum = 1",
            f"audit_private.{table}",
        )[0]
    )
    with pytest.raises(psycopg.Error) as refusal:
        postgresql.execute(statement.format(f"audit_private.{table}", column, column).encode())
    assert refusal.value.sqlstate == "ID001"


def test_a_salt_can_be_erased(postgresql: psycopg.Connection, sealed: tuple[Store, int]) -> None:
    """What was said of somebody can be made unguessable; that there was a leaf stays."""
    leaves = one(postgresql, "select count(*) from audit_private.leaves")
    postgresql.execute("update audit_private.leaves set salt = null where leaf_index = 3")
    assert one(postgresql, "select count(*) from audit_private.leaves") == leaves


def test_the_sealer_sees_no_row(postgresql: psycopg.Connection, sealed: tuple[Store, int], login: Login) -> None:
    """It may lock the log; what is in it stays hidden from it."""
    with psycopg.connect(login("audit_sealer"), autocommit=True) as connection:
        assert one(postgresql, "select count(*) > 0 from audit.audit_logs") == (True,)
        assert one(connection, "select count(*) from audit.audit_logs") == (0,)
