"""An export for a user of the service: bytes from a connection of its own, which no pool misses."""

from collections.abc import Iterator
from contextlib import closing, suppress
from typing import Any

import psycopg

from indelible.db.dsn import dsn_of
from indelible.db.pools import CONNECT_SECONDS
from indelible.services.export.formats import Format
from indelible.services.export.source import Counted, exported_rows
from indelible.settings import Settings

# Longest wait for the server to be told that nobody wants the answer any more.
CANCEL_SECONDS = 5.0


class ExportStream:
    """Made in a worker thread, as everything else of it is called in one; only `cancel` may come meanwhile.

    Args:
        settings: of the service.
        format: what the rows become.
        values: filter as JSON, then for whom, as `services.reading.reader` has it.

    Raises:
        psycopg.OperationalError: the database cannot be reached.
    """

    def __init__(self, settings: Settings, format: Format, *values: str | None) -> None:  # noqa: A002
        self._connection: psycopg.Connection[Any] = psycopg.connect(
            dsn_of(settings, independent=True),
            autocommit=True,
            connect_timeout=int(CONNECT_SECONDS),
            prepare_threshold=None,
        )
        self.rows = Counted(exported_rows(self._connection, "open_user_export", *values))
        self._chunks: Iterator[bytes] = format.encode(self.rows)

    def next(self) -> bytes | None:
        """The next bytes, None at the end."""
        for chunk in self._chunks:
            if chunk:
                return chunk
        return None

    def cancel(self) -> None:
        """End the query that another thread may be waiting for, which then raises."""
        with suppress(psycopg.Error, OSError):
            self._connection.cancel_safe(timeout=CANCEL_SECONDS)

    def close(self) -> None:
        """Let go of the connection; the query ends, if it has not."""
        with suppress(psycopg.Error), closing(self._connection):
            self.rows.close()
