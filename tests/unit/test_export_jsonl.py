"""JSON Lines: every value exactly, one line for each event whatever is in it."""

import json
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from indelible.services.export.jsonl import encode_jsonl
from indelible.services.export.row import COLUMNS, EventRow, spell_time
from indelible.text import is_harmful
from tests.exported import event_rows, make_row


@given(st.lists(event_rows, max_size=5))
def test_json_reads_the_same(rows: list[EventRow]) -> None:
    """All columns in their order; changes and metadata as the values they are."""
    found = [json.loads(line) for line in b"".join(encode_jsonl(rows)).split(b"\n")[:-1]]
    assert len(found) == len(rows)
    for line, row in zip(found, rows, strict=True):
        assert sorted(line) == sorted(COLUMNS)
        for name, value in row._asdict().items():
            if name in ("changes", "metadata"):
                assert line[name] == (None if value is None else json.loads(value))
            elif name in ("created_at", "recorded_at"):
                assert line[name] == spell_time(value)
            else:
                assert line[name] == value


@given(st.lists(event_rows, min_size=1, max_size=3))
def test_no_control_character_is_in_the_bytes(rows: list[EventRow]) -> None:
    """A terminal that shows the file, or a viewer that splits it into lines, is told nothing by an event."""
    content = b"".join(encode_jsonl(rows)).decode()
    assert content.count("\n") == len(rows)
    assert not any(is_harmful(character) for character in content.replace("\n", ""))


def test_numbers_keep_their_digits() -> None:
    """What the log says is 1.50 is not 1.5, and no digit is lost to a float."""
    changes = '{"new": {"price": 1.50, "big": 123456789012345678901234567890.123456789, "huge": 1e400}}'
    content = b"".join(encode_jsonl([make_row("ROW_UPDATED", changes=changes)]))
    assert changes.encode() in content
    parsed = json.loads(content, parse_float=Decimal)
    assert parsed["changes"]["new"]["big"] == Decimal("123456789012345678901234567890.123456789")


def test_nothing_is_nothing() -> None:
    """An export without events is an empty file."""
    assert b"".join(encode_jsonl([])) == b""
