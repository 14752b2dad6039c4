"""credentials.json sets passwords of administrators, so it is only believed where nobody else can put it."""

import json
import os
from pathlib import Path

import pytest

from indelible.cli.credentials import Credentials
from indelible.embedded.place import find_place
from indelible.errors import ConfigurationError, EmbeddedError
from tests.cli.conftest import Run

PLANTED = json.dumps({"users": {"root": "known-to-mallory"}})
SOMEBODY = 65534


@pytest.fixture
def data_dir(folder: Path) -> Path:
    """A data directory with passwords of an earlier start."""
    Credentials(users={"alice": "of-old"}).write(folder / "data")
    return folder / "data"


def test_passwords_of_an_earlier_start_are_kept(data_dir: Path, folder: Path) -> None:
    """Both files are their owner's alone; where there is nothing, nothing is known."""
    assert Credentials.read(data_dir).users == {"alice": "of-old"}
    assert {path.name: path.stat().st_mode & 0o777 for path in data_dir.iterdir()} == {
        "credentials.json": 0o600,
        "pgpass": 0o600,
    }
    assert Credentials.read(folder / "nowhere").users == {}


@pytest.mark.parametrize("mode", [0o720, 0o702, 0o777, 0o1777])
def test_a_folder_that_others_can_write_is_refused(data_dir: Path, mode: int) -> None:
    """By group or by all, sticky or not: neither read nor written, nor a place for a server; one sentence each."""
    data_dir.chmod(mode)
    for use in (Credentials.read, Credentials().write, find_place):
        with pytest.raises(EmbeddedError, match=r"^Others may write to the data directory .*data: .*--data-dir\.$"):
            use(data_dir)
    assert "of-old" in (data_dir / "credentials.json").read_text()


@pytest.mark.parametrize("mode", [0o700, 0o711, 0o755])
def test_a_folder_of_our_own_is_fine(data_dir: Path, mode: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever may look or pass through."""
    # Run by root with a folder that its server cannot enter, the server's files go elsewhere: here, and not for ever.
    monkeypatch.setattr("indelible.embedded.place.SYSTEM_FOLDER", data_dir.parent / "system")
    data_dir.chmod(mode)
    assert Credentials.read(data_dir).users == {"alice": "of-old"}
    assert find_place(data_dir).data_dir == data_dir


def test_a_folder_of_somebody_else_is_refused(data_dir: Path, as_root: None) -> None:
    """Even for root, who could use it: its owner could plant what it holds."""
    os.chown(data_dir, SOMEBODY, SOMEBODY)
    for use in (Credentials.read, Credentials().write, find_place):
        with pytest.raises(EmbeddedError, match=r"data belongs to the user .*: run this as that user, or choose"):
            use(data_dir)


def test_a_link_to_a_folder_is_refused(data_dir: Path) -> None:
    """Whoever made the link chose the folder."""
    link = data_dir.with_name("link")
    link.symlink_to(data_dir)
    for use in (Credentials.read, Credentials().write, find_place):
        with pytest.raises(EmbeddedError, match=r"link cannot be used \(it is a symbolic link\): choose another"):
            use(link)


@pytest.mark.parametrize("mode", [0o620, 0o602])
def test_a_file_that_others_can_write_is_refused(data_dir: Path, mode: int) -> None:
    """Its folder may have been open when it was made."""
    (data_dir / "credentials.json").chmod(mode)
    with pytest.raises(
        ConfigurationError, match=r"json could have been written by somebody else: remove it, .*made\.$"
    ):
        Credentials.read(data_dir)


def test_a_file_of_somebody_else_is_refused(data_dir: Path, as_root: None) -> None:
    """Planted before the folder was closed."""
    os.chown(data_dir / "credentials.json", SOMEBODY, SOMEBODY)
    with pytest.raises(ConfigurationError, match="could have been written by somebody else"):
        Credentials.read(data_dir)


def test_links_and_pipes_are_not_followed(data_dir: Path, folder: Path) -> None:
    """Reading refuses them, also a pipe that nobody writes to; writing replaces them and leaves their target alone."""
    target, path = folder / "target", data_dir / "credentials.json"
    target.write_text(PLANTED)
    path.unlink()
    path.symlink_to(target)
    with pytest.raises(ConfigurationError, match="cannot be read: remove it"):
        Credentials.read(data_dir)
    Credentials(users={"alice": "new"}).write(data_dir)
    assert target.read_text() == PLANTED and Credentials.read(data_dir).users == {"alice": "new"}
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(ConfigurationError, match="could have been written by somebody else"):
        Credentials.read(data_dir)


def test_planted_passwords_reach_no_database(run: Run, folder: Path, empty_database: str) -> None:
    """`demo` on a server of one's own ends with the sentence before it has touched the database."""
    (folder / ".indelible").mkdir()
    (folder / ".indelible").chmod(0o777)
    (folder / ".indelible" / "credentials.json").write_text(PLANTED)
    outcome = run("demo", database=empty_database)
    assert outcome.code != 0 and "Others may write to the data directory .indelible" in outcome.err
    assert "Traceback" not in outcome.err
    assert "not installed" in run("maintain", database=empty_database).err
