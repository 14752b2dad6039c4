"""A table as it stood: `audit.as_of` beside a plain scan of the table and of what changed since."""

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import psycopg

from tests.bench.server import CLIENT
from tests.bench.stage import Stage
from tests.bench.work import COLUMNS, VALUES

TABLE: Final = "public.tickets"
SETUP: Final = f"""
create table {TABLE} (like public.bookings including all);
grant select, insert, update, delete on {TABLE} to {CLIENT};
"""
# Nine in ten changes are updates; of the rest half insert and half delete.
CHANGES: Final = (
    *["update {table} set seats = seats + 1, status = 'confirmed' where id between {first} and {last}"] * 18,
    "delete from {table} where id between {first} and {last}",
    "insert into {table} ({columns}) select {values} from generate_series({first}, {last})",
)


@dataclass(frozen=True)
class Past:
    """The moment before the changes, and the newest record at it."""

    moment: datetime
    last_id: int


def fill_table(place: Stage, rows: int) -> None:
    """Rows that were there before anybody watched."""
    place.admin.execute(f"insert into {TABLE} ({COLUMNS}) select {VALUES} from generate_series(1, {rows})".encode())


def change_table(place: Stage, rows: int) -> Past:
    """As many changes as there are rows, of a hundredth of the table at a time; captured as in production."""
    past = Past(_now(place.admin), place.last_event())
    share = rows // 100
    with psycopg.connect(place.client_dsn, autocommit=True) as client:
        for number in range(100):
            words = {"table": TABLE, "columns": COLUMNS, "values": VALUES}
            first = number * share + 1
            client.execute(CHANGES[number % len(CHANGES)].format(first=first, last=first + share - 1, **words).encode())
    place.settle()
    return past


def as_of_ratio(reader: psycopg.Connection, past: Past) -> float:
    """Seconds that the table as it stood takes to arrive, divided by those of its rows and of the changes."""
    as_of = _seconds(reader, f"select * from audit.as_of(null::{TABLE}, '{past.moment.isoformat()}')")
    present = _seconds(reader, f"select * from {TABLE}")
    changes = _seconds(reader, f"select * from audit.audit_logs where id > {past.last_id}")
    return as_of / (present + changes)


def _seconds(reader: psycopg.Connection, query: str) -> float:
    """The quickest of three, each with every row sent to the client, which does nothing with them."""
    return min(_once(reader, query) for _ in range(3))


def _once(reader: psycopg.Connection, query: str) -> float:
    start = time.perf_counter()
    with reader.cursor() as cursor, cursor.copy(f"copy ({query}) to stdout".encode()) as copy:
        for _ in copy:
            pass
    return time.perf_counter() - start


def _now(admin: psycopg.Connection) -> datetime:
    now: datetime
    ((now,),) = admin.execute("select clock_timestamp()")
    return now
