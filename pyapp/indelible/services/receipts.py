"""Waiting for acknowledgements: each caller is answered in time, whatever becomes of the event afterwards."""

import asyncio
from collections import deque
from uuid import UUID

from indelible.models import Fate, Receipt


class Receipts:
    """Futures that end by themselves after `seconds`, with a receipt that promises nothing.

    One timer serves all of them, for they end in the order in which they began.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        self._loop = loop
        self._seconds = seconds
        self._waiting: deque[tuple[float, UUID, asyncio.Future[Receipt]]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def expect(self, event_id: UUID) -> "asyncio.Future[Receipt]":
        """The future receipt of an event."""
        future: asyncio.Future[Receipt] = self._loop.create_future()
        deadline = self._loop.time() + self._seconds
        self._waiting.append((deadline, event_id, future))
        if self._timer is None:
            self._timer = self._loop.call_at(deadline, self._expire)
        return future

    def _expire(self) -> None:
        self._timer = None
        now = self._loop.time()
        while self._waiting:
            deadline, event_id, future = self._waiting[0]
            # Clocks of timers are coarse: one that is due is not put off by a hair.
            if not future.done() and deadline > now + 0.001:
                self._timer = self._loop.call_at(deadline, self._expire)
                return
            self._waiting.popleft()
            if not future.done():
                future.set_result(Receipt(event_id, Fate.PENDING))
