"""Parquet: typed columns, every value exactly, and row groups that are bounded."""

import io
import sys
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indelible.errors import ConfigurationError
from indelible.services.export import parquet
from indelible.services.export.parquet import encode_parquet
from indelible.services.export.row import COLUMNS, EventRow
from tests.exported import event_rows, make_row

arrow = pytest.importorskip("pyarrow")
reader = pytest.importorskip("pyarrow.parquet")


@given(st.lists(event_rows, max_size=5))
def test_pyarrow_reads_the_same(rows: list[EventRow]) -> None:
    """Numbers, times in UTC to the microsecond, text and NULL."""
    table = reader.read_table(io.BytesIO(b"".join(encode_parquet(rows))))
    assert table.schema.names == list(COLUMNS)
    assert [tuple(row.values()) for row in table.to_pylist()] == rows


def test_columns_are_typed() -> None:
    """What a tool that analyses may rely on, also where there was no event."""
    schema = reader.read_schema(io.BytesIO(b"".join(encode_parquet([]))))
    moment = arrow.timestamp("us", tz="UTC")
    types = {"id": arrow.int64(), "created_at": moment, "recorded_at": moment}
    assert [field.type for field in schema] == [types.get(field.name, arrow.string()) for field in schema]


@pytest.mark.parametrize("batch", [("ROWS_PER_BATCH", 1), ("BATCH_LENGTH", 100)])
@pytest.mark.parametrize("group", [("ROWS_PER_GROUP", 2), ("GROUP_LENGTH", 300)])
def test_row_groups_are_bounded(
    monkeypatch: pytest.MonkeyPatch, batch: tuple[str, int], group: tuple[str, int]
) -> None:
    """In rows and in bytes; each is handed on before the next one is begun."""
    monkeypatch.setattr(parquet, *batch)
    monkeypatch.setattr(parquet, *group)
    made = 0

    def rows() -> Iterator[EventRow]:
        nonlocal made
        for number in range(10):
            made += 1
            yield make_row("ROW_UPDATED", id=number, changes='{"new": "%s"}' % ("x" * 100))

    chunks = encode_parquet(rows())
    content = next(chunks)
    assert content and made <= 3
    content += b"".join(chunks)
    assert reader.ParquetFile(io.BytesIO(content)).num_row_groups == 5


def test_without_pyarrow_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sentence, before anything is written."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'indelible\[parquet\]'"):
        next(encode_parquet([make_row("ROW_UPDATED")]))
