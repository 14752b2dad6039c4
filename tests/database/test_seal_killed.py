"""kill -9 at every step of the sealer, or of the server: no gap, no fork, and nobody has to adopt anything."""

import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import psycopg
import pytest

from indelible.services.seal.folder import SealerFolder
from indelible.services.seal.store import Store
from indelible.tlog.checkpoint import Checkpoint, open_checkpoint
from indelible.tlog.merkle import consistency_proof, verify_consistency
from indelible.tlog.tiles import reader
from tests.dying_sealer import STEPS
from tests.sealing import ORIGIN, checkpoint, committed, published, seal
from tests.support import Login

ROOT = Path(__file__).resolve().parents[2]


def die(dsn: str, folder: Path, step: str) -> None:
    command = [sys.executable, "-m", "tests.dying_sealer", dsn, str(folder), step]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == -signal.SIGKILL


def signed(connection: psycopg.Connection, folder: Path) -> list[Checkpoint]:
    """Everything that was ever signed and seen: published, or in the sealer's memory."""
    keys = [signer.verifier for signer in SealerFolder(folder).signers(ORIGIN)]
    notes = connection.execute("select note from audit_private.checkpoints order by tree_size").fetchall()
    memory = SealerFolder(folder).memory()
    assert memory
    found = [open_checkpoint(note, keys).checkpoint for (note,) in notes]
    return [*found, Checkpoint(memory.origin, memory.size, memory.root)]


def require_one_history(connection: psycopg.Connection, folder: Path, before: list[Checkpoint]) -> None:
    """Every tree that was signed is a beginning of the present one, and each row is one leaf."""
    head, store = checkpoint(connection, folder), Store(connection)
    for old in [*before, *signed(connection, folder)]:
        proof = consistency_proof(old.size, head.size, reader(store.read_tile, head.size))
        assert verify_consistency(old.size, old.root, head.size, head.root, proof)
    entries, rows = published(connection, folder), committed(connection)
    assert Counter(entry.id for entry in entries) == Counter(list(rows))


@pytest.mark.parametrize("step", STEPS)
def test_a_sealer_is_killed(postgresql: psycopg.Connection, login: Login, tmp_path: Path, step: str) -> None:
    """The next start takes up what was left, when it has just begun as when it has sealed for long."""
    dsn, before = login("audit_sealer"), []
    die(dsn, tmp_path, step)
    if "the log" not in step:
        seal(dsn, tmp_path)
        postgresql.execute("select iam.create_user('ann', 'Ann')")
        die(dsn, tmp_path, step)
        before = signed(postgresql, tmp_path)
    seal(dsn, tmp_path)
    require_one_history(postgresql, tmp_path, before)
