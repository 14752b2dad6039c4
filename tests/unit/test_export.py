"""A log in a folder: it grows with the log, and nothing of another log comes into it."""

from pathlib import Path

import pytest

from indelible.errors import ConfigurationError
from indelible.services.seal.export import export_log
from indelible.tlog.note import Signer
from indelible.tlog.tiles import ENTRIES, Tile, encode_entries, leaves_per_hash
from tests.growing import GrowingLog
from tests.unit.textbook import root

NAME = "log.example/audit"


def export(log: GrowingLog, size: int, folder: Path) -> int:
    """What `export_log` writes of the log at a size."""

    def read_tile(tile: Tile) -> bytes:
        if tile.level == ENTRIES:
            return encode_entries(log.entries[tile.number * 256 :][: tile.width])
        span = leaves_per_hash(tile.level)
        starts = range(tile.number * 256 * span, (tile.number * 256 + tile.width) * span, span)
        return b"".join(root(log.entries[start : start + span]) for start in starts)

    return export_log(log.checkpoint(size).note.to_text(), read_tile, folder, lambda _done, _all: None)


def test_a_folder_grows_with_its_log(tmp_path: Path) -> None:
    """Only what is new is written; the checkpoint is the newest."""
    log = GrowingLog()
    assert export(log, 5, tmp_path) == export(log, 9, tmp_path) == 3
    assert export(log, 9, tmp_path) == 1
    assert (tmp_path / "checkpoint").read_text() == log.checkpoint(9).note.to_text()


@pytest.mark.parametrize("other", ["name", "entries", "cut"])
def test_another_log_does_not_come_into_the_folder(tmp_path: Path, other: str) -> None:
    """The tiles that are there would stay, under a checkpoint that is not theirs."""
    log = GrowingLog()
    export(log, 9, tmp_path)
    before = (tmp_path / "checkpoint").read_bytes()
    signer = Signer.generate(f"{NAME}/epoch-2") if other == "name" else log.signer
    entries = log.entries if other == "cut" else [b"other", *log.entries[1:]]
    with pytest.raises(ConfigurationError):
        export(GrowingLog(signer, entries), 8 if other == "cut" else 20, tmp_path)
    assert (tmp_path / "checkpoint").read_bytes() == before
