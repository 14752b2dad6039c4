"""Events as the bytes of the spool: exactly the same afterwards, or refused."""

import json
from dataclasses import fields
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, get_type_hints
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indelible.models import Event
from indelible.services.spool.payload import VERSION, PayloadError, from_payload, to_payload

OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
VALUES = {
    UUID: st.uuids(),
    datetime: st.datetimes(timezones=OFFSETS),
    str: st.text(max_size=50),
    str | None: st.none() | st.text(max_size=50),
}
EVENTS = st.builds(Event, **{name: VALUES[kind] for name, kind in get_type_hints(Event).items()})
SAMPLES: dict[Any, Any] = {UUID: UUID(int=7), datetime: datetime(2026, 1, 1, tzinfo=UTC), str: "TEXT", str | None: None}
EVENT = Event(**{name: SAMPLES[kind] for name, kind in get_type_hints(Event).items()})


def changed(**members: Any) -> bytes:
    """The bytes of an event with other members in its document."""
    return json.dumps({**json.loads(to_payload(EVENT)), **members}).encode()


def with_fields(**values: Any) -> bytes:
    """The bytes of an event with other values in its fields."""
    return changed(event={**json.loads(to_payload(EVENT))["event"], **values})


@given(EVENTS)
def test_an_event_comes_back(event: Event) -> None:
    """Every field as it was, texts of any characters too, in plain ASCII."""
    payload = to_payload(event)
    assert from_payload(payload) == event
    assert payload.isascii()


@given(st.binary(max_size=200))
def test_other_bytes_are_refused(payload: bytes) -> None:
    """Whatever else comes is a PayloadError."""
    with pytest.raises(PayloadError):
        from_payload(payload)


@pytest.mark.parametrize(
    "payload",
    [
        b"[" * 100_000,
        b"null",
        b"[]",
        changed(more=1),
        changed(version=VERSION + 1),
        changed(version=True),
        changed(version=str(VERSION)),
        changed(event=None),
        with_fields(colour="red"),
        with_fields(action=None),
        with_fields(action=["A_B"]),
        with_fields(entity_id=7),
        with_fields(created_at="2026-01-01T00:00:00"),
        with_fields(created_at="yesterday"),
        with_fields(created_at=None),
    ],
)
def test_what_is_not_exactly_an_event_is_refused(payload: bytes) -> None:
    """Unknown versions, unknown fields, other types and times without a zone are not guessed at."""
    with pytest.raises(PayloadError):
        from_payload(payload)


def test_no_field_may_be_missing() -> None:
    """Each field of an event stands in its bytes, None too: a field that is not there is no None."""
    for field in fields(Event):
        values = json.loads(to_payload(EVENT))["event"]
        del values[field.name]
        with pytest.raises(PayloadError):
            from_payload(changed(event=values))
