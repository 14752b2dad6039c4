"""Who is known, and what everybody else may take: at most so many connections, at most so many places."""

import asyncio

import pytest

from indelible import Settings
from indelible.context import RequestContext
from indelible.services.admission import UNCHECKED_PENDING, Admission
from indelible.services.standing import Shares, Standing, standing_of

NOT_KNOWN = [standing for standing in Standing if standing is not Standing.KNOWN]


def test_a_request_without_a_user_is_a_strangers() -> None:
    """An application outside of any request is its own known user."""
    assert standing_of(None) is Standing.KNOWN
    assert standing_of(RequestContext("0" * 32, user_id="ann")) is Standing.KNOWN
    assert standing_of(RequestContext("0" * 32)) is Standing.STRANGER


@pytest.mark.parametrize(
    ("connections", "strangers", "not_known"), [(1, 1, 1), (2, 1, 1), (3, 1, 2), (4, 2, 3), (10, 5, 9)]
)
async def test_a_connection_is_kept_for_known_users(connections: int, strangers: int, not_known: int) -> None:
    """However many ask: half for strangers, all but one for who is not known, any number for known users."""
    shares, inside, go_on = Shares(connections), dict.fromkeys(Standing, 0), asyncio.Event()

    async def take(standing: Standing) -> None:
        async with shares.turn(standing):
            inside[standing] += 1
            await go_on.wait()

    tasks = [asyncio.create_task(take(standing)) for standing in reversed(Standing) for _ in range(20)]
    for _ in range(10):
        await asyncio.sleep(0)
    assert inside[Standing.KNOWN] == 20
    assert inside[Standing.STRANGER] + inside[Standing.UNCHECKED] == strangers
    assert sum(inside[standing] for standing in NOT_KNOWN) == not_known
    go_on.set()
    await asyncio.gather(*tasks)
    assert set(inside.values()) == {20}


async def test_producers_have_half_of_the_connections() -> None:
    """However many hand events over, one more connection is there for tokens, and another for known users."""
    shares, inside, go_on = Shares(4), dict.fromkeys(Standing, 0), asyncio.Event()

    async def take(standing: Standing) -> None:
        async with shares.turn(standing):
            inside[standing] += 1
            await go_on.wait()

    wanted = (Standing.PRODUCER, Standing.UNPROVEN)
    tasks = [asyncio.create_task(take(standing)) for standing in wanted for _ in range(20)]
    for _ in range(10):
        await asyncio.sleep(0)
    assert [inside[standing] for standing in wanted] == [2, 1]
    go_on.set()
    await asyncio.gather(*tasks)


def test_places_are_apart() -> None:
    """A standing that has filled its places leaves all others theirs; a closed door admits nobody."""
    admission = Admission(Settings(record_pending=100))
    admitted = {
        standing: sum(admission.admit(standing) for _ in range(200))
        for standing in reversed(Standing)
        if standing not in (Standing.UNPROVEN, Standing.PRODUCER)
    }
    assert admitted == {Standing.KNOWN: 100, Standing.STRANGER: 25, Standing.UNCHECKED: UNCHECKED_PENDING}
    assert admission.in_flight == 141
    admission.release(Standing.UNCHECKED)
    assert admission.admit(Standing.UNCHECKED) and not admission.admit(Standing.STRANGER)
    admission.close()
    admission.release(Standing.KNOWN)
    assert not admission.admit(Standing.KNOWN)
