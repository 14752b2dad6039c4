"""Every row becomes one leaf, and every leaf commits to its row: from its raw columns, whatever they hold."""

from pathlib import Path

import psycopg
import pytest

from indelible.tlog.leaf import Entry
from tests.sealing import ORIGIN, checkpoint, committed, leading, published, seal
from tests.support import Login, events


@pytest.fixture
def sealer_dsn(login: Login) -> str:
    """The login of a sealer, which is nothing else."""
    return login("audit_sealer")


def test_every_row_becomes_one_leaf(postgresql: psycopg.Connection, sealer_dsn: str, tmp_path: Path) -> None:
    """What was there before, what comes later, the sealer's own events: each has the leaf that its columns make."""
    size = seal(sealer_dsn, tmp_path)
    postgresql.execute("select iam.create_user('ann', 'Ann')")
    assert seal(sealer_dsn, tmp_path) > size
    entries, rows = published(postgresql, tmp_path), committed(postgresql)
    assert len(entries) == len(rows)
    for entry in entries:
        row = rows[entry.id]
        assert entry == Entry(entry.epoch, row.id, row.xid, row.created_at, row.commitment)
    began = events(postgresql, "action = 'AUDIT_EPOCH'")
    assert {entry.epoch for entry in entries if entry.id < began[0]["id"]} == {0}
    assert {entry.epoch for entry in entries if entry.id >= began[0]["id"]} == {1}
    assert checkpoint(postgresql, tmp_path).origin == ORIGIN == began[0]["entity_id"]


def test_an_idle_sealer_writes_nothing(postgresql: psycopg.Connection, sealer_dsn: str, tmp_path: Path) -> None:
    """Looking for rows when there are none leaves no trace in the database."""
    with leading(sealer_dsn, tmp_path) as sealer:
        sealer.start(ORIGIN)
        while not sealer.step():
            pass
        query = "select xmin::text, (select count(*) from audit.audit_logs) from audit_private.log_position"
        size, before = sealer.size, postgresql.execute(query).fetchone()
        assert sealer.step()
        assert (sealer.size, postgresql.execute(query).fetchone()) == (size, before)
