"""The log as a folder of files in the tlog-tiles layout, for any web server or disk."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from indelible.tlog.checkpoint import Checkpoint
from indelible.tlog.note import parse_note
from indelible.tlog.tiles import ReadTile, new_tiles


def export_log(note: str, read_tile: ReadTile, folder: Path, tell: Callable[[int, int], None]) -> int:
    """Write what `folder` lacks of the log under this checkpoint; how many files that were.

    The checkpoint comes last: whoever reads the folder meanwhile finds every tile of the one that is there. `tell` is
    told how many of how many tiles are done.
    """
    size = Checkpoint.parse(parse_note(note).text).size
    tiles = list(new_tiles(0, size))
    written = 0
    for done, tile in enumerate(tiles):
        tell(done, len(tiles))
        # A tile never changes under its name, so one that is there is right.
        if not (folder / tile.path).exists():
            _write(folder / tile.path, read_tile(tile))
            written += 1
    _write(folder / "checkpoint", note.encode())
    tell(len(tiles), len(tiles))
    return written + 1


def _write(path: Path, content: bytes) -> None:
    """Readers see the whole file or none; on disk when this returns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    with draft.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
