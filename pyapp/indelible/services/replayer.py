"""Events from the disk into the database, oldest first, as soon as it takes them again."""

import asyncio
from collections.abc import Sequence

from indelible.metrics import Metrics
from indelible.models import Event
from indelible.services.delivery import BATCH, Delivery, Verdict
from indelible.services.keeper import Keeper
from indelible.services.outage import Outage
from indelible.services.spool.payload import PayloadError, from_payload
from indelible.services.spool.records import SpooledEvent
from indelible.services.standing import Standing
from indelible.settings import Settings

# How often one looks for what others have left behind, in seconds.
LOOK_SECONDS = 1.0
# What this release cannot read, a newer one beside it may: it has so many chances, so many seconds apart.
MOST_READINGS = 10
REREAD_SECONDS = 30.0


class Replayer:
    """Runs for as long as the service does; all processes of a host share the work, and each event is claimed by one."""

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
            await self._look()
            claimed = await self._keeper.claim(BATCH)
            if claimed:
                answered = await self._bring(claimed)
            else:
                answered = self._outage.probe is None or await self._ask([self._outage.probe]) is not None
            if not answered:
                await asyncio.sleep(self._outage.next_pause())
            elif not claimed:
                await asyncio.sleep(LOOK_SECONDS)

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
                events.append(from_payload(spooled.payload))
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
        try:
            async with asyncio.timeout(self._settings.record_deadline):
                verdicts = await self._delivery.send(events, Standing.KNOWN)
        except Exception:  # noqa: BLE001  # whatever it is, they wait on disk
            self._outage.begin(events[0])
            return None
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
