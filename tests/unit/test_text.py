"""Strangers' text is harmless once it has passed through."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indelible.text import REPLACEMENT, neutralise, spelled

# Surrogates included: JSON escapes and WSGI headers bring them.
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=300)


@given(ANY_TEXT)
def test_neutralised_text_can_be_stored_and_logged_on_one_line(text: str) -> None:
    """What comes out is UTF-8, one line, printable left to right, and no longer than asked for."""
    clean = neutralise(text, 100)
    clean.encode("utf-8")
    assert len(clean) <= 100
    assert len(clean.splitlines()) <= 1
    assert not any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in clean)


def test_text_is_cut() -> None:
    """Harmless or not, nothing is longer than asked for."""
    assert neutralise("x" * 101, 100) == "x" * 100
    assert neutralise("\n" * 101, 100) == REPLACEMENT * 100
    assert spelled("x" * 10_000_000) == "x" * 200


@given(st.text(st.characters(categories=("L", "N", "P", "Zs")), max_size=100))
def test_harmless_text_stays_as_it_is(text: str) -> None:
    """Letters, numbers, punctuation and spaces of any script are not touched."""
    assert neutralise(text, 100) == text


@pytest.mark.parametrize("character", ["\0", "\r", "\n", "\x1b", "\x7f", "\x85", "\u2028", "\u202e", "\ud800"])
def test_each_kind_of_harmful_character_is_replaced(character: str) -> None:
    """NUL, line ends, escapes, C1, separators, overrides and half surrogates become U+FFFD."""
    assert neutralise(f"a{character}b") == f"a{REPLACEMENT}b"


class Unspeakable:
    def __str__(self) -> str:
        raise ValueError("secret")


def test_objects_that_cannot_be_spelled_are_named_by_their_type() -> None:
    """An object whose __str__ raises must not take the event down with it."""
    assert spelled(Unspeakable()) == "<Unspeakable>"


@given(st.one_of(st.integers(-(10**9), 10**9), st.uuids(), st.booleans()))
def test_other_objects_are_spelled_as_python_spells_them(value: object) -> None:
    """User ids that are numbers or UUIDs need no conversion by the application."""
    assert spelled(value) == str(value)
