"""The tree of a log, computed anew from its entries: what its tiles and its signed root must agree with."""

import mmap
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import BinaryIO

from indelible.services.verify.report import Finding, Kind
from indelible.services.verify.sources import NotThere, Source, stores
from indelible.tlog.leaf import ENTRY_BYTES, VERSION, Entry
from indelible.tlog.merkle import HASH_BYTES, leaf_hash, node_hash, root_hash
from indelible.tlog.tiles import ENTRIES, WIDTH, Tile, decode_entries, reader, width_at

CLAIM_START = 5  # behind version and epoch
TOP_LEVELS = range(1, 8)
Progress = Callable[[int], None]


class Tampered(Exception):
    """The log is so broken that there is nothing to go on with; `finding` says how."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.detail)
        self.finding = finding


class Tree:
    """The tree over `size` entries that lie one after the other in `file`."""

    def __init__(self, file: BinaryIO, size: int, upper: list[bytearray]) -> None:
        self.size = size
        self._entries: mmap.mmap | bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if size else b""
        self._upper = upper

    def entry(self, index: int) -> Entry:
        """The leaf at an index."""
        return Entry.decode(self.encoded(index))

    def entries(self) -> Iterator[Entry]:
        """All leaves, in order."""
        return map(Entry.decode, map(self.encoded, range(self.size)))

    def encoded(self, index: int) -> bytes:
        """The bytes of the leaf at an index."""
        return self._entries[index * ENTRY_BYTES : (index + 1) * ENTRY_BYTES]

    def claim(self, index: int) -> bytes:
        """What the leaf at an index says of its row: id, transaction, time and commitment."""
        return self._entries[index * ENTRY_BYTES + CLAIM_START : (index + 1) * ENTRY_BYTES]

    def tile(self, tile: Tile) -> bytes:
        """What a tile of hashes must hold."""
        start = tile.number * WIDTH
        if tile.level == 0:
            return b"".join(leaf_hash(self.encoded(index)) for index in range(start, start + tile.width))
        return bytes(self._upper[tile.level - 1][start * HASH_BYTES : (start + tile.width) * HASH_BYTES])

    def root(self, size: int) -> bytes:
        """The root that the first `size` leaves have."""
        return root_hash(size, reader(self.tile, size))

    def close(self) -> None:
        """Let go of the entries."""
        if isinstance(self._entries, mmap.mmap):
            self._entries.close()


def read_tree(source: Source, size: int, file: BinaryIO, progress: Progress) -> Tree:
    """Read all entries of a log into `file` and hash them.

    Raises:
        Tampered: entries are missing, or are none of a version that we know.
    """
    upper = [bytearray() for _ in TOP_LEVELS]
    for number in range(-(-size // WIDTH)):
        width = width_at(ENTRIES, number, size)
        entries = _bundle(source, Tile(ENTRIES, number, width))
        file.write(b"".join(entries))
        if width == WIDTH:
            _grow(upper, [sha256(b"\x00" + entry).digest() for entry in entries])
        progress(width)
    file.flush()
    return Tree(file, size, upper)


def _bundle(source: Source, tile: Tile) -> list[bytes]:
    start = tile.number * WIDTH
    try:
        entries = decode_entries(source.tile(tile))[: tile.width]
    except (NotThere, ValueError) as error:
        detail = f"The log promises {tile.path}, and it cannot be read: {error}"
        raise Tampered(Finding(Kind.TRUNCATED, detail, leaf_index=start)) from error
    if len(entries) < tile.width:
        detail = f"{tile.path} holds {len(entries)} entries, not {tile.width}."
        raise Tampered(Finding(Kind.TRUNCATED, detail, leaf_index=start + len(entries)))
    for place, entry in enumerate(entries):
        if len(entry) != ENTRY_BYTES or entry[0] != VERSION:
            detail = f"{tile.path} holds an entry of no known version."
            raise Tampered(Finding(Kind.ALTERED, detail, leaf_index=start + place))
    return entries


def _grow(upper: list[bytearray], hashes: list[bytes]) -> None:
    """Add the root over one full tile to the level above, and so on upwards."""
    for level in upper:
        while len(hashes) > 1:
            hashes = [node_hash(left, right) for left, right in zip(hashes[::2], hashes[1::2], strict=True)]
        level.extend(hashes[0])
        if len(level) % (WIDTH * HASH_BYTES):
            return
        full = level[-WIDTH * HASH_BYTES :]
        hashes = [bytes(full[at : at + HASH_BYTES]) for at in range(0, len(full), HASH_BYTES)]


def check_tiles(tree: Tree, source: Source) -> Iterator[Finding]:
    """The tiles of hashes that do not follow from the entries: strangers would be led astray by them."""
    for level in (0, *TOP_LEVELS):
        if not stores(source, level):
            continue
        leaves = WIDTH**level
        for number in range(-(-(tree.size // leaves) // WIDTH)):
            tile = Tile(level, number, width_at(level, number, tree.size))
            first = number * WIDTH * leaves
            try:
                content = source.tile(tile)[: tile.width * HASH_BYTES]
            except NotThere as error:
                yield Finding(Kind.TRUNCATED, f"The log promises {tile.path}: {error}", leaf_index=first)
                continue
            if content != tree.tile(tile):
                yield Finding(Kind.ALTERED, f"{tile.path} does not follow from the entries.", leaf_index=first)
