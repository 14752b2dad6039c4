"""Parquet, for everything that analyses: typed columns, every value exactly as it stands in the log.

It needs pyarrow: `pip install 'indelible[parquet]'`. A row group is bounded in rows and in bytes, so that memory stays
flat however long the log is.
"""

import io
from collections.abc import Iterable, Iterator
from typing import Any, Final

from indelible.errors import ConfigurationError
from indelible.services.export.row import COLUMNS, EventRow

ROWS_PER_GROUP: Final = 20_000
GROUP_LENGTH: Final = 16_777_216
# Rows that become columns at once: so few that the processor's cache holds them, which halves the time it takes.
ROWS_PER_BATCH: Final = 500
BATCH_LENGTH: Final = 1_048_576
MISSING: Final = "Parquet needs pyarrow: pip install 'indelible[parquet]'."

# What names much and differs little is stored as a dictionary; of the rest, building one would be in vain.
_DICTIONARY: Final = [
    "action", "outcome", "user_id", "db_user", "actor_proof", "entity_type", "description", "permission", "reason",
    "ip_address", "time_source",
]  # fmt: skip


def encode_parquet(rows: Iterable[EventRow]) -> Iterator[bytes]:
    """A file with one row group for each so many rows.

    Raises:
        ConfigurationError: there is no pyarrow.
    """
    arrow, parquet = require_pyarrow()
    schema, sink = _schema(arrow), _Sink()
    with parquet.ParquetWriter(sink, schema, compression="zstd", use_dictionary=_DICTIONARY) as writer:
        arrays = (_arrays(arrow, batch, schema) for batch in _batches(rows))
        for group in _groups(arrow.RecordBatch.from_arrays(columns, schema=schema) for columns in arrays):
            writer.write_table(arrow.Table.from_batches(group))
            yield sink.take()
    yield sink.take()


def require_pyarrow() -> tuple[Any, Any]:
    """pyarrow and pyarrow.parquet; ConfigurationError without them."""
    try:
        import pyarrow as arrow
        from pyarrow import parquet
    except ImportError as error:
        raise ConfigurationError(MISSING) from error
    return arrow, parquet


def _schema(arrow: Any) -> Any:
    types = {"id": arrow.int64(), **dict.fromkeys(("created_at", "recorded_at"), arrow.timestamp("us", tz="UTC"))}
    return arrow.schema([(name, types.get(name, arrow.string())) for name in COLUMNS])


def _arrays(arrow: Any, rows: list[EventRow], schema: Any) -> list[Any]:
    columns = zip(*rows, strict=True)
    return [arrow.array(column, field.type) for column, field in zip(columns, schema, strict=True)]


def _batches(rows: Iterable[EventRow]) -> Iterator[list[EventRow]]:
    batch: list[EventRow] = []
    length = 0
    for row in rows:
        batch.append(row)
        length += len(row.changes or "") + len(row.metadata or "")
        if len(batch) == ROWS_PER_BATCH or length >= BATCH_LENGTH:
            yield batch
            batch, length = [], 0
    if batch:
        yield batch


def _groups(batches: Iterable[Any]) -> Iterator[list[Any]]:
    group: list[Any] = []
    rows = length = 0
    for batch in batches:
        group.append(batch)
        rows += batch.num_rows
        length += batch.nbytes
        if rows >= ROWS_PER_GROUP or length >= GROUP_LENGTH:
            yield group
            group, rows, length = [], 0, 0
    if group:
        yield group


class _Sink(io.RawIOBase):
    """A file that is only written to, from which what was written is taken away."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, data: Any, /) -> int:
        """Keep it until it is taken."""
        self._pieces.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        """What was written since the last time."""
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken
