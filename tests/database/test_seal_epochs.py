"""The log elsewhere: upgraded, restored, recovered, promoted, copied. Refused until adopted, and never forked.

Each test has clusters of its own. What was signed before stays a beginning of what is signed after, or the log gets a
new name.
"""

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event

import psycopg
import pytest

from indelible.db.migrate import migrate
from indelible.errors import ConfigurationError, SealRefused
from indelible.services.seal.adopt import adopt as adopt_log
from indelible.services.seal.folder import SealerFolder
from indelible.services.seal.memory import Memory
from indelible.services.seal.run import wait_to_lead
from indelible.services.seal.store import Store
from indelible.tlog.merkle import consistency_proof, verify_consistency
from indelible.tlog.tiles import reader
from tests.clusters import Cluster
from tests.sealing import ORIGIN, checkpoint, committed, published, seal
from tests.support import events, one

pytestmark = pytest.mark.heavy
Make = Callable[..., Cluster]


@pytest.fixture
def make() -> Iterator[Make]:
    """`make("18")`: a place for a cluster of that version."""
    folder, made = Path(tempfile.mkdtemp(prefix="indelible-")), list[Cluster]()
    folder.chmod(0o711)

    def place(version: str = "18") -> Cluster:
        made.append(Cluster(folder / str(len(made)), version))
        return made[-1]

    yield place
    for cluster in made:
        cluster.stop()
    shutil.rmtree(folder)


@contextmanager
def connected(cluster: Cluster) -> Iterator[psycopg.Connection]:
    with closing(psycopg.connect(cluster.dsn, autocommit=True)) as connection:
        yield connection


def sealed(cluster: Cluster, folder: Path) -> Cluster:
    """The cluster, started, with a log that is sealed."""
    migrate(cluster.dsn)
    record(cluster, "first")
    seal(cluster.dsn, folder)
    return cluster


def record(cluster: Cluster, *names: str) -> None:
    with connected(cluster) as connection:
        for name in names:
            connection.execute("select iam.create_user(%s, 'A user')", (name,))


def spend_transactions(cluster: Cluster, number: int) -> None:
    with connected(cluster) as connection:
        loop = "for turn in 1..{} loop perform pg_current_xact_id(); commit; end loop"
        connection.execute(f"do $$ begin {loop.format(number)}; end $$".encode())


def memory_of(folder: Path) -> Memory:
    memory = SealerFolder(folder).memory()
    assert memory
    return memory


def adopt(cluster: Cluster, folder: Path, reason: str = "we know why") -> Memory:
    with closing(psycopg.connect(cluster.dsn, autocommit=True)) as connection:
        store = Store(connection)
        assert wait_to_lead(store, Event(), print)
        return adopt_log(store, SealerFolder(folder), reason)


def require_refusal(cluster: Cluster, folder: Path, why: str) -> None:
    """Nothing is signed and nothing is sealed."""
    before = memory_of(folder)
    with connected(cluster) as connection:
        sizes = "select count(*) from audit_private.batches"
        batches = one(connection, sizes)
        with pytest.raises(SealRefused, match=why):
            seal(cluster.dsn, folder)
        assert (memory_of(folder), one(connection, sizes)) == (before, batches)


def require_continued(cluster: Cluster, folder: Path, former: Memory) -> None:
    """Adopted and sealed: the same log goes on, every row is one leaf, new ones in a new epoch."""
    assert adopt(cluster, folder).origin == ORIGIN
    record(cluster, "after")
    seal(cluster.dsn, folder)
    with connected(cluster) as connection:
        head, store = checkpoint(connection, folder), Store(connection)
        proof = consistency_proof(former.size, head.size, reader(store.read_tile, head.size))
        assert verify_consistency(former.size, former.root, head.size, head.root, proof)
        require_whole(connection, folder)


def require_whole(connection: psycopg.Connection, folder: Path) -> None:
    """Each row is one leaf, in the epoch in which it was written."""
    entries, rows = published(connection, folder), committed(connection)
    assert Counter(entry.id for entry in entries) == Counter(list(rows))
    assert all(entry.commitment == rows[entry.id].commitment for entry in entries)
    (began,) = events(connection, "action = 'AUDIT_EPOCH' and (metadata ->> 'epoch')::int = 2")
    assert {entry.epoch for entry in entries if entry.id >= began["id"]} == {2}
    assert {entry.epoch for entry in entries if entry.id < began["id"]} <= {0, 1}
    assert began["description"] == "we know why"


def test_upgrade(make: Make, tmp_path: Path) -> None:
    """pg_upgrade makes another system of it."""
    old = sealed(make("16").create(), tmp_path)
    record(old, "unsealed")
    former = memory_of(tmp_path)
    old.stop()
    new = make("18").upgraded_from(old)
    require_refusal(new, tmp_path, "was signed on system")
    require_continued(new, tmp_path, former)


@pytest.mark.parametrize("version", ["16", "18"])
def test_restore_from_a_dump(make: Make, tmp_path: Path, version: str) -> None:
    """In a new cluster transaction ids begin anew: rows with ids yet to come are sealed now, and never again."""
    old = make(version).create()
    with connected(old) as connection:
        connection.execute(
            "do $$ begin for turn in 1..3000 loop perform pg_current_xact_id(); commit; end loop; end $$"
        )
    sealed(old, tmp_path)
    record(old, "unsealed")
    former = memory_of(tmp_path)
    new = make(version).restored_from(old)
    require_refusal(new, tmp_path, "was signed on system")
    require_continued(new, tmp_path, former)
    with connected(new) as connection:
        (highest,) = one(connection, "select max(xid)::text::bigint from audit.audit_logs")
        assert one(connection, "select pg_snapshot_xmax(pg_current_snapshot())::text::bigint")[0] < highest
        connection.execute(
            "do $$ begin for turn in 1..6000 loop perform pg_current_xact_id(); commit; end loop; end $$"
        )
        assert one(connection, "select pg_snapshot_xmax(pg_current_snapshot())::text::bigint")[0] > highest
        record(new, "late")
        seal(new.dsn, tmp_path)
        require_whole(connection, tmp_path)


def test_promoted_standby(make: Make, tmp_path: Path) -> None:
    """A standby that took over has the same system, and another timeline."""
    primary = sealed(make().create(), tmp_path)
    standby = make().backup_of(primary, "--write-recovery-conf", "--wal-method=stream").start()
    former = memory_of(tmp_path)
    with connected(primary) as connection, connected(standby) as replica:
        (end,) = one(connection, "select pg_current_wal_lsn()::text")
        while one(replica, f"select pg_last_wal_replay_lsn() < '{end}'") == (True,):
            pass
        primary.stop()
        assert one(replica, "select pg_promote()") == (True,)
    require_refusal(standby, tmp_path, "timeline 1, .* is now on .* timeline 2")
    require_continued(standby, tmp_path, former)


def recovered(make: Make, primary: Cluster, tmp_path: Path) -> Cluster:
    """The primary as it was in a backup, recovered to that point; sealed and signed further meanwhile."""
    copy = make().backup_of(primary, "--wal-method=fetch")
    record(primary, "lost", "lost-too")
    seal(primary.dsn, tmp_path)
    primary.stop()
    copy.write("postgresql.auto.conf", "restore_command = 'false'\nrecovery_target = 'immediate'\n")
    copy.write("postgresql.auto.conf", "recovery_target_action = 'promote'\n")
    copy.write("recovery.signal", "")
    copy.start()
    with connected(copy) as connection:
        while one(connection, "select pg_is_in_recovery()") == (True,):
            pass
    return copy


def test_recovery_to_a_point_in_time(make: Make, tmp_path: Path) -> None:
    """What was signed and is lost cannot be continued: the log gets a new name, and says what it lost."""
    primary = sealed(make().create(), tmp_path)
    copy = recovered(make, primary, tmp_path)
    former = memory_of(tmp_path)
    require_refusal(copy, tmp_path, "timeline 1, .* is now on .* timeline 2")
    assert adopt(copy, tmp_path).origin == f"{ORIGIN}/epoch-2"
    record(copy, "after")
    seal(copy.dsn, tmp_path)
    with connected(copy) as connection:
        require_whole(connection, tmp_path)
        assert checkpoint(connection, tmp_path).origin == f"{ORIGIN}/epoch-2"
        (began,) = events(connection, "action = 'AUDIT_EPOCH' and (metadata ->> 'epoch')::int = 2")
        lost = began["metadata"]["lost"]
        assert (lost["origin"], lost["size"]) == (ORIGIN, former.size)
        (size,) = one(connection, "select max(tree_size) from audit_private.checkpoints where origin = $1", ORIGIN)
        assert size < former.size


def test_an_old_copy(make: Make, tmp_path: Path) -> None:
    """A copy of the files from before has the same system and timeline; it has shrunk."""
    primary = sealed(make().create(), tmp_path)
    copy = make().backup_of(primary, "--wal-method=fetch")
    record(primary, "lost")
    seal(primary.dsn, tmp_path)
    primary.stop()
    require_refusal(copy.start(), tmp_path, "has shrunk")
    assert adopt(copy, tmp_path).origin == f"{ORIGIN}/epoch-2"
    seal(copy.dsn, tmp_path)
    with connected(copy) as connection:
        require_whole(connection, tmp_path)


def test_a_copy_of_the_database(make: Make, tmp_path: Path) -> None:
    """Beside the original, on the same server, it is another log."""
    cluster = sealed(make().create(), tmp_path)
    server = cluster.dsn.rpartition("/")[0]
    with closing(psycopg.connect(f"{server}/template1", autocommit=True)) as connection:
        connection.execute("create database copy template postgres")
    with pytest.raises(SealRefused, match="or it is a copy"):
        seal(f"{server}/copy", tmp_path)
    seal(cluster.dsn, tmp_path)


def crash_in(store: Store, cluster: Cluster, size: int) -> None:
    store.lock()
    assert store.take(1, size, bytes(16 * 100))[0]
    cluster.kill()
    store.head()


def test_a_crash_in_the_middle_of_a_batch(make: Make, tmp_path: Path) -> None:
    """The server is killed with a batch half done: it goes on by itself, for nothing was signed of it."""
    cluster = sealed(make().create(), tmp_path)
    record(cluster, "unsealed")
    with closing(psycopg.connect(cluster.dsn, autocommit=True)) as connection:
        store = Store(connection)
        with pytest.raises(psycopg.OperationalError), store.batch():
            crash_in(store, cluster, memory_of(tmp_path).size)
    cluster.start()
    former = memory_of(tmp_path)
    seal(cluster.dsn, tmp_path)
    with connected(cluster) as connection:
        head, store = checkpoint(connection, tmp_path), Store(connection)
        proof = consistency_proof(former.size, head.size, reader(store.read_tile, head.size))
        assert verify_consistency(former.size, former.root, head.size, head.root, proof)
        entries, rows = published(connection, tmp_path), committed(connection)
        assert Counter(entry.id for entry in entries) == Counter(list(rows))


def test_a_sealer_that_lost_its_memory(make: Make, tmp_path: Path) -> None:
    """Without what it signed last it cannot know what it would fork; nor are new keys made for an old log."""
    cluster = sealed(make().create(), tmp_path)
    (tmp_path / "last-signed.json").unlink()
    with pytest.raises(SealRefused, match="this sealer never signed it"):
        seal(cluster.dsn, tmp_path)
    assert adopt(cluster, tmp_path).origin == f"{ORIGIN}/epoch-2"
    (tmp_path / "keys").unlink()
    record(cluster, "more")
    with pytest.raises(ConfigurationError, match="restore them"):
        seal(cluster.dsn, tmp_path)
