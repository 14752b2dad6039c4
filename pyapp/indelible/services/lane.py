"""Events that wait for a batch: one queue for each standing, so that nobody's events stand behind a stranger's."""

import asyncio
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from time import perf_counter

from indelible.models import Event, Fate, Receipt
from indelible.services.standing import Standing


@dataclass(slots=True, eq=False)
class Item:
    """One event on its way, and what its caller waits for."""

    event: Event
    standing: Standing
    receipt: "asyncio.Future[Receipt] | Future[Receipt] | None" = None
    settled: bool = False
    _began: float = field(default_factory=perf_counter)

    def age(self) -> float:
        """How long ago it was handed over, in seconds."""
        return perf_counter() - self._began

    def settle(self, fate: Fate, log_id: int | None = None) -> None:
        """Answer the caller, unless it has stopped waiting."""
        self.settled = True
        if self.receipt is not None and not self.receipt.done():
            self.receipt.set_result(Receipt(self.event.event_id, fate, log_id))


class Lane:
    """A queue, from which at most `most` senders take batches at once.

    Events of `required` must be in the database; others may wait on disk, but not those of UNCHECKED standing.
    """

    def __init__(self, standing: Standing, most: int = 1, *, required: bool = False) -> None:
        self.standing = standing
        self.required = required
        self.spools = not required and standing is not Standing.UNCHECKED
        self.queue: deque[Item] = deque()
        self._most = most
        self._senders = 0

    def take_sender(self) -> bool:
        """Whether one more sender may begin."""
        more = self._senders < self._most
        self._senders += more
        return more

    def give_back(self) -> None:
        """A sender has ended."""
        self._senders -= 1

    def take(self, limit: int) -> list[Item]:
        """The oldest items, no longer in the queue."""
        return [self.queue.popleft() for _ in range(min(limit, len(self.queue)))]
