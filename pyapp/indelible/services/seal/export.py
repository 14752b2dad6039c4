"""The log as a folder of files in the tlog-tiles layout, for any web server or disk."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from indelible.errors import ConfigurationError, InvalidNote
from indelible.tlog.checkpoint import Checkpoint
from indelible.tlog.merkle import consistency_proof, verify_consistency
from indelible.tlog.note import parse_note
from indelible.tlog.tiles import ReadTile, new_tiles, reader

CHECKPOINT = "checkpoint"


def export_log(note: str, read_tile: ReadTile, folder: Path, tell: Callable[[int, int], None]) -> int:
    """Write what `folder` lacks of the log under this checkpoint; how many files that were.

    The checkpoint comes last: whoever reads the folder meanwhile finds every tile of the one that is there. `tell` is
    told how many of how many tiles are done.

    Raises:
        ConfigurationError: the folder holds what this log does not extend.
    """
    new = Checkpoint.parse(parse_note(note).text)
    if (folder / CHECKPOINT).exists():
        _require_growth(folder / CHECKPOINT, new, read_tile)
    tiles = list(new_tiles(0, new.size))
    written = 0
    for done, tile in enumerate(tiles):
        tell(done, len(tiles))
        # A tile never changes under its name, so one that is there is right.
        if not (folder / tile.path).exists():
            _write(folder / tile.path, read_tile(tile))
            written += 1
    _write(folder / CHECKPOINT, note.encode())
    tell(len(tiles), len(tiles))
    return written + 1


def _require_growth(path: Path, new: Checkpoint, read_tile: ReadTile) -> None:
    """Tiles that are in the folder stay there: they must be those of the new checkpoint too."""
    try:
        old = Checkpoint.parse(parse_note(path.read_bytes()).text)
    except InvalidNote as error:
        raise ConfigurationError(f"{path} cannot be read: {error}") from error
    if old.origin != new.origin:
        raise ConfigurationError(f"{path} is of the log {old.origin}, not of {new.origin}: choose another folder.")
    if old.size <= new.size:
        proof = consistency_proof(old.size, new.size, reader(read_tile, new.size))
        if verify_consistency(old.size, old.root, new.size, new.root, proof):
            return
    raise ConfigurationError(
        f"The log of {new.size} leaves does not extend that of {old.size} in {path}: `indelible verify --saved {path}` "
        "tells more."
    )


def _write(path: Path, content: bytes) -> None:
    """Readers see the whole file or none; on disk when this returns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    with draft.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
