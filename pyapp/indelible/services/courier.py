"""Batches on their way to the database, or to the disk when it does not answer in time."""

import asyncio
from collections.abc import Sequence

from indelible.services.conclusion import Conclusion
from indelible.services.delivery import BATCH, RELEASE_SECONDS, Delivery, Verdict
from indelible.services.keeper import Keeper
from indelible.services.lane import Item, Lane
from indelible.services.outage import Outage, patience
from indelible.settings import Settings

Attempt = asyncio.Task[list[Verdict]]


class Courier:
    """Empties lanes, batch after batch. Nothing is lost between the two ways: an event may go both, under its id."""

    def __init__(
        self, delivery: Delivery, keeper: Keeper | None, outage: Outage, conclusion: Conclusion, settings: Settings
    ) -> None:
        self._delivery = delivery
        self._keeper = keeper
        self._outage = outage
        self._conclusion = conclusion
        self._settings = settings
        self._attempts: set[Attempt] = set()

    async def work(self, lane: Lane) -> None:
        """Until the lane is empty; cancelled, what is still in it is lost."""
        batch: list[Item] = []
        try:
            while lane.queue:
                batch = lane.take(BATCH)
                await self._deliver(lane, batch)
        except asyncio.CancelledError:
            self._conclusion.lost([*batch, *lane.take(len(lane.queue))], None)
            raise
        finally:
            lane.give_back()

    async def close(self) -> None:
        """Give up what nobody waits for any more; it is on disk."""
        for attempt in self._attempts:
            attempt.cancel()
        if self._attempts:
            await asyncio.wait(self._attempts, timeout=2 * RELEASE_SECONDS)

    async def _deliver(self, lane: Lane, batch: list[Item]) -> None:
        try:
            await self._carry(lane, batch)
        except Exception as error:  # noqa: BLE001  # whatever it is, business code must not see it, nor the next batch
            self._conclusion.lost(batch, error)

    async def _carry(self, lane: Lane, batch: list[Item]) -> None:
        if self._outage.lasting and await self._keep(lane, batch):
            return
        attempt = self._begin(lane, batch)
        await asyncio.wait({attempt}, timeout=self._patience(lane, batch))
        if not attempt.done():
            self._outage.begin(batch[0].event)
            if await self._keep(lane, batch):
                return  # the attempt goes on by itself: the database may be slow, not gone
            await asyncio.wait({attempt})
        await self._conclude(lane, batch, attempt)

    async def _conclude(self, lane: Lane, batch: list[Item], attempt: Attempt) -> None:
        error = asyncio.CancelledError() if attempt.cancelled() else attempt.exception()
        if error is None:
            self._outage.end()
            self._conclusion.answered(batch, attempt.result())
        elif lane.required:
            self._conclusion.unavailable(batch, error)
        else:
            self._outage.begin(batch[0].event)
            if not await self._keep(lane, batch):
                self._conclusion.lost(batch, error)

    def _begin(self, lane: Lane, batch: Sequence[Item]) -> Attempt:
        attempt = asyncio.get_running_loop().create_task(self._send(lane, batch))
        self._attempts.add(attempt)
        attempt.add_done_callback(self._ended)
        return attempt

    async def _send(self, lane: Lane, batch: Sequence[Item]) -> list[Verdict]:
        seconds = self._settings.record_timeout if lane.required else self._settings.record_deadline
        async with asyncio.timeout(max(0.0, seconds - batch[-1].age())):
            return await self._delivery.send([item.event for item in batch], lane.standing)

    def _ended(self, attempt: Attempt) -> None:
        self._attempts.discard(attempt)
        if not attempt.cancelled():
            attempt.exception()  # nobody may be waiting for it any more

    def _patience(self, lane: Lane, batch: Sequence[Item]) -> float | None:
        """How long the oldest of them may still wait for the database, in seconds."""
        if self._keeper is None or not lane.spools:
            return None
        return max(0.0, patience(self._settings) - batch[0].age())

    async def _keep(self, lane: Lane, batch: Sequence[Item]) -> bool:
        """Whether they are on disk now."""
        if self._keeper is None or not lane.spools or not self._keeper.admits(lane.standing):
            return False
        kept = await self._keeper.put([item.event for item in batch])
        if kept:
            self._conclusion.spooled(batch)
        return kept
