"""No row is missed and none is sealed twice, whoever overtakes whom and however transactions end."""

import random
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from indelible.services.seal import sealer as sealing
from indelible.services.seal.store import Store
from tests.sealing import ORIGIN, committed, leading, published, seal
from tests.support import Login, one

Writer = Callable[[psycopg.Connection, random.Random, str], None]
WRITERS, TURNS = 4, 60


def insert(connection: psycopg.Connection, name: str, rows: int = 1) -> None:
    for number in range(rows):
        connection.execute("insert into public.things (name) values (%s)", (f"{name} {number}",))


def commit_one(connection: psycopg.Connection, chance: random.Random, name: str) -> None:
    insert(connection, name, chance.randint(1, 5))


def roll_back(connection: psycopg.Connection, chance: random.Random, name: str) -> None:
    with connection.transaction(force_rollback=True):
        insert(connection, name, chance.randint(1, 3))


def use_savepoints(connection: psycopg.Connection, chance: random.Random, name: str) -> None:
    with connection.transaction():
        for turn in range(4):
            with connection.transaction(force_rollback=chance.random() < 0.5):
                insert(connection, f"{name} in {turn}", chance.randint(0, 2))


def prepare(connection: psycopg.Connection, chance: random.Random, name: str) -> None:
    """A transaction that goes on without its session, and may end long after."""
    label = f"{connection.info.dbname} {name}"
    connection.execute("begin")
    insert(connection, name)
    connection.execute(f"prepare transaction '{label}'".encode())
    commit_one(connection, chance, f"{name} meanwhile")
    connection.execute(f"{chance.choice(['commit', 'rollback'])} prepared '{label}'".encode())


def take_long(connection: psycopg.Connection, chance: random.Random, name: str) -> None:
    """Rows of one transaction, between which others come and go."""
    with connection.transaction():
        for turn in range(5):
            insert(connection, f"{name} at {turn}")
            connection.execute("select pg_sleep(%s)", (chance.random() * 0.02,))


def test_each_row_is_one_leaf(
    postgresql: psycopg.Connection, admin_dsn: str, login: Login, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With batches so small that a snapshot takes several: as many leaves as rows, each the one of its row."""
    monkeypatch.setattr(sealing, "MOST_ROWS", 37)
    postgresql.execute("create table public.things (id int generated always as identity primary key, name text)")
    postgresql.execute("select audit.watch('public.things', 'THING')")
    writers: list[Writer] = [commit_one, roll_back, use_savepoints, prepare, take_long]

    def write(number: int) -> None:
        chance = random.Random(number)  # noqa: S311 - the same every time
        with closing(psycopg.connect(admin_dsn, autocommit=True)) as connection:
            for turn in range(TURNS):
                chance.choice(writers)(connection, chance, f"writer {number} turn {turn}")

    dsn = login("audit_sealer")
    threads = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    with leading(dsn, tmp_path) as sealer:
        sealer.start(ORIGIN)
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            sealer.step()
    assert one(postgresql, "select count(*) > 20 from audit_private.batches") == (True,)
    seal(dsn, tmp_path)
    entries, rows = published(postgresql, tmp_path), committed(postgresql)
    assert Counter(entry.id for entry in entries) == Counter(list(rows))
    assert all(entry.commitment == rows[entry.id].commitment for entry in entries)


def test_a_row_overtaken_by_a_batch_comes_in_a_later_one(
    postgresql: psycopg.Connection, admin_dsn: str, login: Login, tmp_path: Path
) -> None:
    """The lowest id may be the last to be committed: it is not passed over, and keeps nobody waiting."""
    dsn = login("audit_sealer")
    seal(dsn, tmp_path)
    with closing(psycopg.connect(admin_dsn)) as slow:
        slow.execute("select iam.create_user('slow', 'Slow')")
        postgresql.execute("select iam.create_user('quick', 'Quick')")
        seal(dsn, tmp_path)
        ids: dict[str, int] = dict(
            postgresql.execute(
                "select entity_id, id from audit.audit_logs where action = 'IAM_USER_CREATED'"
            ).fetchall()
        )
        assert {entry.id for entry in published(postgresql, tmp_path)} >= {ids["quick"]}
        slow.commit()
    (slow_id,) = one(
        postgresql, "select id from audit.audit_logs where entity_id = 'slow' and action = 'IAM_USER_CREATED'"
    )
    assert slow_id < ids["quick"]
    seal(dsn, tmp_path)
    assert [entry.id for entry in published(postgresql, tmp_path)].count(slow_id) == 1


def test_rows_that_move_between_partitions_are_not_missed(
    postgresql: psycopg.Connection, login: Login, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Maintenance that empties the net moves rows: the sealer's snapshot never falls between there and here."""
    postgresql.execute(
        """
        do $$ declare v_name regclass; begin
          for v_name in select relid from pg_partition_tree('audit.audit_logs')
            where isleaf and relid <> 'audit_private.audit_logs_default'::regclass loop
            execute format('drop table %s', v_name);
          end loop;
        end $$
        """
    )
    postgresql.execute("select iam.create_user('ann', 'Ann')")
    take, refused = Store.take, []

    def take_later(store: Store, epoch: int, size: int, salts: bytes) -> tuple[bytes, bool]:
        store.head()  # if nothing had one yet, the batch has its snapshot now
        try:
            postgresql.execute("select audit.maintain()")
        except psycopg.errors.LockNotAvailable:
            refused.append(size)
        return take(store, epoch, size, salts)

    with leading(login("audit_sealer"), tmp_path) as sealer:
        sealer.start(ORIGIN)
        with monkeypatch.context() as patch:
            patch.setattr(Store, "take", take_later)
            sealer.step()
        postgresql.execute("select audit.maintain()")
        while not sealer.step():
            pass
    entries, rows = published(postgresql, tmp_path), committed(postgresql)
    assert Counter(entry.id for entry in entries) == Counter(list(rows))
    assert refused
