"""The spool's WAL when processes die: what was acknowledged is there or missed, and nothing else is called damage."""

import subprocess
import sys
from pathlib import Path

import pytest

from indelible.services.spool.carve import FRAME_HEADER, PAGE_BYTES, WAL_HEADER
from indelible.services.spool.records import Damage
from tests.spooling import damaged, database, drain, events, spool_in

ROOT = Path(__file__).resolve().parents[2]
FRAME_BYTES = FRAME_HEADER + PAGE_BYTES


def abandoned(folder: Path, seed: int) -> Path:
    """A spool of thirty events whose only process has died; its WAL."""
    command = [sys.executable, "-m", "tests.spooling", str(folder), "abandon", str(seed)]
    subprocess.run(command, cwd=ROOT, check=True)
    return Path(f"{database(folder)}-wal")


def python(program: str, *arguments: str) -> bytes:
    """Run it in a process of its own; what it writes."""
    return subprocess.run(
        [sys.executable, "-c", f"import sys; {program}", *arguments], check=True, capture_output=True
    ).stdout


def spoil(wal: Path, frame: int) -> None:
    """Change the checksum of a frame, counted from the end if it is negative."""
    content = bytearray(wal.read_bytes())
    frames = (len(content) - WAL_HEADER) // FRAME_BYTES
    content[WAL_HEADER + frame % frames * FRAME_BYTES + 16] ^= 1
    wal.write_bytes(content)


def test_a_writer_dies_before_its_commit_is_told(tmp_path: Path) -> None:
    """Killed while its frames went to the disk, with others alive: its events were never taken, and nothing is damaged.

    The index is read and written by other processes: closed in this one it would lose SQLite's locks.
    """
    told = list[Damage]()
    with spool_in(tmp_path) as alive:
        alive.put(events(1, 10))
        index = f"{database(tmp_path)}-shm"
        untold = python("sys.stdout.buffer.write(open(sys.argv[1], 'rb').read(96))", index)
        alive.put(events(2, 10))
        python("open(sys.argv[1], 'r+b').write(bytes.fromhex(sys.argv[2]))", index, untold.hex())
        with spool_in(tmp_path, on_damage=told.append) as other:
            assert drain(other) == events(1, 10)
            other.put(events(3, 10))
        assert drain(alive) == events(3, 10)
    assert (told, damaged(tmp_path)) == ([], [])


def test_all_died(tmp_path: Path) -> None:
    """Whole, the WAL that they left is read to its end."""
    abandoned(tmp_path, 4)
    with spool_in(tmp_path) as spool:
        assert drain(spool) == events(4, 30)
    assert damaged(tmp_path) == []


@pytest.mark.parametrize("frame", [0, 40, -1])
def test_what_was_committed_is_missed(tmp_path: Path, frame: int) -> None:
    """A frame is damaged, be it the last one: SQLite would end the log there in silence; here all is found again."""
    spoil(abandoned(tmp_path, 5), frame)
    told = list[Damage]()
    with spool_in(tmp_path, on_damage=told.append) as spool:
        assert set(drain(spool)) == set(events(5, 30))
    (damage,) = told
    assert (damage.reason, damage.salvaged) == ("its WAL is damaged", 30)


def test_the_index_is_gone_too(tmp_path: Path) -> None:
    """Without it a commit counts that another frame follows."""
    wal = abandoned(tmp_path, 6)
    wal.with_name(wal.name.replace("-wal", "-shm")).unlink()
    spoil(wal, 40)
    told = list[Damage]()
    with spool_in(tmp_path, on_damage=told.append) as spool:
        assert set(drain(spool)) == set(events(6, 30))
    assert [damage.reason for damage in told] == ["its WAL is damaged"]


def test_the_wal_has_no_beginning(tmp_path: Path) -> None:
    """A damaged header would make SQLite forget all of it."""
    wal = abandoned(tmp_path, 7)
    content = bytearray(wal.read_bytes())
    content[20] ^= 1
    wal.write_bytes(content)
    with spool_in(tmp_path) as spool:
        assert set(drain(spool)) == set(events(7, 30))
