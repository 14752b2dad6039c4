"""Metadata made fit to store: whatever a caller hands over becomes one JSON object that PostgreSQL accepts.

An event is worth more than its metadata, so nothing here raises; what had to be changed is named in the object
itself, under `metadata_sanitised`.
"""

import json
import math
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from ipaddress import IPv4Address, IPv6Address
from typing import Any
from uuid import UUID

from indelible.text import neutralise, spelled

# The database's own limit for metadata::text, less what it may add itself.
MAX_BYTES = 65_536 - 1024
MAX_DEPTH = 32
MAX_NODES = 10_000
MAX_TEXT = 16_384
# All texts together: more than fits is not even looked at, so that no object holds up the event loop.
MAX_CHARACTERS = 2 * MAX_BYTES
MAX_INTEGER_BITS = 1024
NOTE = "metadata_sanitised"
_encoder = json.JSONEncoder(ensure_ascii=False, allow_nan=False)
# Types whose str() or isoformat() is short, exact and calls no code of the application.
_SPELLED = (UUID, IPv4Address, IPv6Address, Decimal, timedelta)
_DATED = (datetime, date, time)


class Sanitiser:
    """One pass over one object; `found` collects the names of what was not fit to store."""

    def __init__(self) -> None:
        self.found: set[str] = set()
        self._nodes = 0
        self._room = MAX_CHARACTERS

    def clean(self, value: Any, depth: int = 0) -> Any:
        """`value` as JSON: objects of unknown types and everything too deep become their type's name."""
        self._nodes += 1
        if depth > MAX_DEPTH or self._nodes > MAX_NODES:
            return self._replace(value, "too_deep" if depth > MAX_DEPTH else "too_large")
        if isinstance(value, Enum):
            value = value.value
        if value is None or type(value) is bool:
            return value
        if isinstance(value, str):
            return self._text(str.__str__(value))
        if isinstance(value, (int, float)):
            return self._number(value)
        if isinstance(value, Mapping):
            return self._members(value, depth)
        if isinstance(value, (list, tuple, set, frozenset)):
            return [self.clean(item, depth + 1) for item in self._bounded(value)]
        if isinstance(value, _SPELLED):
            return neutralise(str(value))
        if isinstance(value, _DATED):
            return value.isoformat()
        return self._replace(value, "unserialisable")

    def members(self, metadata: Any) -> dict[str, Any]:
        """The members of the outermost object; a value that is no object becomes its only member."""
        if metadata is None:
            return {}
        if isinstance(metadata, Mapping):
            return self._members(metadata, 0)
        return {"value": self.clean(metadata)}

    def _members(self, value: Mapping[Any, Any], depth: int) -> dict[str, Any]:
        return {self._key(key): self.clean(item, depth + 1) for key, item in self._bounded(value.items())}

    def _key(self, key: Any) -> str:
        name = spelled(key)
        self._room -= len(name)
        return name

    def _bounded(self, items: Iterable[Any]) -> Iterable[Any]:
        for item in items:
            if self._nodes > MAX_NODES or self._room <= 0:
                self.found.add("too_large")
                return
            yield item

    def _text(self, value: str) -> str:
        limit = max(0, min(MAX_TEXT, self._room))
        clean = neutralise(value, limit)
        self._room -= len(clean)
        if len(value) > limit:
            self.found.add("too_large")
        if clean != value[:limit]:
            self.found.add("harmful_characters")
        return clean

    def _number(self, value: int | float) -> Any:  # noqa: PYI041  # both are meant
        if isinstance(value, float):
            return float(value) if math.isfinite(value) else self._replace(value, "not_finite", repr(float(value)))
        # Python refuses to spell integers of more than 4300 digits.
        return int(value) if value.bit_length() <= MAX_INTEGER_BITS else self._replace(value, "too_large")

    def _replace(self, value: Any, reason: str, text: str | None = None) -> str:
        self.found.add(reason)
        return text or neutralise(f"<{type(value).__name__}>")


def to_json(metadata: Any, additions: Mapping[str, str]) -> str | None:
    """The text of a JSON object of at most MAX_BYTES holding `metadata` and, winning over it, `additions`.

    None if there is nothing to hold. Members that do not fit are left out, the last ones first.
    """
    sanitiser = Sanitiser()
    try:
        members = sanitiser.members(metadata)
    except Exception:  # noqa: BLE001  # a hostile __iter__, items() or tzinfo
        members = {}
        sanitiser.found.add("unserialisable")
    if not members and not additions and not sanitiser.found:
        return None
    return _fit({**members, **additions}, sanitiser.found, keep=additions)


def _fit(members: dict[str, Any], found: set[str], keep: Mapping[str, str]) -> str:
    if not found and len((text := _dump(members)).encode()) <= MAX_BYTES:
        return text
    sizes = {name: len(_dump({name: value}).encode()) for name, value in members.items()}
    room = MAX_BYTES
    kept = {}
    for name in sorted(members, key=lambda name: name not in keep):
        if sizes[name] > room:
            found.add("too_large")
            continue
        room -= sizes[name]
        kept[name] = members[name]
    if found:
        kept[NOTE] = sorted(found)
    return _dump(kept)


def _dump(value: Any) -> str:
    # PostgreSQL measures jsonb's own text, which is spaced like this and not escaped.
    return str(_encoder.encode(value))
