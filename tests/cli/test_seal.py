"""`indelible seal`, `indelible tlog`, and the sealer inside `up`: one leads, and its key stays out of reach."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from indelible.cli.credentials import Credentials
from indelible.errors import InvalidNote
from indelible.tlog.checkpoint import SignedCheckpoint, open_checkpoint
from indelible.tlog.merkle import root_hash
from indelible.tlog.note import Verifier
from indelible.tlog.tiles import reader

from .test_demo import INDELIBLE, Up, environment, run

SECONDS = 60.0


@pytest.fixture(scope="module")
def up() -> Iterator[Up]:
    """An `indelible up` for all tests here."""
    folder = Path(tempfile.mkdtemp(prefix="indelible-"))
    folder.chmod(0o711)
    running = Up(folder / "data")
    try:
        assert running.ready(), running.process.communicate()
        wait_for(running, 1)
        yield running
    finally:
        running.process.terminate()
        running.process.communicate(timeout=2 * SECONDS)
        shutil.rmtree(folder, ignore_errors=True)


def verifier(up: Up) -> Verifier:
    return Verifier.from_text(Credentials.read(up.data_dir).tlog["vkey"])


def newest(up: Up, key: Verifier) -> SignedCheckpoint | None:
    """The checkpoint that `up` serves, if there is one, and that key signed it."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{up.port}/tlog/checkpoint", timeout=5) as answer:
            return open_checkpoint(answer.read(), [key])
    except (OSError, InvalidNote):
        return None


def wait_for(up: Up, size: int, key: Verifier | None = None) -> SignedCheckpoint:
    """The first checkpoint of at least that size, signed by `key` or by the one in credentials.json."""
    deadline = time.monotonic() + SECONDS
    while (found := newest(up, key or verifier(up))) is None or found.checkpoint.size < size:
        assert time.monotonic() < deadline, found
        time.sleep(0.1)
    return found


def test_up_seals(up: Up) -> None:
    """What is recorded while it runs is under the next checkpoint, of the log and the key that it has announced."""
    size = wait_for(up, 1).checkpoint.size
    with psycopg.connect(Credentials.read(up.data_dir).admin_dsn, autocommit=True) as connection:
        connection.execute("select iam.create_user('ann', 'Ann')")
    found = wait_for(up, size + 1)
    assert found.checkpoint.origin == Credentials.read(up.data_dir).tlog["origin"]


@pytest.mark.usefixtures("as_root")
def test_a_superuser_cannot_read_the_key(up: Up) -> None:
    """Started by root, sealer and PostgreSQL are two users of the system: no function reaches the key."""
    key = up.data_dir.resolve() / "sealer" / "keys"
    assert key.stat().st_mode & 0o077 == 0
    with psycopg.connect(Credentials.read(up.data_dir).admin_dsn, autocommit=True) as connection:
        for attempt in (f"select pg_read_file('{key}')", f"copy (select 1) to program 'cat {key}'"):
            with pytest.raises(psycopg.Error) as refusal:
                connection.execute(attempt.encode())
            assert refusal.value.sqlstate in ("42501", "38000")


def test_the_key_is_said_to_be_exposed_otherwise(up: Up) -> None:
    """Where both are one user, `up` says on what tamper evidence rests then."""
    assert up.process.stdout is not None
    lines = [up.process.stdout.readline()]
    while not lines[-1].startswith("Running"):
        lines.append(up.process.stdout.readline())
    assert any("rests on witnesses" in line for line in lines) == (os.geteuid() != 0)


def test_a_second_sealer_waits(up: Up) -> None:
    """One leads; the other says that it waits, and takes nothing over while the first one works."""
    waiting = subprocess.Popen(
        [*INDELIBLE, "seal", "--data-dir", str(up.data_dir)], stderr=subprocess.PIPE, text=True, env=environment()
    )
    assert waiting.stderr is not None
    assert waiting.stderr.readline() == "Another sealer leads; this one waits.\n"
    waiting.send_signal(signal.SIGINT)
    assert waiting.wait(2 * SECONDS) == 130
    waiting.stderr.close()


def test_export_is_whole(up: Up, tmp_path: Path) -> None:
    """The folder holds a checkpoint and every tile under it; a second export adds what is new."""
    tell: dict[str, Any] = json.loads(run("tlog", "export", tmp_path, "--data-dir", up.data_dir, "--json").stdout)
    for _ in range(2):
        signed = open_checkpoint((tmp_path / "checkpoint").read_bytes(), [verifier(up)]).checkpoint
        tiles = reader(lambda tile: (tmp_path / tile.path).read_bytes(), signed.size)
        assert root_hash(signed.size, tiles) == signed.root
        assert not list(tmp_path.rglob(".*"))
        again = run("tlog", "export", tmp_path, "--data-dir", up.data_dir, "--json")
        assert again.returncode == 0
    assert tell["files_written"] >= 3


def test_a_key_is_rotated(up: Up) -> None:
    """From now on the new key signs, and the former one beside it; the change is on record and sealed."""
    former = verifier(up)
    done = run("tlog", "rotate-key", "yearly", "--data-dir", up.data_dir, "--json")
    key = Verifier.from_text(json.loads(done.stdout)["key"])
    assert key.name == former.name and key != former
    size = wait_for(up, 1).checkpoint.size
    with psycopg.connect(Credentials.read(up.data_dir).admin_dsn, autocommit=True) as connection:
        connection.execute("select iam.create_user('bea', 'Bea')")
        found = wait_for(up, size + 1)
        assert len(found.note.verified([former, key])) == 2
        row = connection.execute("select description from audit.audit_logs where entity_id = %s", (key.to_text(),))
        assert row.fetchone() == ("yearly",)
    shown = json.loads(run("tlog", "key", "--data-dir", up.data_dir, "--json").stdout)
    assert shown == {"origin": key.name, "keys": [key.to_text(), former.to_text()]}


def test_a_refused_log_is_adopted_beside_up(up: Up) -> None:
    """Another sealer's log is not signed, loudly; adopted, `up` goes on with it by itself."""
    memory = up.data_dir / "sealer" / "last-signed.json"
    known = json.loads(memory.read_text())
    with psycopg.connect(Credentials.read(up.data_dir).admin_dsn, autocommit=True) as connection:
        connection.execute("select audit.begin_epoch('elsewhere', 'key', 'somebody else did this')")
    done = run("seal", "--data-dir", up.data_dir)
    assert done.returncode == 1
    assert "The log is elsewhere in epoch 2" in done.stderr and "--adopt REASON" in done.stderr
    assert json.loads(memory.read_text())["epoch"] == known["epoch"]
    adopting = subprocess.Popen(
        [*INDELIBLE, "seal", "--adopt", "we know who", "--data-dir", str(up.data_dir)],
        stderr=subprocess.PIPE, text=True, env=environment(),
    )  # fmt: skip
    assert adopting.stderr is not None
    while (line := adopting.stderr.readline()) != "Adopted as epoch 3.\n":
        assert line == "Another sealer leads; this one waits.\n" or "rests on" in line
    adopting.send_signal(signal.SIGINT)
    assert adopting.wait(2 * SECONDS) == 130
    adopting.stderr.close()
    adopted = replace(verifier(up), name=f"{known['origin']}/epoch-3")
    with psycopg.connect(Credentials.read(up.data_dir).admin_dsn, autocommit=True) as connection:
        (size,) = connection.execute("select tree_size from audit_private.log_position").fetchone() or (0,)
        connection.execute("select iam.create_user('cleo', 'Cleo')")
    wait_for(up, size + 1, adopted)
