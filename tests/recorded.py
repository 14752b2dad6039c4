"""An audit service for tests that keeps what it is given, and business that fails."""

import asyncio
from typing import Any, NoReturn, Unpack
from uuid import uuid4

from indelible import Settings
from indelible.context import Attempt
from indelible.models import EventFields

ACTION = "TEST_THING_DONE"


class Recorded:
    """An audit service that keeps what it is given, and by which door it came."""

    settings = Settings()
    database = sync_database = None

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def _keep(self, door: str, action: str, fields: EventFields) -> int:
        self.events.append({"door": door, "action": action, **fields})
        return len(self.events)

    async def record(self, action: str, **fields: Unpack[EventFields]) -> int | None:
        await asyncio.sleep(0)
        return self._keep("record", action, fields)

    def record_sync(self, action: str, **fields: Unpack[EventFields]) -> int | None:
        return self._keep("record_sync", action, fields)

    async def attempt(self, action: str, **fields: Unpack[EventFields]) -> Attempt:
        return self.attempt_sync(action, **fields)

    def attempt_sync(self, action: str, **fields: Unpack[EventFields]) -> Attempt:
        return Attempt(self._keep("attempt", action, fields), uuid4())

    def record_soon(self, action: str, **fields: Unpack[EventFields]) -> None:
        self._keep("record_soon", action, fields)

    @property
    def only(self) -> dict[str, Any]:
        (event,) = self.events
        return event


class Failure(Exception):
    """What business code raises."""


FAILURE = Failure("the message may hold a secret")


def fail() -> NoReturn:
    raise FAILURE


def add(a: int, b: int = 1) -> int:
    """Add."""
    return a + b
