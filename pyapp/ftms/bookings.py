"""What can happen to a booking. Every function runs inside its caller's transaction: all of it lands, or nothing.

Nothing here mentions auditing: the database itself records each changed row (sql/ftms/20_capture.sql), with the user
and the request whose transaction it is.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from psycopg import Connection
from psycopg.rows import dict_row
from starlette.exceptions import HTTPException

from ftms.models import BookingChanges, NewBooking, Sailing

Row = dict[str, Any]

READ_BOOKING: Final = "select * from ftms.bookings where id = $1"
LOCK_BOOKING: Final = "select * from ftms.bookings where id = $1 for update"
OPEN_SAILING: Final = """
    insert into ftms.sailings (route, departs_at, capacity)
    select code, $2::timestamptz, capacity from ftms.routes where code = $1
    on conflict do nothing
"""
# More seats than the sailing has violate sailings_within_capacity.
CHANGE_SEATS: Final = """
    update ftms.sailings set seats_taken = seats_taken + $3 where route = $1 and departs_at = $2
    returning seats_taken
"""
INSERT_BOOKING: Final = """
    insert into ftms.bookings (passenger_name, passenger_email, route, departs_at, seats, fare, notes)
    select $1, $2, code, $4::timestamptz, $5::integer, $5 * seat_fare, $6
    from ftms.routes
    where code = $3
    returning *
"""
UPDATE_BOOKING: Final = """
    update ftms.bookings as booking
    set passenger_name = $2, passenger_email = $3, route = code, departs_at = $5,
        seats = $6::integer, fare = $6 * seat_fare, notes = $7, status = $8, updated_at = now()
    from ftms.routes
    where id = $1 and code = $4
    returning booking.*
"""
CANCEL_BOOKING: Final = """
    update ftms.bookings set status = 'cancelled', cancelled_at = now(), updated_at = now() where id = %s
    returning *
"""
RETURN_SEATS: Final = """
    update ftms.sailings set seats_taken = seats_taken - %(seats)s
    where route = %(route)s and departs_at = %(departs_at)s
"""


async def find_booking(db: Any, booking_id: int) -> Row:
    """The booking, or 404."""
    return _existing(await db.fetchrow(READ_BOOKING, booking_id))


async def create_booking(db: Any, new: NewBooking) -> Row:
    """Take the seats, then write the booking: 422 for an unknown route or a past departure."""
    await _board(db, new.route, new.departs_at, new.seats)
    row = await db.fetchrow(
        INSERT_BOOKING, new.passenger_name, new.passenger_email, new.route, new.departs_at, new.seats, new.notes
    )
    return dict(row)


async def update_booking(db: Any, booking_id: int, changes: BookingChanges) -> Row:
    """Change what the client named; more seats must be free, fewer are given back."""
    before = _open(await db.fetchrow(LOCK_BOOKING, booking_id))
    after = before | changes.model_dump(exclude_unset=True)
    if after["seats"] != before["seats"]:
        await db.fetchrow(CHANGE_SEATS, before["route"], before["departs_at"], after["seats"] - before["seats"])
    return await _write(db, after)


async def transfer_booking(db: Any, booking_id: int, sailing: Sailing) -> Row:
    """Move a booking to another sailing.

    The old seats are already given back when the new sailing turns out to be full: then none of it has happened, no
    row change is on record, and the attempt is.
    """
    before = _open(await db.fetchrow(LOCK_BOOKING, booking_id))
    await db.fetchrow(CHANGE_SEATS, before["route"], before["departs_at"], -before["seats"])
    await _board(db, sailing.route, sailing.departs_at, before["seats"])
    return await _write(db, before | sailing.model_dump())


def cancel_booking(db: Connection[Any], booking_id: int) -> Row:
    """Cancel and give the seats back, once, and not after departure (bookings_cancelled_before_departure)."""
    with db.cursor(row_factory=dict_row) as cursor:
        before = _open(cursor.execute("select * from ftms.bookings where id = %s for update", [booking_id]).fetchone())
        cursor.execute(RETURN_SEATS, before)
        return _existing(cursor.execute(CANCEL_BOOKING, [booking_id]).fetchone())


async def _board(db: Any, route: str, departs_at: datetime, seats: int) -> None:
    if departs_at <= datetime.now(UTC):
        raise HTTPException(422, "That sailing has departed.")
    await db.execute(OPEN_SAILING, route, departs_at)
    if await db.fetchrow(CHANGE_SEATS, route, departs_at, seats) is None:
        raise HTTPException(422, "There is no such route.")


async def _write(db: Any, booking: Row) -> Row:
    columns = ("id", "passenger_name", "passenger_email", "route", "departs_at", "seats", "notes", "status")
    return dict(await db.fetchrow(UPDATE_BOOKING, *(booking[column] for column in columns)))


def _existing(row: Any) -> Row:
    if row is None:
        raise HTTPException(404, "There is no such booking.")
    return dict(row)


def _open(row: Any) -> Row:
    booking = _existing(row)
    if booking["status"] == "cancelled":
        raise HTTPException(409, "The booking is cancelled.")
    return booking
