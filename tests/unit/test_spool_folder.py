"""The spool's folder: its owner's alone, and refused in one sentence where it is not or cannot be."""

import os
import stat
from pathlib import Path

import pytest

from indelible.errors import SpoolError
from indelible.services.spool.spool import Spool
from tests.spooling import ROOM, database, drain, events, spool_in


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_folder_and_files_are_the_owners_alone(tmp_path: Path) -> None:
    """Folders that are made have mode 0700 and all files in them 0600, whatever the umask allows."""
    before = os.umask(0)
    try:
        with spool_in(tmp_path / "a" / "spool") as spool:
            spool.put(events(1, 3))
            spool.claim(1, 60)
            files = list((tmp_path / "a" / "spool").iterdir())
            name = database(tmp_path / "a" / "spool").name
            assert {name, f"{name}-wal", f"{name}-shm", "reserve"} <= {path.name for path in files}
            assert {mode(path) for path in files} == {0o600}
            assert mode(tmp_path / "a" / "spool") == 0o700
    finally:
        os.umask(before)


def test_a_link_is_refused(tmp_path: Path) -> None:
    """A symbolic link in place of the folder is not followed."""
    (tmp_path / "there").mkdir(0o700)
    (tmp_path / "link").symlink_to(tmp_path / "there")
    with pytest.raises(SpoolError, match=r"^The spool folder \S+ cannot be used \(it is a symbolic link\): choose"):
        Spool.open(tmp_path / "link", max_bytes=ROOM)
    assert list((tmp_path / "there").iterdir()) == []


@pytest.mark.parametrize("bits", [0o720, 0o702, 0o777])
def test_a_folder_that_others_may_write_to_is_refused(tmp_path: Path, bits: int) -> None:
    """Group or world: with write permission they could put events there, or take them away."""
    (tmp_path / "spool").mkdir()
    (tmp_path / "spool").chmod(bits)
    with pytest.raises(SpoolError, match=r"^Others may write to the spool folder"):
        Spool.open(tmp_path / "spool", max_bytes=ROOM)


def test_somebody_elses_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of another user is not used, whatever its mode, by root neither."""
    (tmp_path / "spool").mkdir(0o700)
    if os.geteuid() == 0:
        os.chown(tmp_path / "spool", 4711, 4711)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: 4711)
    with pytest.raises(SpoolError, match=r"^The spool folder \S+ belongs to the user"):
        Spool.open(tmp_path / "spool", max_bytes=ROOM)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    """One sentence, also where the system has other reasons."""
    (tmp_path / "file").touch()
    with pytest.raises(SpoolError, match=r"^The spool folder \S+ cannot be used: Not a directory\.$"):
        Spool.open(tmp_path / "file" / "spool", max_bytes=ROOM)
    with pytest.raises(SpoolError, match=r"^The spool folder \S+ cannot be used"):
        Spool.open(tmp_path / "file", max_bytes=ROOM)
    with pytest.raises(SpoolError, match=r"^The spool folder /proc/\S+ cannot be used: \w"):
        Spool.open(Path("/proc/spool"), max_bytes=ROOM)


def test_a_folder_that_was_removed_is_made_again(tmp_path: Path) -> None:
    """Nothing is written into files that nobody finds any more: the next event begins a new spool at the same path."""
    folder = tmp_path / "spool"
    with spool_in(folder) as spool:
        spool.put(events(1, 3))
        spool.claim(1, 60)
        folder.rename(tmp_path / "elsewhere")
        spool.put(events(2, 3))
        assert drain(spool) == events(2, 3)
    with spool_in(tmp_path / "elsewhere") as spool:
        assert drain(spool) == events(1, 3)


@pytest.mark.parametrize("endings", [("", "-wal", "-shm"), ("",), ("-wal",), ("-shm",), ("-wal", "-shm")])
def test_files_that_were_removed(tmp_path: Path, endings: tuple[str, ...]) -> None:
    """Whichever of its files somebody removes under running processes: none loses what is put from then on, nor what
    was there before, if the database itself is left."""
    with spool_in(tmp_path) as one, spool_in(tmp_path) as other:
        one.put(events(1, 3))
        other.put(events(2, 3))
        path = database(tmp_path)
        for ending in endings:
            Path(f"{path}{ending}").unlink()
        other.put(events(3, 3))
        one.put(events(4, 3))
        other.put(events(5, 3))
        with spool_in(tmp_path) as third:
            third.put(events(6, 3))
        one.put(events(7, 3))
    with spool_in(tmp_path) as spool:
        found = drain(spool)
    assert set(found) >= {event for seed in range(3 if "" in endings else 1, 8) for event in events(seed, 3)}
