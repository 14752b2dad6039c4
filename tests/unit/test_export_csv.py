"""CSV: an independent reader gets the values, a spreadsheet gets no formula, a line of the log no second one."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indelible.services.export.csv import encode_csv
from indelible.services.export.row import COLUMNS, EventRow, spell_time
from indelible.text import is_harmful, neutralise
from tests.exported import event_rows, make_row

TRIGGERS = tuple("=+-@\t\r\uff1d\uff0b\uff0d\uff20")


def parsed(content: bytes) -> list[dict[str, str]]:
    """What Python's csv module makes of it."""
    header, *lines = csv.reader(io.StringIO(content.decode(), newline=""), strict=True)
    assert header == list(COLUMNS)
    return [dict(zip(header, line, strict=True)) for line in lines]


def shown(value: str) -> str:
    """The value of a cell, without the apostrophe that keeps a spreadsheet from calculating it."""
    return value[1:] if value.startswith("'") and value.lstrip("'").startswith(TRIGGERS) else value


@given(st.lists(event_rows, max_size=5))
def test_the_csv_module_reads_the_same(rows: list[EventRow]) -> None:
    """Every cell is its value, but that control characters are U+FFFD and NULL is empty."""
    found = parsed(b"".join(encode_csv(rows)))
    assert len(found) == len(rows)
    for line, row in zip(found, rows, strict=True):
        for name, value in row._asdict().items():
            if isinstance(value, str):
                harmless = neutralise(value, len(value))
                # A tab or carriage return at the beginning is a trigger before it is made harmless.
                expected = harmless if harmless == value else shown(line[name])
                assert shown(line[name]) == expected
                assert harmless in (line[name], line[name][1:])
            elif value is None:
                assert line[name] == ""
        assert int(line["id"]) == row.id
        assert line["created_at"] == spell_time(row.created_at)


@given(st.lists(event_rows, max_size=5))
def test_no_cell_is_a_formula(rows: list[EventRow]) -> None:
    """No cell begins with what a spreadsheet calculates, and there are no more lines than rows."""
    content = b"".join(encode_csv(rows)).decode()
    for line in csv.reader(io.StringIO(content, newline="")):
        assert not any(cell.startswith(TRIGGERS) for cell in line)
    assert content.count("\r\n") == len(rows) + 1
    assert not any(is_harmful(character) for character in content.replace("\r\n", ""))


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-5", "'-5"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\ufffd=1"),
        ("\r=1", "'\ufffd=1"),
        ("'=1", "''=1"),
        ("it's", "it's"),
        ("a=b", "a=b"),
        ("\uff1d1", "'\uff1d1"),
        ("one\ntwo", "one\ufffdtwo"),
    ],
)
def test_formulas_get_an_apostrophe(value: str, cell: str) -> None:
    """And so does what looks as if it had got one, so that it can be taken away again."""
    (line,) = parsed(b"".join(encode_csv([make_row("ROW_UPDATED", entity_id=value)])))
    assert line["entity_id"] == cell


def test_null_differs_from_the_empty_text() -> None:
    """NULL is an empty cell, the empty text a quoted one: PostgreSQL's COPY reads them so."""
    content = b"".join(encode_csv([make_row("ROW_UPDATED", entity_type="", entity_id=None, description='a,"b"')]))
    assert b',"",,"a,""b""",' in content


def test_an_empty_export_has_its_header() -> None:
    """Whoever reads it knows the columns."""
    assert b"".join(encode_csv([])) == (",".join(COLUMNS) + "\r\n").encode()
