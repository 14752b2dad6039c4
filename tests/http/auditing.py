"""What the tests of reading over HTTP share: a user who may, pages to their end, and a client of the live tail."""

import asyncio
import json
from types import TracebackType
from typing import Any, Self

import anyio
import httpx

from tests.http.world import CLIENT, Event, Headers

READS = "AUDIT_LOG_READ"


async def page(client: httpx.AsyncClient, headers: Headers, path: str = "/v1/audit/events", **query: Any) -> Event:
    """One page."""
    answer = await client.get(path, params=query, headers=headers)
    assert answer.status_code == 200, answer.text
    found: Event = answer.json()
    assert found["has_more"] == (found["cursor"] is not None)
    return found


async def pages(
    client: httpx.AsyncClient, headers: Headers, path: str = "/v1/audit/events", **query: Any
) -> list[list[Event]]:
    """All pages, to the end."""
    found = [await page(client, headers, path, **query)]
    while found[-1]["has_more"]:
        found.append(await page(client, headers, path, **query, cursor=found[-1]["cursor"]))
    return [one["events"] for one in found]


async def all_events(
    client: httpx.AsyncClient, headers: Headers, path: str = "/v1/audit/events", **query: Any
) -> list[Event]:
    """The events of all pages."""
    return [event for found in await pages(client, headers, path, **query) for event in found]


class Listener:
    """A client of the live tail, in this process: `async with Listener(client, headers) as listener`.

    `told` has the events as (leaf, event), `last_event_id` what an EventSource would send when it comes back; without
    `takes` it is a client that takes nothing any more.
    """

    def __init__(
        self, client: httpx.AsyncClient, headers: Headers, query: str = "", last_event_id: int | None = None
    ) -> None:
        self._app = client._transport.app  # type: ignore[attr-defined]
        more = {} if last_event_id is None else {"Last-Event-ID": str(last_event_id)}
        self._scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": "/v1/audit/stream",
            "raw_path": b"/v1/audit/stream",
            "root_path": "",
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in {**headers, **more}.items()],
            "client": (CLIENT, 50000),
            "server": ("ftms", 80),
        }
        self.status = 0
        self.headers: dict[str, str] = {}
        self.text = ""
        self.told: list[tuple[int, Event]] = []
        self.last_event_id: int | None = None
        self._unread = ""
        self.ended = False
        self.takes = asyncio.Event()
        self.takes.set()
        self._heard = asyncio.Event()
        self._gone = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def hear(self, enough: Any, seconds: float = 60) -> None:
        """Wait until `enough()`."""
        with anyio.fail_after(seconds):
            while not enough():
                self._heard.clear()
                await self._heard.wait()

    async def hear_events(self, count: int) -> list[tuple[int, Event]]:
        """Wait for so many events."""
        await self.hear(lambda: len(self.told) >= count)
        return self.told

    async def hear_end(self) -> None:
        """Wait until the server ends the stream."""
        await self.hear(lambda: self.ended)

    async def _receive(self) -> dict[str, Any]:
        if not self._gone.is_set() and self.status == 0:
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: dict[str, Any]) -> None:
        await self.takes.wait()
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode().lower(): value.decode() for name, value in message["headers"]}
        else:
            self._read(message.get("body", b"").decode())
            self.ended = not message.get("more_body", False)
        self._heard.set()

    def _read(self, text: str) -> None:
        self.text += text
        *blocks, self._unread = (self._unread + text).split("\n\n")
        for block in blocks:
            fields = dict(line.split(": ", 1) for line in block.split("\n") if not line.startswith(":"))
            if "id" in fields:
                self.last_event_id = int(fields["id"])
            if "data" in fields:
                self.told.append((int(fields["id"]), json.loads(fields["data"])))

    async def _run(self) -> None:
        try:
            await self._app(self._scope, self._receive, self._send)
        finally:
            self.ended = True
            self._heard.set()

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run())
        await self.hear(lambda: self.text or self.ended)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._gone.set()
        if self._task is not None:
            with anyio.fail_after(30):
                await asyncio.wait({self._task})
            self._task.result()
