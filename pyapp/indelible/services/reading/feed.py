"""The live tail of the log in one process: looked up once, and read once for streams that want the same."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from contextvars import Context, copy_context
from dataclasses import dataclass
from typing import Any, TypeVar

from indelible.errors import DatabaseUnreachable, IndelibleError
from indelible.services.question import Sessions, ask, ask_all

POLL_SECONDS = 0.25
# While the database is away.
WAIT_SECONDS = 2.0
# Longest wait for the records of streams that ended, in seconds.
CLOSE_SECONDS = 5.0
Answer = TypeVar("Answer")


class NoPlace(IndelibleError):
    """There are as many streams as there may be."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Sealed events that match, as (leaf index, JSON text) in order, and the leaf from which to go on."""

    events: list[tuple[int, str]]
    next_leaf: int


class Feed:
    """At most `most` streams at once; lives on the event loop of the audit service."""

    def __init__(self, sessions: Sessions, most: int) -> None:
        self._sessions = sessions
        self._most = most
        self._streams = 0
        self._size = 0
        self._stopped = False
        self._news = asyncio.Event()
        self._poller: asyncio.Task[None] | None = None
        self._reads: dict[tuple[str, int], asyncio.Task[Batch]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def stopped(self) -> bool:
        """Whether streams are to end."""
        return self._stopped

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold one of the places.

        Raises:
            NoPlace: none is free, or the feed has stopped.
        """
        if self._stopped or self._streams >= self._most:
            raise NoPlace
        self._streams += 1
        if self._poller is None or self._poller.done():
            self._poller = self._start(self._poll())
        try:
            yield
        finally:
            self._streams -= 1

    async def sealed_size(self) -> int:
        """How many leaves there are now.

        Raises:
            DatabaseUnreachable: there is no answer.
        """
        return int((await ask(self._sessions, "sealed_size"))["size"])

    async def grown_beyond(self, leaf: int, seconds: float) -> bool:
        """Wait until there is such a leaf, at most so long; True if there is. Returns early when the feed stops."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._size <= leaf and not self._stopped:
                    await self._news.wait()
        return self._size > leaf

    async def read(self, wanted: str, leaf: int) -> Batch:
        """The next events from `leaf` on that match the JSON of a filter; streams that want the same share one read.

        Raises:
            DatabaseUnreachable: there is no answer.
        """
        key = wanted, leaf
        task = self._reads.get(key)
        if task is None:
            task = self._reads[key] = self._start(self._read(wanted, leaf))
            task.add_done_callback(lambda _: self._reads.pop(key, None))
        return await outlive(task)

    def carry_on(self, work: Coroutine[Any, Any, Answer]) -> asyncio.Task[Answer]:
        """Do what a stream has to do to its end, also when the stream ends meanwhile; the feed waits for it."""
        return self._start(work, copy_context())

    def stop(self) -> None:
        """Let all streams end."""
        self._stopped = True
        self._tell()

    async def close(self) -> None:
        """Stop, and wait for what ended streams left to do."""
        self.stop()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=CLOSE_SECONDS)

    async def _poll(self) -> None:
        # It ends by itself: a question that is cancelled half-way costs its connection.
        while self._streams and not self._stopped:
            seconds = POLL_SECONDS
            try:
                size = await self.sealed_size()
            except DatabaseUnreachable:
                size, seconds = self._size, WAIT_SECONDS
            if size != self._size:
                self._size = size
                self._tell()
            await asyncio.sleep(seconds)

    def _tell(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()

    async def _read(self, wanted: str, leaf: int) -> Batch:
        *rows, last = await ask_all(self._sessions, "read_sealed", wanted, leaf)
        return Batch([(row["leaf_index"], row["event"]) for row in rows], last["leaf_index"])

    def _start(self, work: Coroutine[Any, Any, Answer], context: Context | None = None) -> asyncio.Task[Answer]:
        # What is done for all streams belongs to no single request.
        task = asyncio.get_running_loop().create_task(work, context=context or Context())
        self._tasks.add(task)
        task.add_done_callback(self._forget)
        return task

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # whoever waits for it is told; perhaps nobody does any more


async def outlive(task: asyncio.Task[Answer]) -> Answer:
    """What the task returns or raises; it goes on when whoever waits for it is cancelled."""
    await asyncio.wait({task})
    return task.result()
