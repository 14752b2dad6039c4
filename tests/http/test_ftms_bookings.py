"""The life of a booking over HTTP, and what stands in the log afterwards."""

import ast
import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

import ftms
import indelible
from tests.http.world import Headers, LogIn, World, require_problem

BOOKINGS = "/v1/ftms/bookings"
DEPARTS = (datetime.now(UTC) + timedelta(days=30)).replace(microsecond=0).isoformat()
NEW = {
    "passenger_name": "Grainne Malley",
    "passenger_email": "grainne@example.org",
    "route": "OBN-CST",
    "departs_at": DEPARTS,
    "seats": 2,
}


@pytest.fixture
async def alice(log_in: LogIn) -> Headers:
    """Headers of alice, who may do everything with bookings."""
    return await log_in("alice")


async def book(client: httpx.AsyncClient, alice: Headers, **changes: Any) -> dict[str, Any]:
    response = await client.post(BOOKINGS, json=NEW | changes, headers=alice)
    assert response.status_code == 201, response.text
    booking: dict[str, Any] = response.json()
    return booking


def seats_taken(world: World, route: str = "OBN-CST") -> int:
    row = world.admin.execute("select coalesce(sum(seats_taken), 0) from ftms.sailings where route = %s", [route])
    return int(row.fetchone()[0])  # type: ignore[index]


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
    full = (datetime.fromisoformat(DEPARTS) + timedelta(days=1)).isoformat()
    await book(client, alice, departs_at=full, seats=39)
    booking = await book(client, alice)
    before = seats_taken(world)
    sailing = {"route": "OBN-CST", "departs_at": full}
    response = await client.post(f"{BOOKINGS}/{booking['id']}/transfer", json=sailing, headers=alice)
    assert "seats" in require_problem(response, 409)["detail"]
    event = world.one_event(response)
    assert (event["action"], event["outcome"], event["entity_id"], event["user_id"]) == (
        "FTMS_BOOKING_UPDATED",
        "failure",
        str(booking["id"]),
        "alice",
    )
    assert event["metadata"] == {"reason": "exception", "exception": "CheckViolationError"}
    assert seats_taken(world) == before
    assert (await client.get(f"{BOOKINGS}/{booking['id']}", headers=alice)).json() == booking


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"route": "XXX-YYY"}, 422),
        ({"route": "oban"}, 422),
        ({"departs_at": "2020-01-01T00:00:00Z"}, 422),
        ({"departs_at": "2030-01-01T00:00:00"}, 422),
        ({"seats": 0}, 422),
        ({"seats": 51}, 422),
        ({"seats": "2"}, 422),
        ({"seats": 41}, 409),
        ({"passenger_email": "nobody"}, 422),
        ({"passenger_name": "   "}, 422),
        ({"fare": "0.01"}, 422),
    ],
)
async def test_what_is_no_booking_is_refused_on_record(
    client: httpx.AsyncClient, world: World, alice: Headers, changes: dict[str, Any], status: int
) -> None:
    """Each rule has its answer; nothing is written but the record of the failed attempt."""
    response = await client.post(BOOKINGS, json=NEW | changes, headers=alice)
    require_problem(response, status)
    event = world.one_event(response)
    assert (event["action"], event["outcome"], event["user_id"]) == ("FTMS_BOOKING_CREATED", "failure", "alice")
    assert world.admin.execute("select count(*) from ftms.sailings").fetchone() == (0,)


@pytest.mark.parametrize(
    "booking_id",
    [
        "0",
        "999",
        "-1",
        "abc",
        "1.0",
        "9" * 18,
        "9" * 19,
        pytest.param("9" * 5000, id="5000 digits"),
        "%00",
        "%E0%A5%A7",
    ],
)
async def test_what_names_no_booking_is_404(client: httpx.AsyncClient, alice: Headers, booking_id: str) -> None:
    """Absurd ids are ids of nothing, in both worlds."""
    require_problem(await client.get(f"{BOOKINGS}/{booking_id}", headers=alice), 404)
    require_problem(await client.post(f"{BOOKINGS}/{booking_id}/cancel", headers=alice), 404)


async def test_no_more_seats_are_sold_than_there_are(client: httpx.AsyncClient, world: World, alice: Headers) -> None:
    """Ten requests at once for 7 of 40 seats: five get them, five are told that there are none."""
    answers = await asyncio.gather(*(client.post(BOOKINGS, json=NEW | {"seats": 7}, headers=alice) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [201] * 5 + [409] * 5
    assert seats_taken(world) == 35
    assert len(world.events("action = 'FTMS_BOOKING_CREATED' and outcome = 'failure'")) == 5


async def test_opposite_transfers_end(client: httpx.AsyncClient, world: World, alice: Headers) -> None:
    """Two bookings that change places at once both move, or the loser of a deadlock is told to try again."""
    later = (datetime.fromisoformat(DEPARTS) + timedelta(days=1)).isoformat()
    here, there = await book(client, alice), await book(client, alice, departs_at=later)
    moves = [(here, later), (there, DEPARTS)] * 5
    answers = await asyncio.gather(
        *(
            client.post(
                f"{BOOKINGS}/{booking['id']}/transfer", json={"route": "OBN-CST", "departs_at": to}, headers=alice
            )
            for booking, to in moves
        )
    )
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert seats_taken(world) == 4


@hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=200),
    notes=st.none() | st.text(st.characters(exclude_categories=("C", "Zl", "Zp")), max_size=2000),
    days=st.integers(31, 20000),
)
async def test_what_was_booked_is_what_is_read(
    client: httpx.AsyncClient, alice: Headers, name: str, notes: str | None, days: int
) -> None:
    """Any printable name and note, any departure to come: the answer, and a later reading, have them unchanged."""
    departs = (datetime.fromisoformat(DEPARTS) + timedelta(days=days)).isoformat()
    booking = await book(client, alice, passenger_name=name, notes=notes, departs_at=departs)
    assert (booking["passenger_name"], booking["notes"]) == (name, notes)
    assert datetime.fromisoformat(booking["departs_at"]) == datetime.fromisoformat(departs)
    assert (await client.get(f"{BOOKINGS}/{booking['id']}", headers=alice)).json() == booking


@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    field=st.sampled_from([*NEW, "notes"]),
    value=st.text(st.characters(), max_size=300)
    | st.integers()
    | st.emails()
    | st.datetimes().map(lambda moment: moment.isoformat() + "Z")
    | st.from_regex(r"[^@\s]{1,9}@[^@\s]{1,9}", fullmatch=True),
)
@example(field="departs_at", value="9999-12-31T23:59:59-14:00")
@example(field="departs_at", value="0001-01-01T00:00:00+14:00")
@example(field="departs_at", value=2**62)
@example(field="passenger_email", value="a\u00a0b@c")
@example(field="passenger_name", value="\u3000")
async def test_one_odd_field_is_refused_or_booked(
    client: httpx.AsyncClient, alice: Headers, field: str, value: object
) -> None:
    """Whatever stands in one field, it is a booking, or a rule says no: never an error of ours."""
    body = json.dumps(NEW | {"route": "ROS-DUN", "seats": 1} | {field: value}).encode()
    response = await client.post(BOOKINGS, content=body, headers={"Content-Type": "application/json"} | alice)
    if response.status_code != 201:
        assert response.status_code in (400, 409, 422), response.text
        require_problem(response, response.status_code)


def test_the_sample_uses_public_names_only() -> None:
    """FTMS is the proof that a stranger can use the library: it imports what `indelible` exports, nothing below."""
    for file in Path(str(ftms.__file__)).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                assert not [name for name in node.names if name.name.startswith("indelible")], file.name
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("indelible"):
                assert node.module == "indelible", file.name
                assert {name.name for name in node.names} <= set(indelible.__all__), file.name
