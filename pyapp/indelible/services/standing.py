"""On whose account something is done, and its share of the audit pool: strangers never get the last connection."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from enum import Enum, auto

from indelible.context import RequestContext


class Standing(Enum):
    """How much is known about who causes an event or a question."""

    KNOWN = auto()
    """A user who has been identified, or the application itself, outside of any request."""
    UNPROVEN = auto()
    """Somebody who may be known after this very question: a token to be looked up, a probe."""
    PRODUCER = auto()
    """Another application that hands its events over with a valid key."""
    STRANGER = auto()
    """A request without a user."""
    UNCHECKED = auto()
    """What any client can send before anything is checked, as often as it likes."""


def standing_of(context: RequestContext | None) -> Standing:
    """KNOWN for a request with a user and outside of requests, otherwise STRANGER."""
    return Standing.STRANGER if context is not None and context.user_id is None else Standing.KNOWN


class Shares:
    """Takes turns at the independent pool's `connections`; lives on the event loop that it is used on.

    Strangers have half of them, producers too, and everybody who is not known all but one. A pool of one is shared in
    turn: then at most one of them stands in line before a known user.
    """

    def __init__(self, connections: int) -> None:
        self._strangers = asyncio.Semaphore(max(1, connections // 2))
        self._producers = asyncio.Semaphore(max(1, connections // 2))
        self._not_known = asyncio.Semaphore(max(1, connections - 1))

    @asynccontextmanager
    async def turn(self, standing: Standing) -> AsyncIterator[None]:
        """Wait until `standing` may ask for a connection; hold it until the connection has been given back."""
        async with AsyncExitStack() as held:
            if standing in (Standing.STRANGER, Standing.UNCHECKED):
                await held.enter_async_context(self._strangers)
            elif standing is Standing.PRODUCER:
                await held.enter_async_context(self._producers)
            if standing is not Standing.KNOWN:
                await held.enter_async_context(self._not_known)
            yield
