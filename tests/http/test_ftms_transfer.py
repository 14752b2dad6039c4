"""Seats that change sailings: all of it happens, or nothing, and never more than there are."""

import asyncio
import time

import httpx

from tests.http.ferry import BOOKINGS, DEPARTS, LATER, NEW, book, seats_taken
from tests.http.world import Headers, World, require_problem
from tests.support import facts


def wait_for_a_waiter(world: World) -> None:
    """Return when some transaction waits for a lock."""
    while world.admin.execute("select from pg_locks where not granted").fetchone() is None:
        time.sleep(0.01)


async def test_a_transfer_takes_the_seats_along(client: httpx.AsyncClient, world: World, alice: Headers) -> None:
    """Seats leave the old sailing, are taken on the new one, and cost what they cost there."""
    booking = await book(client, alice)
    sailing = {"route": "HOL-DUB", "departs_at": DEPARTS}
    response = await client.post(f"{BOOKINGS}/{booking['id']}/transfer", json=sailing, headers=alice)
    assert (response.status_code, response.json()["route"], response.json()["fare"]) == (200, "HOL-DUB", "85.00")
    assert (seats_taken(world), seats_taken(world, "HOL-DUB")) == (0, 2)


async def test_a_transfer_that_fails_halfway_has_not_happened(
    client: httpx.AsyncClient, world: World, alice: Headers
) -> None:
    """The first write is undone with the second: no row change is on record, and the failure is."""
    await book(client, alice, departs_at=LATER, seats=39)
    booking = await book(client, alice)
    before = seats_taken(world)
    sailing = {"route": "OBN-CST", "departs_at": LATER}
    response = await client.post(f"{BOOKINGS}/{booking['id']}/transfer", json=sailing, headers=alice)
    assert "seats" in require_problem(response, 409)["detail"]
    event = world.one_event(response)
    assert (event["action"], event["outcome"], event["entity_id"], event["user_id"]) == (
        "FTMS_BOOKING_UPDATED",
        "failure",
        str(booking["id"]),
        "alice",
    )
    assert facts(event) == {"reason": "exception", "exception": "CheckViolationError"}
    assert seats_taken(world) == before
    assert (await client.get(f"{BOOKINGS}/{booking['id']}", headers=alice)).json() == booking


async def test_no_more_seats_are_sold_than_there_are(client: httpx.AsyncClient, world: World, alice: Headers) -> None:
    """Ten requests at once for 7 of 40 seats: five get them, five are told that there are none."""
    answers = await asyncio.gather(*(client.post(BOOKINGS, json=NEW | {"seats": 7}, headers=alice) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [201] * 5 + [409] * 5
    assert seats_taken(world) == 35
    assert len(world.events("action = 'FTMS_BOOKING_CREATED' and outcome = 'failure'")) == 5


async def test_the_loser_of_a_deadlock_is_told_to_try_again(
    client: httpx.AsyncClient, world: World, alice: Headers
) -> None:
    """Two transactions that wait for each other's sailing: the one that PostgreSQL ends is a 409, and on record."""
    booking = await book(client, alice)
    await book(client, alice, route="HOL-DUB")
    world.admin.execute("set deadlock_timeout = '10min'")  # so that the application's side is the one to be ended
    with world.admin.transaction():
        world.admin.execute("update ftms.sailings set capacity = capacity + 1 where route = 'HOL-DUB'")
        sailing = {"route": "HOL-DUB", "departs_at": DEPARTS}
        move = asyncio.create_task(client.post(f"{BOOKINGS}/{booking['id']}/transfer", json=sailing, headers=alice))
        await asyncio.to_thread(wait_for_a_waiter, world)
        await asyncio.to_thread(
            world.admin.execute, "update ftms.sailings set capacity = capacity + 1 where route = 'OBN-CST'"
        )
    response = await move
    require_problem(response, 409)
    assert int(response.headers["retry-after"]) > 0
    event = world.one_event(response)
    assert (event["outcome"], event["metadata"]["exception"]) == ("failure", "DeadlockDetectedError")
