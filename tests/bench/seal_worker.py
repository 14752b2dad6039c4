"""A sealer at work on a stage of the bench, as its command runs it, and whether it has caught up."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.bench.stage import Stage

LOGIN: Final = "bench_sealer"
PATIENCE_SECONDS: Final = 600.0
MARK: Final = """
select audit_private.append(actor => audit_private.current_actor(), action => 'AUDIT_HEARTBEAT')
"""
# A mark is written last, so its batch holds whatever was committed before it; and that batch is signed.
SIGNED: Final = """
select exists (
  select from audit_private.leaves as leaf
  join audit_private.checkpoints as stored on stored.tree_size > leaf.leaf_index
  where leaf.id = {}
)
"""
MISSED: Final = """
select count(*) from audit.audit_logs as log
where not exists (select from audit_private.leaves as leaf where leaf.id = log.id)
"""
STORED: Final = """
select sum(pg_total_relation_size(name::regclass))::bigint from unnest(array[
  'audit_private.leaves', 'audit_private.tiles', 'audit_private.batches', 'audit_private.checkpoints'
]) as name
"""


class IncompleteSealError(Exception):
    """A row was not sealed, or not in time: the figures would be worth nothing."""


@dataclass(frozen=True)
class SealWorker:
    """The sealer of one stage, which keeps what it signed in `folder`."""

    place: Stage
    folder: Path

    @property
    def dsn(self) -> str:
        """The sealer's own login."""
        return self.place.rival.server.client(self.place.name, LOGIN)

    @contextlib.contextmanager
    def working(self) -> Iterator[None]:
        """It runs until the end of the block, which begins once it leads and nothing waits any more."""
        command = [sys.executable, "-m", "indelible", "seal", "--data-dir", str(self.folder)]
        with subprocess.Popen(
            command, env={**os.environ, "DATABASE_URL": self.dsn}, stderr=subprocess.PIPE, text=True
        ) as process:
            try:
                line = process.stderr.readline() if process.stderr else ""
                if not line.startswith("Sealing the log"):
                    raise IncompleteSealError(f"the sealer did not start: {line}")
                yield
            finally:
                process.terminate()
                process.wait()

    def catch_up(self) -> None:
        """Wait until everything that is committed by now is signed."""
        mark, deadline = self.number(MARK), time.monotonic() + PATIENCE_SECONDS
        while not self.number(SIGNED.format(mark)):
            if time.monotonic() > deadline:
                raise IncompleteSealError(f"{self.place.name}: the sealer does not catch up")
            time.sleep(0.05)

    def require_all_sealed(self) -> None:
        """IncompleteSealError if there is a row without a leaf."""
        if missed := self.number(MISSED):
            raise IncompleteSealError(f"{self.place.name}: {missed} rows are not sealed")

    def size(self) -> int:
        """How many leaves there are."""
        return self.number("select tree_size from audit_private.log_position")

    def stored_bytes(self) -> int:
        """Bytes of everything that sealing has stored."""
        return self.number(STORED)

    def number(self, query: str) -> int:
        """The only value of a query."""
        row = self.place.admin.execute(query.encode()).fetchone()
        return int(row[0]) if row else 0
