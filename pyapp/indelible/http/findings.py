"""Validation errors as findings by field: which field, why, and never what was sent."""

from collections.abc import Iterator, Mapping
from functools import reduce
from typing import Any

from pydantic import ValidationError

from indelible.http.json import MAX_FINDINGS, join
from indelible.text import neutralise

GENERIC = "Not valid"


def findings_of(error: ValidationError) -> list[dict[str, str]]:
    """At most MAX_FINDINGS of `field`, `reason` (pydantic's code) and `message`."""
    return [
        {
            "field": reduce(join, map(str, finding["loc"]), ""),
            "reason": neutralise(finding["type"], 64),
            "message": _told(finding["msg"], finding["input"]),
        }
        for finding in error.errors(include_url=False, include_context=False)[:MAX_FINDINGS]
    ]


def _told(message: str, value: Any) -> str:
    """The message, unless it repeats something of the value."""
    return GENERIC if any(text in message for text in _texts(value)) else neutralise(message, 200)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _texts(name)
            yield from _texts(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str) and value:
        yield value
