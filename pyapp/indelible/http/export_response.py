"""The answer to an export: a stream that ends with its client, and that never looks complete when it is not."""

import json
import logging
from collections.abc import Callable
from typing import Any, Final, TypeVar

import anyio
from anyio import to_thread
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from indelible.codes import FAILURE, SUCCESS
from indelible.context import RequestContext
from indelible.errors import IndelibleError, Problem, sqlstate_of
from indelible.services.audit import Audit
from indelible.services.export.formats import FORMATS, FormatName
from indelible.services.export.stream import ExportStream
from indelible.services.reading.reader import reader_of

EXPORTED: Final = "AUDIT_LOG_EXPORTED"
# Exports at once in a process: each holds a connection and a thread, and none of those that others need.
MOST_EXPORTS: Final = 4
# Longest that a client may take for one chunk: meanwhile the database keeps a snapshot.
STALLED_SECONDS: Final = 60.0

Result = TypeVar("Result")
_log = logging.getLogger("indelible.http")


class ExportAborted(IndelibleError):
    """An answer that has begun cannot be completed: raised so that the server breaks the connection off."""


class Lane:
    """Threads for exports alone, and how many are under way; used on one event loop."""

    def __init__(self) -> None:
        self.running = 0
        self._threads = anyio.CapacityLimiter(MOST_EXPORTS)

    async def run(self, call: Callable[..., Result], *values: Any) -> Result:
        """`call` in one of the threads."""
        return await to_thread.run_sync(call, *values, limiter=self._threads)


class ExportResponse(Response):
    """Rows that match `wanted`, the JSON of a filter, for the user of `context`."""

    def __init__(
        self, audit: Audit, context: RequestContext, kind: FormatName, wanted: str, headers: dict[str, str], lane: Lane
    ) -> None:
        super().__init__(None, headers=headers, media_type=FORMATS[kind].media_type)
        del self.headers["content-length"]
        self._audit = audit
        self._values = (wanted, *reader_of(context))
        self._kind = kind
        self._facts = {"format": kind, "filter": json.loads(wanted)}
        self._lane = lane
        self._rows = 0
        self._client_is_gone = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  # Starlette's form
        """Export, on record from before the first byte to after the last."""
        if self._lane.running >= MOST_EXPORTS:
            raise Problem(503, "Too many exports are running", headers={"Retry-After": "30"})
        self._lane.running += 1
        try:
            began = await self._audit.record(
                EXPORTED, entity_type="AUDIT_LOG", outcome="attempted", metadata=self._facts
            )
            if began is None:
                raise Problem(503, "The export cannot be put on record", headers={"Retry-After": "5"})
            await self._on_record(began, receive, send)
        finally:
            self._lane.running -= 1

    async def _on_record(self, began: int, receive: Receive, send: Send) -> None:
        reason: str | None = "cancelled"
        try:
            await self._export(receive, send)
            reason = "client_gone" if self._client_is_gone else None
        except Exception as error:
            reason = type(error).__name__
            raise
        finally:
            facts = {**self._facts, "rows": self._rows, "began": began, **({"reason": reason} if reason else {})}
            outcome = FAILURE if reason else SUCCESS
            self._audit.record_soon(EXPORTED, entity_type="AUDIT_LOG", outcome=outcome, metadata=facts)

    async def _export(self, receive: Receive, send: Send) -> None:
        stream = await self._lane.run(ExportStream, self._audit.settings, FORMATS[self._kind], *self._values)
        try:
            first = await self._lane.run(stream.next)
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            failure = await self._send_all(first, stream, receive, send)
        finally:
            self._rows = stream.rows.count
            with anyio.CancelScope(shield=True):
                await self._lane.run(stream.close)
        if failure is not None and not self._client_is_gone:
            _log.error("export broken off: %s %s", type(failure).__name__, sqlstate_of(failure) or "")
            raise ExportAborted(type(failure).__name__) from None
        if not self._client_is_gone:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send_all(
        self, chunk: bytes | None, stream: ExportStream, receive: Receive, send: Send
    ) -> Exception | None:
        """Send all chunks, for as long as the client is there; returns what went wrong."""
        failure: Exception | None = None
        async with anyio.create_task_group() as group:
            group.start_soon(self._watch, receive, stream, group.cancel_scope)
            try:
                while chunk is not None:
                    with anyio.fail_after(STALLED_SECONDS):
                        await send({"type": "http.response.body", "body": chunk, "more_body": True})
                    chunk = await self._lane.run(stream.next)
            except Exception as error:  # noqa: BLE001  # a task group would wrap it
                failure = error
            group.cancel_scope.cancel()
        return failure

    async def _watch(self, receive: Receive, stream: ExportStream, scope: anyio.CancelScope) -> None:
        """When the client goes, end the query, which a thread may be waiting for."""
        while (await receive())["type"] != "http.disconnect":
            pass
        self._client_is_gone = True
        await to_thread.run_sync(stream.cancel)
        scope.cancel()
