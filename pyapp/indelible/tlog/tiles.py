"""The C2SP tlog-tiles layout: which tile holds a hash, what it is called, and how bundles of entries are written."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from indelible.tlog.merkle import HASH_BYTES, Read, join, node_hash

WIDTH = 256
HEIGHT = 8  # a tile of hashes is as many levels of the tree high
LENGTH_BYTES = 2
MAX_ENTRY_BYTES = (1 << 8 * LENGTH_BYTES) - 1
MAX_LEVEL = 63  # of a path; no tree is higher than 8

ENTRIES = -1  # the level of the bundles of entries
_PATH = re.compile(
    r"tile/(?P<level>entries|0|[1-9][0-9]?)/(?P<number>(?:x[0-9]{3}/)*[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?"
)


@dataclass(frozen=True, order=True)
class Tile:
    """The first `width` hashes (or entries, at level ENTRIES) of tile `number` at `level`."""

    level: int
    number: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Where it is served, such as `tile/0/x001/x234/067.p/8`."""
        groups = f"{self.number:03d}"
        groups = groups.zfill(-(-len(groups) // 3) * 3)
        parts = [groups[start : start + 3] for start in range(0, len(groups), 3)]
        level = "entries" if self.level == ENTRIES else str(self.level)
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{level}/{'/'.join([*(f'x{part}' for part in parts[:-1]), parts[-1]])}{partial}"

    @classmethod
    def parse(cls, path: str) -> "Tile | None":
        """The tile of this path, or None: one tile has one path only."""
        found = _PATH.fullmatch(path)
        if found is None:
            return None
        level = ENTRIES if found["level"] == "entries" else int(found["level"])
        tile = cls(level, int(found["number"].replace("x", "").replace("/", "")), int(found["width"] or WIDTH))
        return tile if level <= MAX_LEVEL and tile.number < 1 << 63 and tile.path == path else None


ReadTile = Callable[[Tile], bytes]


def leaves_per_hash(level: int) -> int:
    """How many leaves one hash (or entry) of a tile at `level` stands for."""
    return 1 << HEIGHT * max(level, 0)


def width_at(level: int, number: int, size: int) -> int:
    """How many hashes tile `number` at `level` has in a tree of `size` leaves, 0 if there is no such tile."""
    return max(0, min(WIDTH, size // leaves_per_hash(level) - number * WIDTH))


def new_tiles(old_size: int, new_size: int) -> Iterator[Tile]:
    """Every tile, bundles of entries among them, that a tree has at `new_size` and did not have at `old_size`."""
    for level in (ENTRIES, *range(MAX_LEVEL // HEIGHT + 1)):
        old, new = (size // leaves_per_hash(level) for size in (old_size, new_size))
        if old == new:
            continue
        for number in range(old // WIDTH, -(-new // WIDTH)):
            yield Tile(level, number, width_at(level, number, new_size))


def reader(read_tile: ReadTile, size: int) -> Read:
    """Hashes of full subtrees, from the tiles of a tree of `size` leaves."""

    def read(level: int, index: int) -> bytes:
        tile_level, height = divmod(level, HEIGHT)
        first = index << height
        number, start = divmod(first, WIDTH)
        data = read_tile(Tile(tile_level, number, width_at(tile_level, number, size)))
        hashes = [data[at : at + HASH_BYTES] for at in range(start * HASH_BYTES, len(data), HASH_BYTES)]
        if len(hashes) < 1 << height:
            raise ValueError(f"tile {tile_level}/{number} lacks hashes")
        return _subtree(hashes[: 1 << height])

    return read


def encode_entries(entries: list[bytes]) -> bytes:
    """A bundle: each entry behind its length; ValueError for one that is too long."""
    return b"".join(_length(entry) + entry for entry in entries)


def decode_entries(bundle: bytes) -> list[bytes]:
    """The entries of a bundle; ValueError if it is cut off."""
    entries, at = [], 0
    while at < len(bundle):
        start = at + LENGTH_BYTES
        at = start + int.from_bytes(bundle[start - LENGTH_BYTES : start], "big")
        if at > len(bundle) or start > len(bundle):
            raise ValueError("the bundle of entries is cut off")
        entries.append(bundle[start:at])
    return entries


def _length(entry: bytes) -> bytes:
    if len(entry) > MAX_ENTRY_BYTES:
        raise ValueError(f"an entry has at most {MAX_ENTRY_BYTES} bytes")
    return len(entry).to_bytes(LENGTH_BYTES, "big")


def _subtree(hashes: list[bytes]) -> bytes:
    """The root over as many hashes as a power of two."""
    while len(hashes) > 1:
        hashes = [node_hash(left, right) for left, right in zip(hashes[::2], hashes[1::2], strict=True)]
    return join(hashes)
