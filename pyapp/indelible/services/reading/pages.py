"""Pages of events, newest first. The database answers in short statements; a page goes on asking until it is full."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from indelible.services.question import Sessions, ask_all
from indelible.services.reading.filters import EventFilter
from indelible.services.reading.reader import Reader

# A search that finds little gives what it has after so many seconds, with the place to go on from.
FILL_SECONDS = 1.0
FILL_CHARACTERS = 8_388_608

Ask = Callable[[int | None, int], Awaitable[list[Any]]]


@dataclass(frozen=True, slots=True)
class Page:
    """Events as JSON texts, and before which id the next page looks; None: there is none."""

    events: list[str]
    next_before: int | None


async def read_events(sessions: Sessions, wanted: EventFilter, before: int | None, limit: int, reader: Reader) -> Page:
    """The newest `limit` events before an id that match.

    Raises:
        DatabaseUnreachable: there is no answer.
    """

    async def ask(before: int | None, most: int) -> list[Any]:
        return await ask_all(sessions, "read_events", wanted.to_json(), before, most, *reader)

    return await _fill(ask, before, limit)


async def read_history(
    sessions: Sessions, entity: tuple[str, str], before: int | None, limit: int, reader: Reader
) -> Page:
    """The newest `limit` events before an id that are about the record (entity type, entity id), with their diffs.

    Raises:
        DatabaseUnreachable: there is no answer.
    """

    async def ask(before: int | None, most: int) -> list[Any]:
        return await ask_all(sessions, "read_entity_history", *entity, before, most, *reader)

    return await _fill(ask, before, limit)


async def _fill(ask: Ask, before: int | None, limit: int) -> Page:
    """Ask until there is one event more than fits, or nothing more, or it has taken long enough."""
    loop = asyncio.get_running_loop()
    end = loop.time() + FILL_SECONDS
    events: list[tuple[int, str]] = []
    size = 0
    while True:
        rows = await ask(before, limit + 1 - len(events))
        found = [(row["id"], row["event"]) for row in rows if row["event"] is not None]
        events += found
        size += sum(len(event) for _, event in found)
        if len(events) > limit:
            return Page([event for _, event in events[:limit]], events[limit - 1][0])
        if len(found) == len(rows):
            return Page([event for _, event in events], None)
        before = rows[-1]["id"]
        if loop.time() > end or size > FILL_CHARACTERS:
            return Page([event for _, event in events], before)
