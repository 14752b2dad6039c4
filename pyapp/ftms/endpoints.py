"""The HTTP face of bookings. Each endpoint reads from the outside in: who may, what is put on record, what happens.

`requires_permission` stands first, so that a refused request is one record (the database's own) and not two.
"""

from __future__ import annotations

import re
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from ftms import bookings
from ftms.models import Booking, BookingChanges, NewBooking, Sailing
from indelible import audited, describe, parse_body, requires_permission, set_entity, transaction


@requires_permission("ftms.booking.create")
@audited("FTMS_BOOKING_CREATED", entity_type="FTMS_BOOKING")
@describe("Make a booking", body=NewBooking, returns=Booking, status=201, problems=(409,))
async def create(request: Request) -> JSONResponse:
    """Books seats on a sailing as a draft. 409: not enough seats are free."""
    new = await parse_body(request, NewBooking)
    async with transaction() as db:
        booking = await bookings.create_booking(db, new)
    set_entity(booking["id"])
    return answer(booking, 201)


@requires_permission("ftms.booking.read")
@describe("See a booking", returns=Booking, problems=(404,))
async def read(request: Request) -> JSONResponse:
    """The booking as it stands now."""
    async with transaction() as db:
        return answer(await bookings.find_booking(db, booking_id(request)))


@requires_permission("ftms.booking.update")
@audited("FTMS_BOOKING_UPDATED", entity_type="FTMS_BOOKING", entity_id="path:id")
@describe("Change a booking", body=BookingChanges, returns=Booking, problems=(404, 409))
async def update(request: Request) -> JSONResponse:
    """Changes the named fields. 409: the booking is cancelled, or the seats are not free."""
    changes = await parse_body(request, BookingChanges)
    async with transaction() as db:
        return answer(await bookings.update_booking(db, booking_id(request), changes))


@requires_permission("ftms.booking.update")
@audited("FTMS_BOOKING_UPDATED", entity_type="FTMS_BOOKING", entity_id="path:id", description="moved")
@describe("Move a booking to another sailing", body=Sailing, returns=Booking, problems=(404, 409))
async def transfer(request: Request) -> JSONResponse:
    """Moves the booking with all its seats, or not at all. 409: it is cancelled, or the new sailing is full."""
    sailing = await parse_body(request, Sailing)
    async with transaction() as db:
        return answer(await bookings.transfer_booking(db, booking_id(request), sailing))


@requires_permission("ftms.booking.cancel")
@audited("FTMS_BOOKING_CANCELLED", entity_type="FTMS_BOOKING", entity_id="path:id")
@describe("Cancel a booking", returns=Booking, problems=(404, 409))
def cancel(request: Request) -> JSONResponse:
    """Cancels the booking and frees its seats. 409: it is cancelled already, or the ferry has left."""
    # A plain function on psycopg, in a worker thread: the same decorators, the same records.
    with transaction() as db:
        return answer(bookings.cancel_booking(db, booking_id(request)))


def booking_id(request: Request) -> int:
    """The id in the path; whatever cannot be one names no booking."""
    text = request.path_params["id"]
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise HTTPException(404, "There is no such booking.")
    return int(text)


def answer(booking: dict[str, Any], status: int = 200) -> JSONResponse:
    """A booking as JSON; money as a string, times in ISO 8601."""
    return JSONResponse(Booking.model_validate(booking).model_dump(mode="json"), status)


ROUTES = [
    Route("/v1/ftms/bookings", create, methods=["POST"]),
    Route("/v1/ftms/bookings/{id}", read, methods=["GET"]),
    Route("/v1/ftms/bookings/{id}", update, methods=["PATCH"]),
    Route("/v1/ftms/bookings/{id}/transfer", transfer, methods=["POST"]),
    Route("/v1/ftms/bookings/{id}/cancel", cancel, methods=["POST"]),
]
