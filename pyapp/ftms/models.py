"""What travels over HTTP. Rules of form stand here; rules that must hold for ever stand in migrations/ftms."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints


def in_utc(moment: datetime) -> datetime:
    """The same moment in UTC; an offset may push the last day of year 9999 out of the calendar."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("There is no such day.") from None


Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Email = Annotated[str, StringConstraints(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")]
RouteCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}-[A-Z]{3}$")]
Notes = Annotated[str, StringConstraints(max_length=2000)]
Departure = Annotated[AwareDatetime, AfterValidator(in_utc)]
Seats = Annotated[int, Field(ge=1, le=50)]
Status = Literal["draft", "confirmed", "cancelled"]


def next_week() -> str:
    """A departure for the examples: never in the past."""
    day = datetime.now(UTC) + timedelta(days=7)
    return day.strftime("%Y-%m-%dT08:30:00Z")


def left_out() -> Any:
    """The value of what a client did not send; null itself is refused."""
    return None


def _example(**values: Any) -> ConfigDict:
    def add(schema: dict[str, Any]) -> None:
        schema["examples"] = [{name: value() if callable(value) else value for name, value in values.items()}]

    return ConfigDict(json_schema_extra=add)


class Body(BaseModel):
    """What clients send: no field that we do not know."""

    model_config = ConfigDict(extra="forbid")


class NewBooking(Body):
    """Seats for one passenger on one sailing."""

    model_config = _example(
        passenger_name="Grainne Malley",
        passenger_email="grainne@example.org",
        route="ROS-DUN",
        departs_at=next_week,
        seats=2,
        notes="One wheelchair.",
    )

    passenger_name: Name
    passenger_email: Email
    route: RouteCode
    departs_at: Departure
    seats: Seats
    notes: Notes | None = None


class BookingChanges(Body):
    """What may change on a booking; what is left out stays as it is."""

    model_config = _example(seats=3, status="confirmed")

    passenger_name: Name = Field(default_factory=left_out)
    passenger_email: Email = Field(default_factory=left_out)
    seats: Seats = Field(default_factory=left_out)
    notes: Notes | None = None
    status: Literal["confirmed"] = Field(default_factory=left_out)


class Sailing(Body):
    """Where to move a booking."""

    model_config = _example(route="HOL-DUB", departs_at=next_week)

    route: RouteCode
    departs_at: Departure


class Booking(BaseModel):
    """A booking as it stands. `fare` in euros."""

    model_config = _example(
        id=1,
        reference="FT-0F3A92C41B",
        passenger_name="Grainne Malley",
        passenger_email="grainne@example.org",
        route="ROS-DUN",
        departs_at=next_week,
        seats=2,
        fare="178.00",
        status="draft",
        notes="One wheelchair.",
        cancelled_at=None,
        created_at="2026-01-05T10:00:00Z",
        updated_at="2026-01-05T10:00:00Z",
    )

    id: int
    reference: str
    passenger_name: str
    passenger_email: str
    route: str
    departs_at: datetime
    seats: int
    fare: Decimal
    status: Status
    notes: str | None
    cancelled_at: datetime | None
    created_at: datetime
    updated_at: datetime
