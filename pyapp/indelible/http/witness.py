"""The HTTP side of a witness: one call, `POST /add-checkpoint`, authenticated by the checkpoint's own signature."""

from typing import Final

from anyio import to_thread
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from indelible.services.cosigner import Cosigner

# 63 hashes and a note of a hundred signatures are a third of this.
LONGEST_BODY: Final = 65_536


def witness_app(cosigner: Cosigner) -> Starlette:
    """The application that lets `cosigner` answer."""

    async def add_checkpoint(request: Request) -> Response:
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > LONGEST_BODY:
                return PlainTextResponse("The body is too long.\n", 413)
        verdict = await to_thread.run_sync(cosigner.add, bytes(body))
        # Not as media_type, to which a charset would be added.
        return Response(verdict.body, verdict.status, {"Content-Type": verdict.media_type})

    return Starlette(routes=[Route("/add-checkpoint", add_checkpoint, methods=["POST"])])
