"""Events from the disk into the database, oldest first, as soon as it takes them again."""

import asyncio
import json
import logging
from collections.abc import Sequence
from time import perf_counter

from indelible.metrics import Metrics
from indelible.models import Event
from indelible.services.delivery import BATCH, Delivery, Verdict
from indelible.services.keeper import Keeper
from indelible.services.outage import Outage, patience
from indelible.services.spool.payload import PayloadError, from_payload
from indelible.services.spool.records import SpooledEvent
from indelible.services.standing import Standing
from indelible.settings import Settings

# How often one looks for what others have left behind, in seconds.
LOOK_SECONDS = 1.0
# What this release cannot read, a newer one beside it may: it has so many chances, so many seconds apart.
MOST_READINGS = 10
REREAD_SECONDS = 30.0
_log = logging.getLogger("indelible.spool")


class Replayer:
    """Runs for as long as the service does; all processes of a host share the work, each event is claimed by one."""

    def __init__(
        self, delivery: Delivery, keeper: Keeper, outage: Outage, metrics: Metrics, settings: Settings
    ) -> None:
        self._delivery = delivery
        self._keeper = keeper
        self._outage = outage
        self._metrics = metrics
        self._settings = settings
        self._looked = -LOOK_SECONDS

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                pause = await self._round()
            except Exception as error:  # noqa: BLE001  # whatever it is, what waits must not wait for ever
                _log.error("%s", json.dumps({"event": "audit_replay_failed", "error": type(error).__name__}))
                pause = self._outage.next_pause()
            await asyncio.sleep(pause)

    async def _round(self) -> float:
        """How long to wait before the next one, in seconds."""
        await self._look()
        claimed = await self._keeper.claim(BATCH)
        probe = self._outage.probe
        if claimed:
            answered = await self._bring(claimed)
        else:
            answered = probe is None or await self._ask([probe]) is not None
        if not answered:
            return self._outage.next_pause()
        return 0.0 if claimed else LOOK_SECONDS

    async def _look(self) -> None:
        """See what is in the spool, but not for every batch that is brought from it."""
        now = asyncio.get_running_loop().time()
        if now - self._looked >= LOOK_SECONDS:
            self._looked = now
            await self._keeper.counts()

    async def _bring(self, claimed: Sequence[SpooledEvent]) -> bool:
        """Whether the database has answered."""
        open_ids = {spooled.event_id for spooled in claimed}
        try:
            events = await self._read(claimed)
            open_ids = {event.event_id for event in events}
            verdicts = await self._ask(events)
            if verdicts is not None:
                await self._file(events, verdicts)
                open_ids = set()
        finally:
            # Cancelled too: whoever goes on need not wait until the lease ends.
            if open_ids:
                await asyncio.shield(self._keeper.release(open_ids))
        return verdicts is not None

    async def _read(self, claimed: Sequence[SpooledEvent]) -> list[Event]:
        events = []
        for spooled in claimed:
            try:
                events.append(_event_of(spooled))
            except PayloadError as error:
                if spooled.attempts < MOST_READINGS:
                    await self._keeper.release([spooled.event_id], REREAD_SECONDS)
                else:
                    await self._keeper.set_aside([spooled.event_id], str(error))
        return events

    async def _ask(self, events: Sequence[Event]) -> list[Verdict] | None:
        """The verdicts, or None if there is no answer."""
        if not events:
            return []
        began = perf_counter()
        try:
            async with asyncio.timeout(self._settings.record_deadline):
                verdicts = await self._delivery.send(events, Standing.KNOWN)
        except Exception:  # noqa: BLE001  # whatever it is, they wait on disk
            self._outage.begin(events[0])
            return None
        if perf_counter() - began <= patience(self._settings):
            self._outage.end()
        return verdicts

    async def _file(self, events: Sequence[Event], verdicts: Sequence[Verdict]) -> None:
        stored = [event for event, verdict in zip(events, verdicts, strict=True) if verdict.stored]
        self._metrics.recorded(stored)
        self._metrics.replayed.inc(len(stored))
        await self._keeper.done(event.event_id for event in stored)
        for event, verdict in zip(events, verdicts, strict=True):
            if not verdict.stored:
                self._metrics.refused.inc()
                await self._keeper.set_aside([event.event_id], verdict.reason)


def _event_of(spooled: SpooledEvent) -> Event:
    event = from_payload(spooled.payload)
    if event.event_id != spooled.event_id:
        raise PayloadError("it is another event")
    return event
