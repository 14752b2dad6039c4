"""An event as the bytes that wait in the spool: JSON with a version, and read strictly."""

import json
from dataclasses import fields
from datetime import datetime
from types import NoneType
from typing import Any, get_args, get_type_hints
from uuid import UUID

from indelible.models import Event

VERSION = 1
_TYPES = {name: get_args(kind) or (kind,) for name, kind in get_type_hints(Event).items()}


class PayloadError(ValueError):
    """These bytes are no event of a version that is known here; the message says what is wrong with them."""


def to_payload(event: Event) -> bytes:
    """`event` as bytes; `from_payload` gives back its equal."""
    values = {field.name: getattr(event, field.name) for field in fields(event)}
    return json.dumps({"version": VERSION, "event": values}, default=_spell, separators=(",", ":")).encode()


def from_payload(payload: bytes) -> Event:
    """The event; PayloadError for anything else than `to_payload` of this version has written."""
    try:
        document = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise PayloadError("it is no JSON") from error
    if not isinstance(document, dict) or document.keys() != {"version", "event"}:
        raise PayloadError("it is no versioned event")
    if document["version"] != VERSION or type(document["version"]) is not int:
        raise PayloadError("its version is unknown to this release")
    values = document["event"]
    if not isinstance(values, dict) or values.keys() != _TYPES.keys():
        raise PayloadError("its fields are not those of an event")
    return Event(**{name: _restore(name, value) for name, value in values.items()})


def _spell(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"an event holds no {type(value).__name__}")


def _restore(name: str, value: Any) -> Any:
    kinds = _TYPES[name]
    if value is None and NoneType in kinds:
        return None
    if not isinstance(value, str):
        raise PayloadError(f"its {name} has another type")
    try:
        if datetime in kinds:
            return _aware(datetime.fromisoformat(value))
        return UUID(value) if UUID in kinds else value
    except ValueError as error:
        raise PayloadError(f"its {name} cannot be read") from error


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("no time zone")
    return moment
