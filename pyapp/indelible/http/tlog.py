"""The transparency log in the layout of C2SP tlog-tiles, for strangers: nothing here needs a token."""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from indelible.errors import DatabaseUnreachable, Problem
from indelible.http.describe import describe
from indelible.http.serving import serving
from indelible.services.question import ask
from indelible.services.standing import Standing
from indelible.tlog.stored import stored_level, tile_of
from indelible.tlog.tiles import Tile

# A tile never changes under its name, partial ones included; a checkpoint is another one every moment.
FOR_EVER: Final = {"Cache-Control": "public, max-age=31536000, immutable"}
NEVER: Final = {"Cache-Control": "no-cache"}
NOT_FOUND: Final = "Nothing of that name is in the log."


@describe("The log's newest checkpoint", text="log.example/audit\n42\n…\n", problems=(404, 503), public=True)
async def read_checkpoint(request: Request) -> Response:  # noqa: ARG001
    """Size and root of the transparency log, signed: a C2SP tlog-checkpoint. 404 before the first one."""
    note = await _ask("read_checkpoint", None)
    if note is None:
        raise Problem(404, "Not found", NOT_FOUND, headers=NEVER)
    return Response(note, media_type="text/plain", headers=NEVER)


@describe("A tile of the log", problems=(404, 503), public=True)
async def read_tile(request: Request) -> Response:
    """Hashes, or with `entries/` a bundle of entries: C2SP tlog-tiles. 404 for one that is not there yet."""
    tile = Tile.parse(f"tile/{request.path_params['path']}")
    if tile is None:
        raise Problem(404, "Not found", NOT_FOUND, headers=NEVER)
    content = tile_of(tile, await _ask("read_tile", stored_level(tile), tile.number))
    if content is None:
        raise Problem(404, "Not found", NOT_FOUND, headers=NEVER)
    return Response(content, media_type="application/octet-stream", headers=FOR_EVER)


async def _ask(query: str, *values: object) -> Any:
    _, audit = serving()
    try:
        row = await ask(audit, query, *values, standing=Standing.UNPROVEN)
    except DatabaseUnreachable as error:
        raise Problem(503, "The log cannot be read now") from error
    return row[0] if row else None
