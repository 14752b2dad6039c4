"""Leaves are the bytes that docs/sealing.md specifies, and no two rows have the same."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indelible.tlog.leaf import CONTENT_COLUMNS, ENTRY_BYTES, SALT_BYTES, Entry, commit, content

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "sealing.md").read_text()
CREATED_AT = (datetime(2026, 11, 24, 10, 0, 0, 123456, UTC) - datetime(2000, 1, 1, tzinfo=UTC)) // timedelta(
    microseconds=1
)
ROW_CHANGE = (
    b"ROW_UPDATED", b"success", b"alice", b"ftms_api", b"sealed", b"FTMS_BOOKING", b"5", None, None, b"192.0.2.7",
    b"abc", b'{"new": {"fare": 12.50}, "old": {"fare": 10.00}}', None, b"database",
)  # fmt: skip
EVENT = (
    b"FTMS_BOOKING_CREATED", b"failure", None, b"ftms_api", b"service", b"", "ü:1".encode(), "𝄞\n".encode(), None,
    b"2001:db8::/64", None, None, b'{"a": 1000}', b"clamped",
)  # fmt: skip


def vectors(word: str) -> list[bytes]:
    return [bytes.fromhex(found) for found in re.findall(rf"^{word}\n((?:  [0-9a-f]+\n)+)", PAGE, re.MULTILINE)]


@pytest.mark.parametrize(("number", "columns"), [(0, ROW_CHANGE), (1, EVENT)])
def test_the_vectors_of_the_specification(number: int, columns: tuple[bytes | None, ...]) -> None:
    """What the page shows is what is hashed: a change here is a new version."""
    canonical = content(CREATED_AT + 1, columns)
    assert canonical == vectors("content")[number]
    entry = Entry(1, 42, 1234567, CREATED_AT, commit(bytes(range(SALT_BYTES)), canonical))
    assert entry.encode() == vectors("entry")[number]
    assert Entry.decode(entry.encode()) == entry


def test_the_columns_of_the_specification() -> None:
    """The page names the columns in the order of the canonical form."""
    sentence = PAGE[PAGE.index("in this order:") : PAGE.index("Each is written")]
    assert tuple(re.findall(r"`([a-z_]+)`", sentence)) == CONTENT_COLUMNS


others = st.lists(
    st.none() | st.binary(max_size=12) | st.sampled_from([b":", b"1:", b"0:", b""]), min_size=3, max_size=3
)


@given(others, others, st.integers(-(2**63), 2**63 - 1))
def test_no_two_contents_look_alike(one: list[bytes | None], two: list[bytes | None], time: int) -> None:
    """Null, the empty text and texts that look like lengths stay apart."""
    assert (content(time, one) == content(time, two)) == (one == two)


@pytest.mark.parametrize(
    "entry", [b"", bytes(ENTRY_BYTES), b"\x02" + bytes(ENTRY_BYTES - 1), b"\x01" * (ENTRY_BYTES + 1)]
)
def test_other_entries_are_refused(entry: bytes) -> None:
    """A reader says which entries it does not know, rather than guess."""
    with pytest.raises(ValueError, match="no entry of version 1"):
        Entry.decode(entry)
