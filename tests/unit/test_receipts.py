"""Each caller is answered in time, by a receipt that promises nothing more than is known."""

import asyncio

import pytest

from indelible.models import Fate, Receipt
from indelible.services.event import new_event_id
from indelible.services.receipts import Receipts


async def test_who_waits_is_answered_in_time() -> None:
    """Without an answer the receipt says that the event is on its way; one after the other, by one timer."""
    loop = asyncio.get_running_loop()
    receipts = Receipts(loop, 0.01)
    for _ in range(2):  # the timer begins anew after a pause
        ids = [new_event_id() for _ in range(3)]
        futures = [receipts.expect(event_id) for event_id in ids]
        assert [await future for future in futures] == [Receipt(event_id, Fate.PENDING) for event_id in ids]


async def test_an_answer_is_not_taken_back() -> None:
    """What was stored or cancelled before the time is over stays what it is, and does not end the others' waiting."""
    receipts = Receipts(asyncio.get_running_loop(), 0.02)
    stored, cancelled, pending = (receipts.expect(new_event_id()) for _ in range(3))
    receipt = Receipt(new_event_id(), Fate.STORED, 7)
    stored.set_result(receipt)
    cancelled.cancel()
    assert (await pending).fate is Fate.PENDING
    assert await stored is receipt
    assert cancelled.cancelled()


@pytest.mark.parametrize("fate", list(Fate))
def test_durable_is_what_no_crash_loses(fate: Fate) -> None:
    """Only what is committed or on disk is acknowledged."""
    assert Receipt(new_event_id(), fate).durable is (fate in (Fate.STORED, Fate.SPOOLED))
