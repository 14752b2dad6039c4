"""What is no booking: every rule has its answer, and nothing a client writes is an error of ours."""

import json
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.http.ferry import BOOKINGS, DEPARTS, NEW, book
from tests.http.world import Headers, World, require_problem


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
