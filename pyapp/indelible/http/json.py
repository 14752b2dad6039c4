"""JSON as RFC 8259 means it, without the freedoms that Python's parser takes."""

import json
import math
from collections.abc import Iterator
from typing import Any, NoReturn

from indelible.text import is_harmful, neutralise

MAX_DEPTH = 32
MAX_FINDINGS = 20


class InvalidJson(ValueError):
    """Not JSON; the message says why without repeating any of it."""


def read_json(content: bytes) -> Any:
    """The value in `content`; InvalidJson for anything a stricter or a laxer parser would read differently."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidJson("The body is not UTF-8.") from None
    try:
        value = json.loads(
            text, object_pairs_hook=_members, parse_constant=_refuse_constant, parse_float=_finite, parse_int=_integer
        )
    except InvalidJson:
        raise
    except json.JSONDecodeError as error:
        raise InvalidJson(f"Line {error.lineno}, column {error.colno} is not JSON.") from None
    except RecursionError:
        raise _too_deep() from None
    if _depth(value) > MAX_DEPTH:
        raise _too_deep()
    return value


def harmful_strings(value: Any) -> list[dict[str, str]]:
    """Findings for the texts in `value`, keys too, that hold a control character or half a surrogate pair."""
    found = []
    for path, text in _strings(value, ""):
        if not text.isprintable() and any(is_harmful(character) for character in text):
            found.append(
                {
                    "field": path,
                    "reason": "control_character",
                    "message": "Text must not hold control characters or unpaired surrogates",
                }
            )
            if len(found) == MAX_FINDINGS:
                break
    return found


def _strings(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _strings(item, join(path, str(index)))
    elif isinstance(value, dict):
        for name, item in value.items():
            inner = join(path, name)
            yield inner, name
            yield from _strings(item, inner)


def join(path: str, name: str) -> str:
    """The path of a field by dots; names that clients made up are cut and made harmless."""
    name = neutralise(name, 64)
    return f"{path}.{name}" if path else name


def _depth(value: Any) -> int:
    """How deep arrays and objects nest, without recursion."""
    depth, level = 0, [value]
    while level:
        containers = [item for item in level if isinstance(item, (list, dict))]
        level = [child for item in containers for child in (item.values() if isinstance(item, dict) else item)]
        depth += bool(containers)
    return depth


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise InvalidJson("An object names the same member twice.")
    return members


def _refuse_constant(_name: str) -> NoReturn:
    raise InvalidJson("NaN and Infinity are not JSON.")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise InvalidJson("A number is too large.")
    return value


def _integer(text: str) -> int:
    if len(text) > 300:
        raise InvalidJson("A number is too large.")
    return int(text)


def _too_deep() -> InvalidJson:
    return InvalidJson(f"Arrays and objects nest deeper than {MAX_DEPTH}.")
