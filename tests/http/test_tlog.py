"""/tlog/: the log in the tlog-tiles layout, checked by nothing but what is served, cacheable as it may be."""

from collections.abc import Callable
from pathlib import Path

import httpx
import psycopg
import pytest

from indelible.services.seal.folder import SealerFolder
from indelible.tlog.checkpoint import open_checkpoint
from indelible.tlog.merkle import leaf_hash, root_hash
from indelible.tlog.tiles import ENTRIES, Tile, decode_entries, new_tiles, reader
from tests.sealing import ORIGIN, seal


async def test_a_stranger_reads_the_log(
    client: httpx.AsyncClient, postgresql: psycopg.Connection, login: Callable[..., str], tmp_path: Path
) -> None:
    """From checkpoint and tiles alone: the signature holds, every entry is under the root, every hash is there."""
    for number in range(300):
        postgresql.execute("select iam.create_user(%s, 'A user')", [f"user{number}"])
    size = seal(login("audit_sealer"), tmp_path)
    answer = await client.get("/tlog/checkpoint")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["cache-control"] == "no-cache"
    signed = open_checkpoint(answer.content, [SealerFolder(tmp_path).signers(ORIGIN)[0].verifier])
    assert signed.checkpoint.size == size > 256
    tiles = {}
    for tile in new_tiles(0, size):
        answer = await client.get(f"/tlog/{tile.path}")
        assert answer.status_code == 200, tile.path
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        tiles[tile] = answer.content
    assert {tile.level for tile in tiles} == {ENTRIES, 0, 1}
    assert root_hash(size, reader(tiles.__getitem__, size)) == signed.checkpoint.root
    for tile, content in tiles.items():
        if tile.level == ENTRIES:
            hashes = b"".join(map(leaf_hash, decode_entries(content)))
            assert hashes == tiles[Tile(0, tile.number, tile.width)]


async def test_partial_tiles_of_former_sizes_stay(
    client: httpx.AsyncClient, postgresql: psycopg.Connection, login: Callable[..., str], tmp_path: Path
) -> None:
    """Who has an older checkpoint finds the tiles of its size, though they have grown since."""
    dsn = login("audit_sealer")
    size = seal(dsn, tmp_path)
    before = (await client.get(f"/tlog/{Tile(0, 0, size).path}")).content
    postgresql.execute("select iam.create_user('ann', 'Ann')")
    assert seal(dsn, tmp_path) > size
    assert (await client.get(f"/tlog/{Tile(0, 0, size).path}")).content == before


@pytest.mark.parametrize(
    "path",
    ["checkpoint", "tile/0/000", "tile/0/000.p/255", "tile/7/000.p/1", "tile/0/0", "tile/x", "tile/entries/x999/999"],
)
async def test_what_is_not_there(client: httpx.AsyncClient, path: str) -> None:
    """404, not to be kept: it may be there in a moment."""
    answer = await client.get(f"/tlog/{path}")
    assert (answer.status_code, answer.headers["cache-control"]) == (404, "no-cache")
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_width_beyond_the_log_is_not_there(
    client: httpx.AsyncClient, login: Callable[..., str], tmp_path: Path
) -> None:
    """A tile is served as wide as asked for, or not at all."""
    size = seal(login("audit_sealer"), tmp_path)
    assert (await client.get(f"/tlog/{Tile(0, 0, size + 1).path}")).status_code == 404
    assert (await client.get(f"/tlog/{Tile(ENTRIES, 0, size + 1).path}")).status_code == 404
