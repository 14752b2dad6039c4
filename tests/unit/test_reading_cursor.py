"""Cursors: what was written is read again by the same question, and nothing else is."""

from hypothesis import given
from hypothesis import strategies as st

from indelible.services.reading.cursor import read_cursor, write_cursor

IDS = st.integers(-(2**63), 2**63 - 1)


@given(IDS, st.text(alphabet=st.characters(codec="utf-8")))
def test_a_cursor_is_read_by_its_question(before: int, question: str) -> None:
    """And is fit for a query string as it stands."""
    cursor = write_cursor(before, question)
    assert read_cursor(cursor, question) == before
    assert read_cursor(cursor, question + "x") is None
    assert set(cursor) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@given(st.text(max_size=60) | st.from_regex(r"[A-Za-z0-9_-]{0,40}"))
def test_what_is_no_cursor_is_none(cursor: str) -> None:
    """Whatever a client made up, nothing raises."""
    found = read_cursor(cursor, "question")
    assert found is None or write_cursor(found, "question") == cursor


@given(IDS, st.integers(0, 22), st.characters(codec="ascii"))
def test_a_changed_cursor_is_none_or_the_same(before: int, place: int, character: str) -> None:
    """The digest binds it to its question; only the id may be made up, which leads to a place in the same answer."""
    cursor = write_cursor(before, "question")
    changed = cursor[:place] + character + cursor[place + 1 :]
    found = read_cursor(changed, "question")
    assert found is None or write_cursor(found, "question") == changed
