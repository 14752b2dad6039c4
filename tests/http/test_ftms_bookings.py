"""The life of a booking over HTTP, and what stands in the log afterwards."""

import ast
from pathlib import Path

import httpx

import ftms
import indelible
from tests.http.ferry import BOOKINGS, DEPARTS, NEW, book, seats_taken
from tests.http.world import Headers, World, require_problem


async def test_creation_is_one_story_in_the_log(client: httpx.AsyncClient, world: World, alice: Headers) -> None:
    """The business event and the row changes share request, user and address; the rows share one transaction."""
    response = await client.post(BOOKINGS, json=NEW, headers=alice)
    booking = response.json()
    assert (response.status_code, booking["status"], booking["fare"]) == (201, "draft", "34.50")
    recorded = world.of_request(response)
    assert [(event["action"], event["entity_type"]) for event in recorded] == [
        ("ROW_INSERTED", "FTMS_SAILING"),
        ("ROW_UPDATED", "FTMS_SAILING"),
        ("ROW_INSERTED", "FTMS_BOOKING"),
        ("FTMS_BOOKING_CREATED", "FTMS_BOOKING"),
    ]
    assert {(event["user_id"], event["actor_proof"], str(event["ip_address"])) for event in recorded} == {
        ("alice", "sealed", "203.0.113.7")
    }
    assert len({event["xid"] for event in recorded[:3]}) == 1
    assert recorded[2]["entity_id"] == recorded[3]["entity_id"] == str(booking["id"])
    assert recorded[2]["changes"]["new"]["reference"] == booking["reference"]


async def test_the_email_is_masked_in_the_log_alone(client: httpx.AsyncClient, world: World, alice: Headers) -> None:
    """The application shows the address, the record of the row says only that there was one."""
    booking = await book(client, alice)
    await client.patch(f"{BOOKINGS}/{booking['id']}", json={"passenger_email": "new@example.org"}, headers=alice)
    shown = await client.get(f"{BOOKINGS}/{booking['id']}", headers=alice)
    assert shown.json()["passenger_email"] == "new@example.org"
    recorded = world.events("entity_type = 'FTMS_BOOKING' and action like 'ROW%%'")
    assert "passenger_email" in recorded[0]["changes"]["new"]
    assert "passenger_email" in recorded[1]["changes"]["new"]
    assert "@example.org" not in str(world.events())


async def test_an_update_changes_what_was_named(client: httpx.AsyncClient, world: World, alice: Headers) -> None:
    """Other fields stay, the fare follows the seats, and the record has old and new of what changed."""
    booking = await book(client, alice, notes="window")
    changes = {"seats": 3, "status": "confirmed"}
    response = await client.patch(f"{BOOKINGS}/{booking['id']}", json=changes, headers=alice)
    after = response.json()
    assert after == booking | changes | {"fare": "51.75", "updated_at": after["updated_at"]}
    (row,) = [
        event for event in world.of_request(response) if event["action"] == "ROW_UPDATED" and "status" in str(event)
    ]
    assert (row["changes"]["old"]["status"], row["changes"]["new"]["status"]) == ("draft", "confirmed")
    assert world.actions(response)[-1] == "FTMS_BOOKING_UPDATED"
    assert seats_taken(world) == 3


async def test_notes_can_be_taken_away(client: httpx.AsyncClient, alice: Headers) -> None:
    """Null clears the notes and is no value for anything else."""
    booking = await book(client, alice, notes="window")
    cleared = await client.patch(f"{BOOKINGS}/{booking['id']}", json={"notes": None}, headers=alice)
    assert (cleared.status_code, cleared.json()["notes"]) == (200, None)
    refused = await client.patch(f"{BOOKINGS}/{booking['id']}", json={"seats": None}, headers=alice)
    assert require_problem(refused, 422)["errors"][0]["field"] == "seats"


async def test_cancelling_works_once(client: httpx.AsyncClient, world: World, alice: Headers) -> None:
    """The sync endpoint frees the seats under the same user and request; the second time it is a failure on record."""
    booking = await book(client, alice)
    first = await client.post(f"{BOOKINGS}/{booking['id']}/cancel", headers=alice)
    assert (first.status_code, first.json()["status"]) == (200, "cancelled")
    assert seats_taken(world) == 0
    recorded = world.of_request(first)
    assert [event["action"] for event in recorded] == ["ROW_UPDATED", "ROW_UPDATED", "FTMS_BOOKING_CANCELLED"]
    assert {(event["user_id"], event["actor_proof"]) for event in recorded} == {("alice", "sealed")}
    again = await client.post(f"{BOOKINGS}/{booking['id']}/cancel", headers=alice)
    require_problem(again, 409)
    event = world.one_event(again)
    assert (event["action"], event["outcome"], event["entity_id"]) == (
        "FTMS_BOOKING_CANCELLED",
        "failure",
        str(booking["id"]),
    )


async def test_a_ferry_that_left_cannot_be_cancelled(client: httpx.AsyncClient, world: World, alice: Headers) -> None:
    """After departure the rule of the database answers, and the seats stay taken."""
    booking = await book(client, alice)
    world.admin.execute("alter table ftms.bookings drop constraint bookings_sailing_fkey")
    world.admin.execute("update ftms.sailings set departs_at = '2020-01-01'")
    world.admin.execute("update ftms.bookings set departs_at = '2020-01-01'")
    response = await client.post(f"{BOOKINGS}/{booking['id']}/cancel", headers=alice)
    assert require_problem(response, 409)["detail"] == "The ferry has left."
    assert seats_taken(world) == 2
    assert [event["outcome"] for event in world.of_request(response)] == ["failure"]


async def test_a_cancelled_booking_stays_as_it_is(client: httpx.AsyncClient, alice: Headers) -> None:
    """Neither change nor transfer wakes it up."""
    booking = await book(client, alice)
    await client.post(f"{BOOKINGS}/{booking['id']}/cancel", headers=alice)
    path = f"{BOOKINGS}/{booking['id']}"
    require_problem(await client.patch(path, json={"status": "confirmed"}, headers=alice), 409)
    sailing = {"route": "HOL-DUB", "departs_at": DEPARTS}
    require_problem(await client.post(f"{path}/transfer", json=sailing, headers=alice), 409)


def test_the_sample_uses_public_names_only() -> None:
    """FTMS is the proof that a stranger can use the library: it imports what `indelible` exports, nothing below."""
    for file in Path(str(ftms.__file__)).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                assert not [name for name in node.names if name.name.startswith("indelible")], file.name
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("indelible"):
                assert node.module == "indelible", file.name
                assert {name.name for name in node.names} <= set(indelible.__all__), file.name
