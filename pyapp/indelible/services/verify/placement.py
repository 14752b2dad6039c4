"""Whether every row lies where those who look for it find it: in its index, and in the partition of its time.

PostgreSQL believes its indexes and the bounds of its partitions. A superuser can write past both, and hide a row from
all who ask by id or by time, us included.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import psycopg

from indelible.queries import QUERIES
from indelible.services.verify.report import Finding, Kind


def check_placement(connection: psycopg.Connection[Any], rows: int) -> Iterator[Finding]:
    """The rows that lie elsewhere, read without any index; `rows` is how many were found by id."""
    connection.execute(QUERIES["read_without_indexes"].encode())
    placed = connection.execute(QUERIES["rows_by_partition"].encode()).fetchall()
    if doubtful := [partition for partition, _, is_doubtful in placed if is_doubtful]:
        for row_id, name in connection.execute(QUERIES["misplaced_rows"].encode(), [doubtful]).fetchall():
            detail = f"It lies in {name}, where nobody finds it who asks for the time of the event."
            yield Finding(Kind.ALTERED, detail, row_id)
    if sum(count for _, count, _ in placed) > rows:
        yield from _hidden(connection)


def _hidden(connection: psycopg.Connection[Any]) -> Iterator[Finding]:
    stored = Counter(connection.execute(QUERIES["ids"].encode()).fetchall())
    connection.execute(QUERIES["read_by_indexes"].encode())
    found = Counter(connection.execute(QUERIES["ids"].encode()).fetchall())
    for (row_id,) in sorted((stored - found).keys()):
        yield Finding(Kind.INSERTED, "It is missing in the index, and so from what is found by id.", row_id)
