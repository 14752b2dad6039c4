"""Whatever a caller gives as metadata becomes a JSON object that PostgreSQL takes."""

import json
import math
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from ipaddress import ip_address
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indelible.services.metadata import MAX_BYTES, MAX_CHARACTERS, MAX_DEPTH, NOTE, Sanitiser, to_json

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=40)
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), ANY_TEXT, st.binary(max_size=5), st.uuids(), st.decimals()
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=5), st.dictionaries(st.one_of(ANY_TEXT, st.integers()), inner, max_size=5)
    ),
    max_leaves=30,
)


def sanitised(metadata: Any, **additions: str) -> dict[str, Any]:
    text = to_json(metadata, additions)
    assert text is not None
    found: dict[str, Any] = json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))
    return found


@given(values)
def test_anything_becomes_an_object_that_jsonb_takes(value: Any) -> None:
    """Valid JSON, an object, UTF-8, without NUL, control characters or half surrogates, and within the limit."""
    text = to_json(value, {"request": "r"})
    assert text is not None
    assert isinstance(json.loads(text), dict)
    assert len(text.encode("utf-8")) <= MAX_BYTES + 200
    assert "\\u0000" not in text
    assert text.isprintable() or all(character.isprintable() or ord(character) > 159 for character in text)


@given(
    st.dictionaries(
        st.text("abcdef", min_size=1), st.one_of(st.booleans(), st.integers(-1000, 1000), st.text("xyz ")), max_size=5
    )
)
def test_plain_metadata_is_stored_as_it_is(metadata: dict[str, Any]) -> None:
    """Nothing is changed or added when there is nothing to change."""
    text = to_json(metadata, {})
    assert (json.loads(text) if text else {}) == metadata


@pytest.mark.parametrize("metadata", [None, {}])
def test_no_metadata_stays_none(metadata: Any) -> None:
    """An event without metadata has none."""
    assert to_json(metadata, {}) is None


def test_falsy_values_are_kept() -> None:
    """A value that is no object becomes the only member, also if it is zero or empty."""
    assert sanitised(0) == {"value": 0}
    assert sanitised("") == {"value": ""}
    assert sanitised({"n": 0, "f": False, "e": "", "none": None}) == {"n": 0, "f": False, "e": "", "none": None}


class Colour(Enum):
    RED = "red"


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (datetime(2026, 1, 2, 3, 4, tzinfo=UTC), "2026-01-02T03:04:00+00:00"),
        (date(2026, 1, 2), "2026-01-02"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Decimal("1.10"), "1.10"),
        (ip_address("::1"), "::1"),
        (Colour.RED, "red"),
        ((1, 2), [1, 2]),
        ({3}, [3]),
    ],
)
def test_common_types_are_spelled(value: Any, stored: Any) -> None:
    """Times, ids, amounts and collections need no conversion by the caller."""
    assert sanitised({"v": value}) == {"v": stored}


@pytest.mark.parametrize(
    ("value", "stored", "note"),
    [
        ("a\0b", "a\ufffdb", "harmful_characters"),
        ("a\ud800b", "a\ufffdb", "harmful_characters"),
        ("a\r\nb", "a\ufffd\ufffdb", "harmful_characters"),
        (math.nan, "nan", "not_finite"),
        (-math.inf, "-inf", "not_finite"),
        (10**5000, "<int>", "too_large"),
        (object(), "<object>", "unserialisable"),
        (b"secret", "<bytes>", "unserialisable"),
        ("x" * 20_000, "x" * 16_384, "too_large"),
    ],
    ids=["nul", "surrogate", "line", "nan", "infinity", "integer", "object", "bytes", "text"],
)
def test_what_cannot_be_stored_is_replaced_and_said(value: Any, stored: Any, note: str) -> None:
    """The event is kept, and its metadata names what was done to it."""
    assert sanitised({"v": value, "w": 1}) == {"v": stored, "w": 1, NOTE: [note]}


def test_nesting_ends_somewhere() -> None:
    """Deep nesting and cycles are cut."""
    cycle: list[Any] = []
    cycle.append(cycle)
    assert sanitised({"c": cycle})[NOTE] == ["too_deep"]
    deep: Any = 1
    for _ in range(MAX_DEPTH + 5):
        deep = {"d": deep}
    assert sanitised(deep)[NOTE] == ["too_deep"]


def test_metadata_beyond_the_limit_loses_whole_members() -> None:
    """What fits is kept, the request's own facts first, and the loss is said."""
    stored = sanitised(
        {"a": "x" * 16_000, **{f"m{n}": "y" * 16_000 for n in range(7)}, "z": 1}, peer_address="10.0.0.1"
    )
    assert stored["a"] == "x" * 16_000
    assert stored["z"] == 1
    assert stored["peer_address"] == "10.0.0.1"
    assert stored[NOTE] == ["too_large"]
    assert "m6" not in stored


def test_endless_metadata_is_not_walked_to_the_end() -> None:
    """A list of ten million is cut after some thousand, so that the event loop goes on."""
    assert sanitised({"v": range(10_000_000)})[NOTE] == ["unserialisable"]
    assert len(sanitised({"v": [0] * 10_000_000})["v"]) < 20_000
    cleaned = Sanitiser().clean({"v": ["\u00e9\n" * 10_000] * 10_000})
    assert sum(map(len, cleaned["v"])) <= MAX_CHARACTERS


class Hostile(Mapping[str, Any]):
    def __getitem__(self, key: str) -> Any:
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        raise RuntimeError("secret")

    def __len__(self) -> int:
        raise RuntimeError("secret")


def test_metadata_that_raises_is_left_out() -> None:
    """A mapping that raises while it is read costs the metadata, not the event."""
    assert sanitised(Hostile()) == {NOTE: ["unserialisable"]}
    assert sanitised({"h": Hostile()}) == {NOTE: ["unserialisable"]}


def test_the_requests_own_facts_win() -> None:
    """A caller cannot overwrite what the middleware found out."""
    assert sanitised({"peer_address": "forged"}, peer_address="10.0.0.1") == {"peer_address": "10.0.0.1"}
