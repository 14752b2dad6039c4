"""What a user of the API gets to hold against us: the proof of an event, and the state of the sealed log."""

from datetime import UTC, datetime
from typing import Any, Final

from anyio import from_thread, to_thread
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from indelible.errors import Problem
from indelible.http.describe import describe
from indelible.http.permission import requires_permission
from indelible.http.serving import serving
from indelible.services.prove import CannotProve, Leaf, NotSealed, make_proof
from indelible.services.question import ask
from indelible.tlog.checkpoint import Checkpoint
from indelible.tlog.lines import encode
from indelible.tlog.note import parse_note
from indelible.tlog.proof import HEADER
from indelible.tlog.stored import stored_level, tile_of
from indelible.tlog.tiles import Tile

READ_EVENTS: Final = "audit.event.read"


class Integrity(BaseModel):
    """The newest published checkpoint of the log, and the witnesses that have cosigned it. Verify it yourself."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "origin": "log.example/audit",
                    "tree_size": 42,
                    "root": "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=",
                    "cosigned": {"witness.example/w1": "2026-11-24T10:00:00Z"},
                    "checkpoint": "log.example/audit\n42\n…",
                }
            ]
        }
    )

    origin: str
    tree_size: int
    root: str
    cosigned: dict[str, datetime]
    checkpoint: str


@describe("State of the sealed log", returns=Integrity, problems=(404, 503), public=True)
async def read_integrity(request: Request) -> Response:  # noqa: ARG001
    """Which log, how large, under which root, and who has cosigned that when. 404 before the first checkpoint."""
    text = await _published()
    note = parse_note(text)
    checkpoint = Checkpoint.parse(note.text)
    cosigned = {item.name: datetime.fromtimestamp(item.time, UTC) for item in note.signatures if item.time}
    state = Integrity(
        origin=checkpoint.origin,
        tree_size=checkpoint.size,
        root=encode(checkpoint.root),
        cosigned=cosigned,
        checkpoint=text,
    )
    return JSONResponse(state.model_dump(mode="json"))


@describe("Proof of one event", text=f"{HEADER}\nextra …\nindex 41\n…\n", problems=(404, 409))
@requires_permission(READ_EVENTS)
async def read_proof(request: Request) -> Response:
    """A C2SP tlog-proof with the event's content: `indelible verify --proof` checks it, today and in ten years.

    409 while the event is not under the published checkpoint yet, for a second or so; and for good if the event is not
    what was sealed.
    """
    event_id = request.path_params["id"]
    found = await _ask("read_leaf", event_id)
    if found is None:
        raise Problem(404, "Not found", "There is no such event.")
    if found["leaf_index"] is None:
        raise Problem(409, "Not sealed yet", headers={"Retry-After": "1"})
    leaf = Leaf(event_id, found["leaf_index"], found["salt"], found["content"])
    note = await _published()
    try:
        proof = await to_thread.run_sync(make_proof, leaf, note, _read_tile)
    except NotSealed as error:
        raise Problem(409, "Not sealed yet", headers={"Retry-After": "1"}) from error
    except CannotProve as error:
        raise Problem(409, "The event is not what was sealed") from error
    headers = {"Content-Disposition": f'attachment; filename="{event_id}.tlog-proof"'}
    return Response(proof.to_text(), media_type="text/plain; charset=utf-8", headers=headers)


def _read_tile(tile: Tile) -> bytes:
    """A tile, asked for from a worker thread."""
    row = from_thread.run(_ask, "read_tile", stored_level(tile), tile.number)
    content = tile_of(tile, row["content"])
    if content is None:
        raise CannotProve(f"{tile.path} is missing.")
    return content


async def _published() -> str:
    row = await _ask("read_checkpoint", None)
    if row is None or row["note"] is None:
        raise Problem(404, "Not found", "Nothing is sealed yet.")
    return str(row["note"])


async def _ask(query: str, *values: object) -> Any:
    _, audit = serving()
    return await ask(audit, query, *values)
