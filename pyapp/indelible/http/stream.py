"""`GET /v1/audit/stream`: the live tail of the log as server-sent events, in the order in which they were sealed."""

import asyncio
import re
from contextlib import suppress
from typing import Annotated, Final

import anyio
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from indelible.context import RequestContext
from indelible.errors import DatabaseUnreachable, Problem
from indelible.http.auth import identify_bearer
from indelible.http.describe import describe
from indelible.http.permission import requires_permission
from indelible.http.proofs import READ_EVENTS
from indelible.http.query import INVALID, parse_query
from indelible.http.serving import serving
from indelible.services.audit import Audit
from indelible.services.permissions import Verdict, check_permission
from indelible.services.question import ask
from indelible.services.reading.feed import Batch, Feed, NoPlace, outlive
from indelible.services.reading.filters import EventFilter
from indelible.services.reading.reader import reader_of

# So often a silent stream says that it lives, and every stream's reader is asked for again.
TICK_SECONDS = 10.0
# A client that takes nothing for so long is dropped.
SEND_SECONDS = 20.0
RETRY_MILLISECONDS: Final = 2000
LEAF: Final = re.compile(r"[0-9]{1,18}")
HEADERS: Final = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # nginx would hold events back
]
EXAMPLE: Final = 'id: 41\ndata: {"id": 4711, "action": "ROW_UPDATED", …}\n\n'


class StreamQuery(EventFilter):
    """Which events, and from where on."""

    after: Annotated[
        int | None,
        Field(
            ge=-1,
            lt=10**18,
            description="Events after this leaf of the log, -1 for all; by default those that are sealed from now on. "
            "The header Last-Event-ID has precedence.",
            examples=[-1],
        ),
    ] = None


@requires_permission(READ_EVENTS)
@describe("Live tail", text=EXAMPLE, media_type="text/event-stream", query=StreamQuery, problems=(409,))
async def stream_events(request: Request) -> "EventStream | Response":
    """Server-sent events, each once, in the order of the sealed log: `id` is the leaf, `data` the event.

    A client that comes back with `Last-Event-ID` misses nothing and has nothing twice. 409: the log is shorter than
    that leaf, so it is another log. 503 with Retry-After: there are too many streams.
    """
    query = parse_query(request, StreamQuery)
    context, audit = serving()
    size = await audit.feed.sealed_size()
    first = _first_leaf(request, query.after, size)
    if first > size:
        raise Problem(409, "Another log", "This log has no such leaf: it is not the one that was followed.")
    if request.method == "HEAD":
        return Response(headers={name.decode(): value.decode() for name, value in HEADERS})
    return EventStream(audit, context, request, query.to_json(), first)


def _first_leaf(request: Request, after: int | None, size: int) -> int:
    given = request.headers.getlist("last-event-id")
    if given and (len(given) > 1 or not LEAF.fullmatch(given[0])):
        error = {"field": "Last-Event-ID", "reason": "leaf", "message": "An id of this stream is a number"}
        raise Problem(422, INVALID, errors=[error])
    if given:
        return int(given[0]) + 1
    return size if after is None else after + 1


class EventStream:
    """A response that ends when its client goes, may no longer read, or takes nothing, or when the server stops.

    It holds no more than one batch of events: a slow client slows down what is read for it.
    """

    def __init__(self, audit: Audit, context: RequestContext, request: Request, wanted: str, first: int) -> None:
        self._audit = audit
        self._feed: Feed = audit.feed
        self._context = context
        self._request = request
        self._wanted = wanted
        self._next = first
        self._told = 0
        self._reason = "cancelled"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Run until the end."""
        try:
            with self._feed.place():
                values = self._context.request_id, self._wanted, self._next
                await ask(self._audit, "begin_stream", *values, *reader_of(self._context))
                try:
                    await self._run(receive, send)
                finally:
                    self._feed.carry_on(self._note_end())
        except NoPlace:
            raise Problem(503, "Too many streams", headers={"Retry-After": "5"}) from None

    async def _run(self, receive: Receive, send: Send) -> None:
        async with anyio.create_task_group() as tasks:

            async def wait_until_gone() -> None:
                while (await receive())["type"] != "http.disconnect":
                    pass
                if self._reason == "cancelled":  # a server says so of a response that has ended, too
                    self._reason = "disconnected"
                tasks.cancel_scope.cancel()

            tasks.start_soon(wait_until_gone)
            try:
                self._reason = await self._tell(send)
                await _send(send, {"type": "http.response.body", "body": b"", "more_body": False})
            except TimeoutError:
                self._reason = "slow"
            except OSError:
                self._reason = "disconnected"
            tasks.cancel_scope.cancel()

    async def _tell(self, send: Send) -> str:
        """Tell to the end; why it ended."""
        try:
            return await self._follow(send)
        except DatabaseUnreachable:
            return "unreachable"

    async def _follow(self, send: Send) -> str:
        await _send(send, {"type": "http.response.start", "status": 200, "headers": HEADERS})
        await self._write(send, f"retry: {RETRY_MILLISECONDS}\n: from leaf {self._next}\n\n")
        loop = asyncio.get_running_loop()
        tick = loop.time() + TICK_SECONDS
        while not self._feed.stopped:
            grown = await self._feed.grown_beyond(self._next, max(0.0, tick - loop.time()))
            if loop.time() >= tick:
                if not await outlive(self._feed.carry_on(self._may_go_on())):
                    return "refused"
                await self._write(send, self._heartbeat())
                tick = loop.time() + TICK_SECONDS
            if grown and not self._feed.stopped:
                await self._tell_batch(send, await self._feed.read(self._wanted, self._next))
        return "stopped"

    async def _tell_batch(self, send: Send, batch: Batch) -> None:
        if batch.events:
            await self._write(send, "".join(f"id: {leaf}\ndata: {event}\n\n" for leaf, event in batch.events))
        self._next = batch.next_leaf
        self._told += len(batch.events)

    def _heartbeat(self) -> str:
        # An id without data is no event, but where to go on after a long time in which nothing matched.
        return f": still here\nid: {self._next - 1}\n\n" if self._next else ": still here\n\n"

    async def _may_go_on(self) -> bool:
        """Whether the reader's session lasts and the permission is still held; a refusal is on record."""
        if self._context.sealed is not None:
            identity = await identify_bearer(self._request)
            if identity is None:
                return False
            self._context.sealed = identity.sealed
        return await check_permission(self._audit, READ_EVENTS, self._context) is Verdict.GRANTED

    async def _note_end(self) -> None:
        values = self._context.request_id, self._reason, self._next, self._told
        with suppress(DatabaseUnreachable):  # logged where it was asked
            await ask(self._audit, "end_stream", *values, *reader_of(self._context))

    async def _write(self, send: Send, text: str) -> None:
        await _send(send, {"type": "http.response.body", "body": text.encode(), "more_body": True})


async def _send(send: Send, message: dict[str, object]) -> None:
    async with asyncio.timeout(SEND_SECONDS):
        await send(message)
