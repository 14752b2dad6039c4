"""Events on their way: bounded in number, committed together, answered in time, drained on close."""

import asyncio
from concurrent.futures import Future
from contextlib import suppress

from indelible.metrics import Metrics
from indelible.models import Event, Fate, Receipt
from indelible.services.admission import Admission
from indelible.services.conclusion import Conclusion
from indelible.services.courier import Courier
from indelible.services.delivery import RELEASE_SECONDS, Delivery
from indelible.services.fallback import report_loss
from indelible.services.keeper import Keeper
from indelible.services.lane import Item, Lane
from indelible.services.outage import Outage
from indelible.services.receipts import Receipts
from indelible.services.replayer import Replayer
from indelible.services.sessions import SessionPools
from indelible.services.standing import Standing
from indelible.services.summary import Summary
from indelible.settings import Settings

LaneKey = tuple[Standing, bool]


class EventWriter:
    """Takes events from any thread; lives on the event loop that it was made on."""

    def __init__(self, sessions: SessionPools, settings: Settings, metrics: Metrics, keeper: Keeper | None) -> None:
        self.loop = asyncio.get_running_loop()
        self.outage = Outage()
        self._settings = settings
        self._metrics = metrics
        self._admission = Admission(settings)
        self._summary = Summary(self.loop, self._start_anyway, metrics)
        self._receipts = Receipts(self.loop, settings.record_timeout)
        self._lanes = _lanes(settings)
        self._empty = asyncio.Event()
        delivery = Delivery(sessions, settings)
        conclusion = Conclusion(metrics, self._release, self._summarise)
        self._courier = Courier(delivery, keeper, self.outage, conclusion, settings)
        self._tasks: set[asyncio.Task[None]] = set()
        self._replaying: asyncio.Task[None] | None = None
        if keeper is not None:
            replayer = Replayer(delivery, keeper, self.outage, metrics, settings)
            self._replaying = self.loop.create_task(replayer.run())

    @property
    def in_flight(self) -> int:
        """How many events are neither stored nor spooled nor given up yet."""
        return self._admission.in_flight

    def start(
        self, event: Event, standing: Standing, *, wait: bool = False, required: bool = False
    ) -> "asyncio.Future[Receipt]":
        """Begin to write `event`, on this writer's own loop; its receipt, at once unless the caller is to `wait`."""
        if fate := self._admit(event, standing):
            return _settled(self.loop, Receipt(event.event_id, fate))
        receipt = self._receipts.expect(event.event_id) if wait else None
        self._enqueue(Item(event, standing, receipt), required=required)
        return receipt or _settled(self.loop, Receipt(event.event_id, Fate.PENDING))

    def start_from_thread(self, event: Event, standing: Standing, *, required: bool = False) -> "Future[Receipt]":
        """The same from any other thread; the caller waits as long as it likes."""
        receipt: Future[Receipt] = Future()
        receipt.set_running_or_notify_cancel()
        if fate := self._admit(event, standing):
            receipt.set_result(Receipt(event.event_id, fate))
            return receipt
        try:
            self.loop.call_soon_threadsafe(self._enqueue, Item(event, standing, receipt), required)
        except RuntimeError:  # the loop is closed
            self._admission.release(standing)
            report_loss(event, "closed", None, self._metrics)
            receipt.set_result(Receipt(event.event_id, Fate.DROPPED))
        return receipt

    async def drain(self) -> None:
        """Take no more events, wait for those in flight, and give up on what is not written by the deadline."""
        self._admission.close()
        self._summary.flush()
        if self.in_flight:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._empty.wait(), self._settings.record_deadline)
        background = self._tasks | ({self._replaying} if self._replaying else set())
        for task in background:
            task.cancel()
        if background:
            await asyncio.wait(background, timeout=2 * RELEASE_SECONDS)
        await self._courier.close()

    def _admit(self, event: Event, standing: Standing) -> Fate | None:
        """None if the event has a place, otherwise what becomes of it."""
        self._metrics.accepted.inc()
        if self._admission.admit(standing):
            return None
        if standing is not Standing.KNOWN and self._summarise(event):
            return Fate.SUMMARISED
        report_loss(event, "closed" if self._admission.closed else "saturated", None, self._metrics)
        return Fate.DROPPED

    def _summarise(self, event: Event) -> bool:
        """Whether a stranger's event goes into a summary: it does until the end."""
        if self._admission.closed:
            return False
        self._summary.add(event)
        return True

    def _start_anyway(self, event: Event) -> None:
        """For summaries, which are few, and take no user's place."""
        self._metrics.accepted.inc()
        self._admission.take(Standing.UNPROVEN)
        self._enqueue(Item(event, Standing.UNPROVEN))

    def _enqueue(self, item: Item, required: bool = False) -> None:  # noqa: FBT001, FBT002  # called by the loop, too
        lane = self._lanes[item.standing, required]
        lane.queue.append(item)
        if lane.take_sender():
            task = self.loop.create_task(self._courier.work(lane))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _release(self, standing: Standing) -> None:
        self._admission.release(standing)
        if self._admission.closed and not self.in_flight:
            self._empty.set()


def _lanes(settings: Settings) -> dict[LaneKey, Lane]:
    """Known users have two senders: while one waits for its commit, the other one fills a batch."""
    known, stranger, unchecked = Standing.KNOWN, Standing.STRANGER, Standing.UNCHECKED
    summaries = Standing.UNPROVEN
    return {
        (known, False): Lane(known, min(2, settings.audit_pool_size)),
        (known, True): Lane(known, required=True),
        (stranger, False): Lane(stranger),
        (stranger, True): Lane(stranger, required=True),
        (unchecked, False): Lane(unchecked),
        (summaries, False): Lane(summaries),
    }


def _settled(loop: asyncio.AbstractEventLoop, receipt: Receipt) -> "asyncio.Future[Receipt]":
    future: asyncio.Future[Receipt] = loop.create_future()
    future.set_result(receipt)
    return future
