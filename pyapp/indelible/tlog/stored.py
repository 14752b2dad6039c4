"""Tiles as the database keeps them: in the pieces in which they grew; level 0 is made from the entries."""

from collections.abc import Iterator
from dataclasses import dataclass

from indelible.tlog.merkle import HASH_BYTES, leaf_hash
from indelible.tlog.tiles import ENTRIES, HEIGHT, WIDTH, Tile, decode_entries, encode_entries, leaves_per_hash


@dataclass(frozen=True)
class Piece:
    """What a batch adds to tile `number` at `level`, behind the `start` hashes or entries that it has."""

    level: int
    number: int
    start: int
    content: bytes


def pieces(old_size: int, entries: list[bytes], completed: dict[int, list[bytes]]) -> Iterator[Piece]:
    """What `entries` and the subtrees that they complete (see Edge.extended) add to a tree of `old_size` leaves."""
    for number, start, part in _by_tile(old_size, entries):
        yield Piece(ENTRIES, number, start, encode_entries(part))
    for height, hashes in completed.items():
        level, between = divmod(height, HEIGHT)
        if level and not between:
            for number, start, part in _by_tile(old_size // leaves_per_hash(level), hashes):
                yield Piece(level, number, start, b"".join(part))


def stored_level(tile: Tile) -> int:
    """The level from which a tile is read."""
    return tile.level or ENTRIES


def tile_of(tile: Tile, content: bytes | None) -> bytes | None:
    """The bytes of `tile`, given what is stored at its number and `stored_level`; None if that is not so wide."""
    if content is None:
        return None
    if tile.level > 0:
        return content[: tile.width * HASH_BYTES] if len(content) >= tile.width * HASH_BYTES else None
    entries = decode_entries(content)[: tile.width]
    if len(entries) < tile.width:
        return None
    return encode_entries(entries) if tile.level == ENTRIES else b"".join(map(leaf_hash, entries))


def _by_tile(first: int, items: list[bytes]) -> Iterator[tuple[int, int, list[bytes]]]:
    """`items`, of which the first has index `first`, as (tile, place in it, items), none across two tiles."""
    at = 0
    while at < len(items):
        number, start = divmod(first + at, WIDTH)
        yield number, start, items[at : at + WIDTH - start]
        at += WIDTH - start
