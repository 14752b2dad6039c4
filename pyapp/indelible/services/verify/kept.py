"""Checkpoints that were kept elsewhere than in the log: files of signed notes, with a blank line after each.

The last verified one of each log is kept in the data directory, and an anchor file off this machine has the same form.
"""

import hashlib
from pathlib import Path

from indelible.embedded.files import make_folder, write_private
from indelible.errors import ConfigurationError, InvalidNote
from indelible.tlog.checkpoint import Checkpoint
from indelible.tlog.note import parse_note


def read_checkpoints(path: Path) -> tuple[Checkpoint, ...]:
    """The checkpoints in a file. Their signatures are not asked for: whoever kept the file believes it.

    Raises:
        ConfigurationError: it cannot be read, or holds something else.
    """
    try:
        parts = path.read_text().rstrip("\n").split("\n\n")
        notes = (parse_note("\n\n".join(parts[at : at + 2]) + "\n") for at in range(0, len(parts), 2))
        return tuple(Checkpoint.parse(note.text) for note in notes)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}.") from error
    except (InvalidNote, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} holds no checkpoints: {error}") from error


class Kept:
    """The last checkpoint of each log that was verified from here."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / "verified"

    def read(self) -> tuple[Checkpoint, ...]:
        """All of them; none before the first verification."""
        return tuple(found for path in sorted(self._folder.glob("*.checkpoint")) for found in read_checkpoints(path))

    def keep(self, origin: str, note: str) -> None:
        """Remember a checkpoint that was found intact."""
        make_folder(self._folder)
        write_private(self._folder / f"{hashlib.sha256(origin.encode()).hexdigest()[:32]}.checkpoint", note)
