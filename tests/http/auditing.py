"""What the tests of reading over HTTP share: a user who may, pages to their end, and a client of the live tail."""

import asyncio
import json
from collections.abc import Iterator
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

    `told` has the events as (leaf, event); `takes` set to False makes it a client that takes nothing any more.
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
        self.ended = False
        self.takes = asyncio.Event()
        self.takes.set()
        self._heard = asyncio.Event()
        self._gone = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def told(self) -> list[tuple[int, Event]]:
        """The events so far, by leaf."""
        return [(leaf, event) for leaf, event in self._blocks() if event is not None]

    @property
    def last_event_id(self) -> int | None:
        """What an EventSource would send when it comes back."""
        ids = [leaf for leaf, _ in self._blocks()]
        return ids[-1] if ids else None

    def _blocks(self) -> Iterator[tuple[int, Event | None]]:
        for block in self.text.split("\n\n")[:-1]:
            fields = dict(line.split(": ", 1) for line in block.split("\n") if not line.startswith(":"))
            if "id" in fields:
                yield int(fields["id"]), json.loads(fields["data"]) if "data" in fields else None

    async def hear(self, enough: Any, seconds: float = 30) -> None:
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
            self.text += message.get("body", b"").decode()
            self.ended = not message.get("more_body", False)
        self._heard.set()

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
