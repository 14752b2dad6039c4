"""Which rows of the log a query touches: none may read a partition of any size from end to end.

Not EXPLAIN, which does not look into functions: the server's own counters of what this session has read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import psycopg

LARGE: Final = 10_000

COUNTERS: Final = """
select relid::regclass::text, seq_scan, seq_tup_read + coalesce(idx_tup_fetch, 0)
from pg_stat_xact_user_tables
where schemaname = 'audit_private' and relname like 'audit\\_logs\\_%'
"""
LARGE_PARTITIONS: Final = """
select tree.relid::text from pg_partition_tree('audit.audit_logs') as tree
join pg_class as class on class.oid = tree.relid
where tree.isleaf and class.reltuples >= %s
"""


@dataclass(frozen=True)
class Touched:
    """How many rows of the log were read, and which large partitions from end to end."""

    rows: int
    scanned: tuple[str, ...]


def touched_by(connection: psycopg.Connection, source: str, key: Sequence[Any], large: int = LARGE) -> Touched:
    """Run the query once. The connection is in autocommit, and may read the log."""
    with connection.transaction(force_rollback=True):
        connection.execute("set local max_parallel_workers_per_gather = 0")
        partitions = {name for (name,) in connection.execute(LARGE_PARTITIONS, (large,))}
        before = _counters(connection)
        connection.execute(source.encode(), key).fetchall()
        after = _counters(connection)
    scans = {name: count[0] - before.get(name, (0, 0))[0] for name, count in after.items()}
    rows = sum(count[1] - before.get(name, (0, 0))[1] for name, count in after.items())
    return Touched(rows, tuple(sorted(name for name, count in scans.items() if count and name in partitions)))


def _counters(connection: psycopg.Connection) -> dict[str, tuple[int, int]]:
    return {name: (scans, rows) for name, scans, rows in connection.execute(COUNTERS)}
