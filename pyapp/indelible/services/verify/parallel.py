"""The rows of a log compared with its leaves, range by range, on several processors."""

import mmap
import multiprocessing
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import psycopg
from psycopg.conninfo import make_conninfo

from indelible.db.session import connect
from indelible.queries import QUERIES
from indelible.services.verify.compare import Part, compare
from indelible.services.verify.position import Position
from indelible.services.verify.rows import prepare, read_rows
from indelible.services.verify.tree import Tree

ROWS_EACH = 20_000
MOST_RANGES = 10_000
ENTRIES = "entries"
LOWEST_ID = -(2**63)


@dataclass(frozen=True, slots=True)
class Task:
    """What every process needs: where to read rows (`dsn`, `snapshot`), and the files of leaves and of those `seen`."""

    dsn: str
    snapshot: str
    entries: Path
    seen: Path
    position: Position
    tree_size: int
    fast: bool

    @classmethod
    def of(
        cls, connection: psycopg.Connection[Any], folder: Path, position: Position, tree_size: int, *, fast: bool
    ) -> Self:
        """The task for what `connection` sees; the entries are in `folder` already."""
        (snapshot,) = connection.execute(QUERIES["export_snapshot"].encode()).fetchone() or ("",)
        dsn = make_conninfo(connection.info.dsn, password=connection.info.password)
        seen = folder / "seen"
        seen.write_bytes(bytes(tree_size))
        return cls(dsn, snapshot, folder / ENTRIES, seen, position, tree_size, fast)


def ranges(last_id: int) -> list[tuple[int, int]]:
    """Ranges of ids that together hold every row, negative ids too, which only a forger would choose."""
    step = max(ROWS_EACH, -(-last_id // MOST_RANGES))
    ends = [*range(step, last_id, step), max(last_id, 0)]
    return list(zip([LOWEST_ID, *ends], ends, strict=False))


def compare_all(task: Task, last_id: int, jobs: int) -> Iterator[Part]:
    """What each range gave, in the order of ids, so that what is wrong first is told first."""
    todo = ranges(last_id)
    if jobs == 1 or len(todo) == 1:
        yield from (compare_range(task, *each) for each in todo)
        return
    # Not forked: a child of a process with threads and connections may hang.
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        running: list[Future[Part]] = [pool.submit(compare_range, task, *each) for each in todo]
        yield from (each.result() for each in running)


def compare_range(task: Task, above: int, up_to: int) -> Part:
    """Compare the rows of one range, in whatever process."""
    with closing(connect(task.dsn)) as connection, task.entries.open("rb") as entries, task.seen.open("r+b") as seen:
        prepare(connection, task.snapshot)
        rows = read_rows(connection, above, up_to, fast=task.fast)
        tree = Tree(entries, task.tree_size, [])
        marks = mmap.mmap(seen.fileno(), 0) if task.tree_size else mmap.mmap(-1, 1)
        with closing(tree), closing(marks):
            return compare(rows, tree, task.position, marks)
