"""The position of a forwarder: what was written is read again, and what cannot be read is not guessed."""

from pathlib import Path

import pytest

from indelible.errors import ConfigurationError
from indelible.services.forward.position import Position, PositionFile


@pytest.fixture
def file(tmp_path: Path) -> PositionFile:
    folder = tmp_path / "data"
    folder.mkdir(0o700)
    return PositionFile(folder / "forward.json")


def test_what_was_written_is_read(file: PositionFile) -> None:
    """None before the first time, then the last one; its owner's alone."""
    assert file.read() is None
    file.write(Position("log.example/audit", 1))
    file.write(Position("log.example/audit", 2**40))
    assert file.read() == Position("log.example/audit", 2**40)
    assert file.path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["", "{}", '{"origin": "a"}', '{"origin": "a", "leaf": "x"}', "[1]", "\xff"])
def test_what_cannot_be_read_is_no_beginning(file: PositionFile, text: str) -> None:
    """To begin anew, or further on, is for a person to decide."""
    file.path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigurationError, match="cannot be read"):
        file.read()
