"""Anchoring: checkpoints kept in a file that only grows, best on another machine, for `indelible verify --saved`."""

import os
from pathlib import Path

from indelible.errors import ConfigurationError, IndelibleError
from indelible.services.verify.kept import read_checkpoints
from indelible.tlog.checkpoint import Checkpoint
from indelible.tlog.merkle import Read, consistency_proof, verify_consistency
from indelible.tlog.note import parse_note


class AnchorRefused(IndelibleError):
    """The log does not extend what was anchored before: `indelible verify --saved FILE` tells more."""


def anchor(path: Path, note: str, read: Read) -> bool:
    """Add a checkpoint to the file, on disk when this returns; whether it was new. `read` gives the tree's hashes.

    Raises:
        AnchorRefused: the log is shorter than the last anchor, or another one.
        ConfigurationError: the file cannot be read or written.
    """
    new = Checkpoint.parse(parse_note(note).text)
    known = [item for item in (read_checkpoints(path) if path.exists() else ()) if item.origin == new.origin]
    if known:
        last = max(known, key=lambda item: item.size)
        if last == new:
            return False
        _require_extension(last, new, read)
    _append(path, f"{note}\n")
    return True


def _require_extension(last: Checkpoint, new: Checkpoint, read: Read) -> None:
    if new.size < last.size:
        raise AnchorRefused(f"The log has {new.size} leaves, and {last.size} were anchored: it was cut.")
    proof = consistency_proof(last.size, new.size, read)
    if not verify_consistency(last.size, last.root, new.size, new.root, proof):
        raise AnchorRefused(f"The log is not the one of which {last.size} leaves were anchored.")


def _append(path: Path, text: str) -> None:
    try:
        # Appending is all that is asked for: so the file may be one that takes nothing else (chattr +a, a WORM share).
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        with os.fdopen(handle, "ab") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}.") from error
