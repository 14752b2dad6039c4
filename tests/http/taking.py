"""A client of an export that takes what comes piece by piece, and may go."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import httpx

from tests.http.world import CLIENT, Headers

EXPORT = "/v1/audit/export"


class Reader:
    """A client of an export in this process that takes chunks one by one, and may go."""

    def __init__(self, client: httpx.AsyncClient, headers: Headers, query: str, http_version: str = "1.1") -> None:
        self._app = client._transport.app  # type: ignore[attr-defined]
        self._scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": http_version,
            "method": "GET",
            "scheme": "http",
            "path": EXPORT,
            "raw_path": EXPORT.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
            "client": (CLIENT, 50000),
            "server": ("ftms", 80),
        }
        self.status = 0
        self.chunks: list[bytes] = []
        self.complete = False
        self.takes = asyncio.Event()
        self.gone = asyncio.Event()
        self.error: BaseException | None = None
        self._asked = False

    async def _receive(self) -> dict[str, Any]:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            return
        self.chunks.append(message.get("body", b""))
        self.complete = not message.get("more_body", False)
        await self.takes.wait()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator["Reader"]:
        """Run until the first chunk has come; at the end of the block the answer has ended, one way or the other."""

        async def run() -> None:
            try:
                await self._app(self._scope, self._receive, self._send)
            except Exception as error:  # noqa: BLE001  # what a server would do about it
                self.error = error

        task = asyncio.create_task(run())
        with anyio.fail_after(30):
            while not self.chunks and not task.done():  # noqa: ASYNC110
                await anyio.sleep(0.01)
            yield self
            await task
