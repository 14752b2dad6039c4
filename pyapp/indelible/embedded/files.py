"""Folders and files of the embedded server that only their owner reads."""

import os
import tempfile
from pathlib import Path

from indelible.errors import EmbeddedError


def make_folder(path: Path) -> Path:
    """Make `path`; a new one can be entered by nobody else, or, made by root, be passed through but not listed."""
    try:
        if not path.is_dir():
            path.mkdir(parents=True)
            path.chmod(0o711 if os.geteuid() == 0 else 0o700)  # the umask has no say here
        if not os.access(path, os.W_OK | os.X_OK):
            raise PermissionError(13, "Permission denied")
    except OSError as error:
        raise EmbeddedError(f"The data directory {path} cannot be written: {error.strerror}.") from error
    return path


def write_private(path: Path, text: str) -> None:
    """Replace `path` by a file of mode 0600 with `text`, at once and on disk: readers see the old or the new."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    with os.fdopen(handle, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    Path(name).replace(path)


def open_private(path: Path, flags: int) -> int:
    """Open `path` with mode 0600 and `flags`, never through a symbolic link; returns the descriptor."""
    try:
        return os.open(path, flags | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        message = f"{path} cannot be opened ({error.strerror}): does another user own this data directory?"
        raise EmbeddedError(message) from error
