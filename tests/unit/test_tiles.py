"""Tiles have the names, widths and bytes of C2SP tlog-tiles."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indelible.tlog import merkle
from indelible.tlog.edge import Edge
from indelible.tlog.tiles import (
    ENTRIES,
    Tile,
    decode_entries,
    encode_entries,
    leaves_per_hash,
    new_tiles,
    reader,
    width_at,
)


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 1234067), "tile/0/x001/x234/067"),
        (Tile(1, 999, 8), "tile/1/999.p/8"),
        (Tile(ENTRIES, 1000, 255), "tile/entries/x001/000.p/255"),
    ],
)
def test_the_specification_s_examples(tile: Tile, path: str) -> None:
    """A tile has the path that the specification gives it, and the path leads back."""
    assert tile.path == path
    assert Tile.parse(path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "", "tile", "tile/0", "tile/0/0", "tile/0/1234", "tile/0/001/000", "tile/0/x000/001", "tile/00/000",
        "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/000.p/1/2", "tile/64/000", "tile/-1/000",
        "tile/data/000", "tile/0/000\n", "tile/0/" + "x999/" * 7 + "999", "tile/0/\u0660\u0660\u0660", "/tile/0/000",
    ],
)  # fmt: skip
def test_a_tile_has_one_path_only(path: str) -> None:
    """Nothing else names a tile: caches and mirrors see one spelling."""
    assert Tile.parse(path) is None


@given(st.integers(-1, 63), st.integers(0, (1 << 63) - 1), st.integers(1, 256))
def test_paths_lead_back(level: int, number: int, width: int) -> None:
    """Any tile is found by its path."""
    tile = Tile(level, number, width)
    assert Tile.parse(tile.path) == tile


@given(st.lists(st.integers(0, 200_000), min_size=1, max_size=6).map(sorted))
def test_growing_in_steps_publishes_every_tile(sizes: list[int]) -> None:
    """What is new at each size, taken together, is every full tile and the partial ones of each size."""
    found, old = set(), 0
    for size in sizes:
        found |= set(new_tiles(old, size))
        old = size
    for size in sizes:
        for level in range(-1, 4):
            hashes = size // leaves_per_hash(level)
            tiles = {Tile(level, number, width_at(level, number, size)) for number in range(-(-hashes // 256))}
            assert tiles <= found
            assert all(tile.width for tile in tiles)


@given(st.integers(1, 1100))
def test_hashes_are_read_from_tiles(size: int) -> None:
    """The tree's root, read from tiles, is that of its leaves; a missing hash is an error."""
    edge, completed = Edge().extended([merkle.leaf_hash(b"%d" % number) for number in range(size)])

    def read_tile(tile: Tile) -> bytes:
        start = tile.number * 256
        return b"".join(completed[tile.level * 8][start : start + tile.width])

    assert merkle.root_hash(size, reader(read_tile, size)) == edge.root
    with pytest.raises(ValueError, match="lacks hashes"):
        reader(read_tile, size)(0, size)


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_entries_come_back(entries: list[bytes]) -> None:
    """A bundle gives the entries that went in, and one that is cut off is refused."""
    bundle = encode_entries(entries)
    assert decode_entries(bundle) == entries
    if entries:
        with pytest.raises(ValueError, match="cut off"):
            decode_entries(bundle[:-1])


def test_an_entry_is_not_too_long() -> None:
    """The length has two bytes."""
    assert decode_entries(encode_entries([bytes(65535)])) == [bytes(65535)]
    with pytest.raises(ValueError, match="at most 65535"):
        encode_entries([bytes(65536)])
