"""`bin/bench read`: how fast the log is read when it holds a hundred thousand events, a million, ten million.

- One database for each size, filled alike; see tests/bench/read_log.py. A round asks each size the same questions in
  turn, and ratios are made within a round.
- Asked as a tool asks: one login of audit_investigator, a round trip over a socket, each query planned anew with its
  values, every row fetched. Keys are drawn from the log; each is asked once before it is timed.
- A query that reads a partition of 10,000 rows or more from end to end ends the run. `most rows` is how many of the log
  any key made a query touch, whatever the machine was doing meanwhile.
- `as_of` goes back over as many changes as its table has rows, beside plain scans of the table and of those changes.
- What the indexes cost in bytes stands below; in time, `bin/bench capture` measures them.
"""

import contextlib
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import psycopg

from indelible.db.migrate import migrate
from tests.bench.read_as_of import SETUP, TABLE, as_of_ratio, change_table, fill_table
from tests.bench.read_log import burn_xids, fill, new_log, xids
from tests.bench.read_queries import QUERIES, WATCHED, Query
from tests.bench.read_touched import touched_by
from tests.bench.rivals import LOG, Rival, make_rival
from tests.bench.rounds import rotated, tell
from tests.bench.seal_load import quantile
from tests.bench.server import CLIENT, Server, packaged, running
from tests.bench.stage import Stage, stage

READER: Final = "bench_reader"
SIZES: Final = (100_000, 1_000_000, 10_000_000)
AS_OF: Final = "as_of"

GRANTS: Final = f"grant select on {WATCHED}, {TABLE} to {READER}; grant audit_investigator, audit_app to {READER}"
WATCH: Final = f"select audit.watch('{WATCHED}', 'FTMS_BOOKING'), audit.watch('{TABLE}', 'FTMS_TICKET')"
BYTES: Final = """
select regexp_replace(index.relname, '^audit_logs_([0-9]{4}_[0-9]{2}|default)_', ''),
  sum(pg_relation_size(index.oid))::bigint
from pg_partition_tree('audit.audit_logs') as tree
join pg_index on indrelid = tree.relid
join pg_class as index on index.oid = indexrelid
where tree.isleaf
group by 1 order by 1
"""


@dataclass(frozen=True)
class ReadPlan:
    """How much is measured: rounds, events of each log, keys of each query, rows of the table that is rebuilt."""

    rounds: int
    sizes: tuple[int, ...]
    keys: int
    rows: int

    @classmethod
    def of(cls, rounds: int, sizes: tuple[int, ...], *, quick: bool) -> "ReadPlan":
        """A quick run only shows that everything works."""
        return cls(rounds, (500, 1000), 3, 200) if quick else cls(rounds, sizes, 200, 100_000)


@dataclass
class Reading:
    """What was found: milliseconds by query and size, one list for each round; rows touched; ratios of as_of; bytes."""

    sizes: tuple[int, ...]
    times: dict[str, dict[int, list[list[float]]]] = field(default_factory=dict)
    touched: dict[str, int] = field(default_factory=dict)
    as_of: dict[int, list[float]] = field(default_factory=dict)
    bytes: dict[str, int] = field(default_factory=dict)

    def quantiles(self, name: str, size: int, share: float) -> list[float]:
        """Of each round."""
        return [quantile(sorted(times), share) for times in self.times[name][size]]

    def growth(self, name: str) -> float:
        """p99 of the largest log ÷ p99 of the smallest, the median of the rounds."""
        large, small = (self.quantiles(name, size, 0.99) for size in (self.sizes[-1], self.sizes[0]))
        return statistics.median(a / b for a, b in zip(large, small, strict=True))


class UnindexedReadError(Exception):
    """A query read a large partition of the log from end to end."""


@dataclass(frozen=True)
class Shelf:
    """One log, its reader, and what it is asked."""

    size: int
    place: Stage
    reader: psycopg.Connection
    keys: dict[str, list[tuple[Any, ...]]]

    def asker(self, query: Query) -> psycopg.Connection:
        """Who asks it."""
        return self.place.admin if query.of_owner else self.reader

    def look(self, query: Query) -> int:
        """The most rows that a key makes the query touch.

        Raises:
            UnindexedReadError: it found no index.
        """
        found = [touched_by(self.asker(query), query.source, key) for key in self.keys[query.name]]
        for key, touched in zip(self.keys[query.name], found, strict=True):
            if touched.scanned:
                raise UnindexedReadError(f"{query.name} {key} reads all of {', '.join(touched.scanned)}")
        return max(touched.rows for touched in found)

    def ask(self, query: Query) -> list[float]:
        """Milliseconds of each key, once all were asked."""
        for key in self.keys[query.name]:
            _ask(self.asker(query), query, key)
        return [_ask(self.asker(query), query, key) for key in self.keys[query.name]]


def _ask(reader: psycopg.Connection, query: Query, key: tuple[Any, ...]) -> float:
    start = time.perf_counter()
    reader.execute(query.source.encode(), key).fetchall()
    return 1000 * (time.perf_counter() - start)


def make_template(server: Server, rows: int) -> Rival:
    """A database with both tables watched, and a login that may read them and the log."""
    server.make_login(CLIENT)
    server.make_login(READER)
    rival = make_rival(Rival("log", "a log", server, log=LOG), SETUP)
    migrate(server.admin(rival.template))
    server.execute(rival.template, GRANTS)
    with psycopg.connect(server.admin(rival.template), autocommit=True) as admin:
        fill_table(Stage(rival.template, rival, admin), rows)
        admin.execute(WATCH.encode())
        admin.execute("select audit.maintain()")
    return rival


@contextlib.contextmanager
def shelf(rival: Rival, size: int, first_xid: int, keys: int) -> Iterator[Shelf]:
    """A database with a log of this size."""
    with stage(rival, f"log_{size}") as place:
        tell(f"filling {size} events")
        first = fill(rival.server.admin(place.name), new_log(size, first_xid))
        last = first + size - 1
        place.admin.prepare_threshold = None
        drawn = {query.name: query.draw(place.admin, first, last, keys) for query in QUERIES}
        reader_dsn = rival.server.client(place.name, READER)
        with psycopg.connect(reader_dsn, autocommit=True, prepare_threshold=None) as reader:
            yield Shelf(size, place, reader, drawn)


def measure_reading(version: str, plan: ReadPlan, *, durable: bool) -> Reading:
    """Everything, in databases that are gone afterwards.

    Raises:
        UnindexedReadError: a query found no index.
    """
    found = Reading(plan.sizes)
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(running(packaged(version), durable=durable, settings={}))
        rival = make_template(server, plan.rows)
        first_xid = burn_xids(server.admin_dsn, xids(max(plan.sizes)))
        shelves = [stack.enter_context(shelf(rival, size, first_xid, plan.keys)) for size in plan.sizes]
        found.bytes = dict(shelves[-1].place.admin.execute(BYTES).fetchall())
        for query in QUERIES:
            tell(f"rows touched by {query.name}")
            found.touched[query.name] = max(one.look(query) for one in shelves)
        for number in range(plan.rounds):
            tell(f"round {number + 1} of {plan.rounds}")
            for query in QUERIES:
                for one in rotated(shelves, number):
                    found.times.setdefault(query.name, {}).setdefault(one.size, []).append(one.ask(query))
        _rebuild(shelves, plan, found)
    return found


def _rebuild(shelves: list[Shelf], plan: ReadPlan, found: Reading) -> None:
    tell(AS_OF)
    pasts = {one.size: change_table(one.place, plan.rows) for one in shelves}
    for number in range(plan.rounds):
        for one in rotated(shelves, number):
            found.as_of.setdefault(one.size, []).append(as_of_ratio(one.reader, pasts[one.size]))
