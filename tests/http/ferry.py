"""The sample's world, for its tests: one booking, and how it is made."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.http.world import Headers, World

BOOKINGS = "/v1/ftms/bookings"
DEPARTS = (datetime.now(UTC) + timedelta(days=30)).replace(microsecond=0).isoformat()
LATER = (datetime.now(UTC) + timedelta(days=31)).replace(microsecond=0).isoformat()
NEW: dict[str, Any] = {
    "passenger_name": "Grainne Malley",
    "passenger_email": "grainne@example.org",
    "route": "OBN-CST",
    "departs_at": DEPARTS,
    "seats": 2,
}


async def book(client: httpx.AsyncClient, clerk: Headers, **changes: Any) -> dict[str, Any]:
    """A new booking, as the client sees it."""
    response = await client.post(BOOKINGS, json=NEW | changes, headers=clerk)
    assert response.status_code == 201, response.text
    booking: dict[str, Any] = response.json()
    return booking


def seats_taken(world: World, route: str = "OBN-CST") -> int:
    """How many seats are taken on all sailings of a route."""
    row = world.admin.execute("select coalesce(sum(seats_taken), 0) from ftms.sailings where route = %s", [route])
    return int(row.fetchone()[0])  # type: ignore[index]
