"""A TCP proxy in front of PostgreSQL that can fall silent, break, and count round trips."""

import asyncio
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self

from psycopg.conninfo import conninfo_to_dict, make_conninfo

CLOSED = (ConnectionError, asyncio.IncompleteReadError, RuntimeError)


class Proxy:
    """Stands between a client and `dsn`'s server, on a port and a thread of its own; `dsn` leads through it.

    `pause()` stops forwarding while connections stay open, as a hung server or a dropped route does; `keep_answers()`
    lets only questions through; `refuse()` closes the port and every connection, and what was not forwarded is lost.
    `round_trips` counts how often the client spoke after the server had.
    """

    def __init__(self, dsn: str) -> None:
        self._target = conninfo_to_dict(dsn)
        self._base = dsn
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self._port = 0
        self._server_spoke = False
        self.round_trips = 0
        self._open: asyncio.Event
        self._answering: asyncio.Event

    @property
    def dsn(self) -> str:
        return make_conninfo(self._base, host="127.0.0.1", port=self._port, sslmode="disable")

    def pause(self) -> None:
        self._call(self._set(questions=False, answers=False))

    def keep_answers(self) -> None:
        self._call(self._set(questions=True, answers=False))

    def resume(self) -> None:
        self._call(self._set(questions=True, answers=True))

    def retarget(self, dsn: str) -> None:
        """New connections lead to `dsn`'s server."""
        self._target = conninfo_to_dict(dsn)

    def refuse(self) -> None:
        self._call(self._stop())

    def accept(self) -> None:
        self._call(self._start())

    def __enter__(self) -> Self:
        self._thread.start()
        self._call(self._start())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._call(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _call(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _set(self, *, questions: bool, answers: bool) -> None:
        for gate, opened in ((self._open, questions), (self._answering, answers)):
            if opened:
                gate.set()
            else:
                gate.clear()

    async def _start(self) -> None:
        self._open, self._answering = asyncio.Event(), asyncio.Event()
        await self._set(questions=True, answers=True)
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def _stop(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in tuple(self._writers):
            writer.transport.abort()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        upstream: asyncio.StreamWriter | None = None
        try:
            await self._open.wait()
            answers, upstream = await asyncio.open_connection(str(self._target["host"]), int(self._target["port"] or 0))
            self._writers.add(upstream)
            await asyncio.gather(self._pipe(reader, upstream, client=True), self._pipe(answers, writer, client=False))
        except (*CLOSED, asyncio.CancelledError):
            pass
        finally:
            for end in (writer, upstream):
                if end is not None:
                    self._writers.discard(end)
                    end.transport.abort()

    async def _pipe(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, client: bool) -> None:
        while data := await reader.read(65_536):
            await (self._open if client else self._answering).wait()
            if client and self._server_spoke:
                self.round_trips += 1
            self._server_spoke = not client
            writer.write(data)
            await writer.drain()
        raise ConnectionError
