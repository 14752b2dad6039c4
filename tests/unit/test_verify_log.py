"""A published log by itself: whatever is changed in a folder of tiles is found, against a textbook's tree."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indelible.services.verify.report import Finding, Findings, Kind, Report
from indelible.services.verify.run import Question, verify_published
from indelible.services.verify.sources import Folder
from indelible.tlog.checkpoint import Checkpoint
from indelible.tlog.leaf import Entry
from indelible.tlog.merkle import leaf_hash
from indelible.tlog.note import Signer, sign_note
from indelible.tlog.policy import Policy
from indelible.tlog.tiles import ENTRIES, Tile, encode_entries, new_tiles
from tests.unit.textbook import root

SIGNER = Signer.generate("log.example/audit")
SIZE = 70_000  # three levels of tiles


class Silent:
    """A watcher that does not look."""

    def begin(self, what: str, total: int) -> None:
        """Nothing."""

    def advance(self, count: int) -> None:
        """Nothing."""


@dataclass(frozen=True)
class Log:
    """A log in a folder, and its entries."""

    folder: Path
    entries: list[bytes]

    def checkpoint(self, size: int) -> Checkpoint:
        """The tree of the first entries, by the textbook."""
        return Checkpoint(SIGNER.name, size, root(self.entries[:size]))

    def write(self, size: int) -> None:
        """Tiles and checkpoint, as static hosting has them."""
        for tile in new_tiles(0, size):
            path = self.folder / tile.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self.content(tile))
        (self.folder / "checkpoint").write_text(sign_note(self.checkpoint(size).text(), SIGNER).to_text())

    def content(self, tile: Tile) -> bytes:
        """A tile by the textbook."""
        leaves = 256 ** max(tile.level, 0)
        start = tile.number * 256 * leaves
        parts = [self.entries[start + at * leaves : start + (at + 1) * leaves] for at in range(tile.width)]
        if tile.level == ENTRIES:
            return encode_entries([entry for (entry,) in parts])
        return b"".join(leaf_hash(part[0]) if tile.level == 0 else root(part) for part in parts)

    def verify(self, *saved: Checkpoint) -> Report:
        """Verify it with the log's key and what was kept."""
        return verify_published(Folder(self.folder), Question(Policy.trusting(SIGNER.verifier), saved), Silent())


def entries(count: int) -> list[bytes]:
    return [Entry(1, number, 700 + number // 3, number, bytes(32)).encode() for number in range(count)]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Log:
    """A log of three levels, which is intact."""
    made = Log(tmp_path_factory.mktemp("log"), entries(SIZE))
    made.write(SIZE)
    assert made.verify().intact
    return made


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 511, 1000])
def test_logs_of_every_shape_are_intact(tmp_path: Path, size: int) -> None:
    """Empty, a single leaf, just below and above a full tile; against every smaller checkpoint."""
    log = Log(tmp_path, entries(size))
    log.write(size)
    report = log.verify(*(log.checkpoint(old) for old in {0, 1, size // 2, size} if old <= size))
    assert report.intact, report.findings
    assert (report.tree_size, report.root is not None) == (size, True)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_every_flipped_bit_of_a_file_is_found(log: Log, data: st.DataObject) -> None:
    """Whichever byte of whichever tile or of the checkpoint."""
    path = data.draw(st.sampled_from(sorted(item for item in log.folder.rglob("*") if item.is_file())))
    before = path.read_bytes()
    place, bit = data.draw(st.integers(0, len(before) - 1)), data.draw(st.integers(0, 7))
    path.write_bytes(bytes([*before[:place], before[place] ^ 1 << bit, *before[place + 1 :]]))
    found = log.verify()
    path.write_bytes(before)
    assert not found.intact


def test_a_missing_file_is_found(log: Log) -> None:
    """Entries, hashes, hashes of hashes, the checkpoint."""
    for name in ("tile/entries/003", "tile/0/003", "tile/1/000", "tile/2/000.p/1", "checkpoint"):
        path = log.folder / name
        moved = path.rename(path.with_name("away"))
        assert [finding.kind for finding in log.verify().findings.first] == [Kind.TRUNCATED], name
        moved.rename(path)


def test_a_partial_tile_may_have_become_a_full_one(tmp_path: Path) -> None:
    """Who keeps full tiles only has lost nothing: the full one begins with the same."""
    log = Log(tmp_path, entries(300))
    log.write(256)
    log.write(200)
    for tile in new_tiles(0, 200):
        (tmp_path / tile.path).unlink()
    assert log.verify().intact


def test_a_fork_is_found_by_whoever_kept_a_checkpoint(tmp_path: Path) -> None:
    """A log of another past, signed with the right key, extends nothing that was kept."""
    log = Log(tmp_path, entries(300))
    kept = log.checkpoint(100)
    Log(tmp_path, [b"\x01" + bytes(60), *log.entries[1:]]).write(300)
    assert [finding.kind for finding in log.verify(kept).findings.first] == [Kind.RESIGNED]
    assert log.verify().intact
    assert log.verify(Checkpoint("another.example", 7, bytes(32))).intact


def test_findings_are_told_in_the_order_of_the_log() -> None:
    """What concerns all of it first, then leaf by leaf, then rows without one: a hundred, and all are counted."""
    findings = Findings()
    findings.add(*(Finding(Kind.ALTERED, "", 5000 - leaf, leaf) for leaf in reversed(range(150))))
    findings.add(Finding(Kind.INSERTED, "", 7), Finding(Kind.RESIGNED, ""))
    assert findings.first[0].kind == Kind.RESIGNED
    assert [finding.leaf_index for finding in findings.first[1:]] == list(range(99))
    assert findings.of_kind == {Kind.ALTERED: 150, Kind.INSERTED: 1, Kind.RESIGNED: 1}
