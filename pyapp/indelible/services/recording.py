"""The doors of the audit service: what code of every kind may ask it to record."""

import asyncio
from typing import Unpack

from indelible.codes import ATTEMPTED, FAILURE
from indelible.context import Attempt, current
from indelible.errors import AuditUnavailable
from indelible.metrics import Metrics
from indelible.models import Durability, Event, EventFields, Fate, Receipt
from indelible.services.event import compose, new_event_id
from indelible.services.fallback import report_loss
from indelible.services.standing import Standing, standing_of
from indelible.services.writer import EventWriter
from indelible.settings import Settings


class Recording:
    """Events of one process; each of them waits for as much as its durability says, at most `record_timeout` seconds.

    Nothing here raises, but for what is asked to be fail_closed. A loss is counted and logged ("indelible.audit").
    """

    settings: Settings
    metrics: Metrics
    _writer: EventWriter | None = None

    async def record(self, action: str, **fields: Unpack[EventFields]) -> int | None:
        """Record one event and return its id, or None if it is not (yet) in the database.

        Args:
            action: code from the catalogue, of origin service.
            fields: `entity_type`, `entity_id`, `description`, `outcome` ("success"), `metadata` (a dict; what cannot
                be stored is left out, and the event says so), `permission`, `durability`.

        Raises:
            AuditUnavailable: it is to be fail_closed, and not in the database in time.
        """
        return (await self.submit(action, **fields)).log_id

    async def submit(self, action: str, **fields: Unpack[EventFields]) -> Receipt:
        """`record` that tells more: under which id, and whether the event is in the database or on disk."""
        durability = fields.get("durability", self.settings.durability)
        receipt = await self._send(compose(action, current(), fields), durability)
        return _required(receipt) if durability == "fail_closed" else receipt

    def record_sync(self, action: str, **fields: Unpack[EventFields]) -> int | None:
        """`record` for sync code: on a worker thread it waits as long as `record` would.

        On a thread that runs an event loop it must not wait: it hands the event over and returns None, or raises if it
        is to be fail_closed.
        """
        return self.submit_sync(action, **fields).log_id

    def submit_sync(self, action: str, **fields: Unpack[EventFields]) -> Receipt:
        """`record_sync` with a receipt."""
        durability = fields.get("durability", self.settings.durability)
        receipt = self._send_sync(compose(action, current(), fields), durability)
        return _required(receipt) if durability == "fail_closed" else receipt

    def record_soon(self, action: str, **fields: Unpack[EventFields]) -> None:
        """`record` without waiting at all, from any thread."""
        self._hand_over(compose(action, current(), fields), standing_of(current()))

    def record_unchecked(self, action: str, **fields: Unpack[EventFields]) -> None:
        """`record_soon` for what any client can cause before anything is checked: of a flood, most is only counted."""
        self._hand_over(compose(action, current(), fields), Standing.UNCHECKED)

    async def attempt(self, action: str, **fields: Unpack[EventFields]) -> Attempt:
        """Put an action on record before it begins.

        Raises:
            AuditUnavailable: it is not committed in the database in time, and must not begin.
        """
        event = _intent(action, fields)
        return self._begun(await self._send(event, "fail_closed"), action, fields)

    def attempt_sync(self, action: str, **fields: Unpack[EventFields]) -> Attempt:
        """The same for sync code, on a thread that runs no event loop."""
        event = _intent(action, fields)
        return self._begun(self._send_sync(event, "fail_closed"), action, fields)

    def _begun(self, receipt: Receipt, action: str, fields: EventFields) -> Attempt:
        if receipt.log_id is not None:
            return Attempt(receipt.log_id, receipt.event_id)
        # Best effort, and soon or late: that something was refused for this reason should be on record, too.
        refused: EventFields = {
            **fields,
            "outcome": FAILURE,
            "metadata": {"reason": "audit_unavailable"},
            "intent_id": receipt.event_id,
        }
        self.record_soon(action, **refused)
        raise AuditUnavailable

    async def _send(self, event: Event, durability: Durability) -> Receipt:
        writer, standing = self._writer, standing_of(current())
        if writer is None or durability == "fast":
            return self._hand_over(event, standing)
        required = durability == "fail_closed"
        if writer.loop is _running_loop():
            return await writer.start(event, standing, wait=True, required=required)
        pending = asyncio.wrap_future(writer.start_from_thread(event, standing, required=required))
        # asyncio.wait leaves the write running, both at the timeout and when the caller is cancelled.
        done, _ = await asyncio.wait({pending}, timeout=self.settings.record_timeout)
        return pending.result() if done else Receipt(event.event_id, Fate.PENDING)

    def _send_sync(self, event: Event, durability: Durability) -> Receipt:
        writer, standing = self._writer, standing_of(current())
        required = durability == "fail_closed"
        if _running_loop() is not None and required:
            return Receipt(event.event_id, Fate.REFUSED)
        if writer is None or durability == "fast" or _running_loop() is not None:
            return self._hand_over(event, standing)
        future = writer.start_from_thread(event, standing, required=required)
        try:
            return future.result(self.settings.record_timeout)
        except TimeoutError:
            return Receipt(event.event_id, Fate.PENDING)

    def _hand_over(self, event: Event, standing: Standing) -> Receipt:
        """Let the writer have it, and wait for nothing."""
        if self._writer is None:
            self.metrics.accepted.inc()
            report_loss(event, "not_running", None, self.metrics)
            return Receipt(event.event_id, Fate.DROPPED)
        if self._writer.loop is _running_loop():
            return self._writer.start(event, standing).result()
        self._writer.start_from_thread(event, standing)
        return Receipt(event.event_id, Fate.PENDING)


def _intent(action: str, fields: EventFields) -> Event:
    event_id = new_event_id()
    return compose(action, current(), {**fields, "outcome": ATTEMPTED, "intent_id": event_id}, event_id)


def _required(receipt: Receipt) -> Receipt:
    if receipt.fate is not Fate.STORED:
        raise AuditUnavailable
    return receipt


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
