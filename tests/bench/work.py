"""What is done to the bookings, and how it is timed: single statements by pgbench, those over many rows by psycopg."""

import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final, LiteralString

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tests.bench.stage import Stage
from tests.bench.usage import Sample, measure

COLUMNS: Final[LiteralString] = "reference, passenger, email, route, departs_at, seats, fare, status"
VALUES: Final[LiteralString] = (
    "'FT-0F3A92C41B', 'Grainne Malley', 'grainne@example.org', 'ROS-DUN', now(), 2, 178.00, 'draft'"
)
COPIED: Final = b"FT-0F3A92C41B\tGrainne Malley\tgrainne@example.org\tROS-DUN\t2026-11-30 08:30+00\t2\t178.00\tdraft\n"

# Each touches exactly one row: an update any of those that are there, a delete each of them once.
SINGLE: Final = {
    "insert": f"insert into public.bookings ({COLUMNS}) values ({VALUES});",
    "update": "update public.bookings set seats = seats + 1, status = 'confirmed' where id = :any;",
    "delete": "delete from public.bookings where id = :mine;",
}
# In this order, from an empty table: it is empty again before COPY.
BULK: Final = ("insert-select", "update", "delete", "COPY FROM")


@dataclass(frozen=True)
class Load:
    """How many clients at once, and how many transactions each of them makes."""

    clients: int
    transactions: int

    @property
    def changes(self) -> int:
        """Rows changed in all: one a transaction."""
        return self.clients * self.transactions


@dataclass(frozen=True)
class Manner:
    """In pgbench's language: what each client does `once`, before its first transaction, and what stands around
    `{statement}` in each."""

    once: str = ""
    wrap: str = "{statement}"


def single(place: Stage, pgbench: Path, load: Load, operation: str, manner: Manner) -> Sample:
    """So many transactions with one statement each, by pgbench in prepared mode."""
    first = 1 if operation == "insert" else place.first_id()
    script = (
        f"\\if :ready = 0\n{manner.once}\n\\set ready 1\n\\endif\n"
        f"\\set turn :turn + 1\n\\set mine {first - 1} + :client_id * {load.transactions} + :turn\n"
        f"\\set any random({first}, {first + load.changes - 1})\n"
        + manner.wrap.replace("{statement}", SINGLE[operation])
    )
    return measure(place.rival.server, load.changes, lambda: _pgbench(pgbench, place.client_dsn, load, script))


def _pgbench(program: Path, dsn: str, load: Load, script: str) -> float:
    """Seconds that all transactions took, without connecting."""
    address = {key: str(value) for key, value in conninfo_to_dict(dsn).items()}
    password = address.pop("password")
    command = [
        str(program), "--no-vacuum", "--protocol=prepared", "--file=-", "--define=ready=0", "--define=turn=0",
        f"--client={load.clients}", f"--transactions={load.transactions}",
        make_conninfo(**address),
    ]  # fmt: skip
    environment = {**os.environ, "PGPASSWORD": password}
    done = subprocess.run(command, input=script, capture_output=True, text=True, check=False, env=environment)
    if done.returncode or f"processed: {load.changes}/{load.changes}" not in done.stdout:
        raise RuntimeError(f"pgbench failed:\n{done.stdout}{done.stderr}\n{script}")
    return load.changes / float(done.stdout.split("tps = ")[1].split()[0])


def bulk(place: Stage, client: psycopg.Connection, operation: str, rows: int) -> Sample:
    """One statement over so many rows."""

    def work() -> float:
        start = time.perf_counter()
        _run(client, operation, rows)
        return time.perf_counter() - start

    return measure(place.rival.server, rows, work)


def warm_up(client: psycopg.Connection, session: str) -> None:
    """Set the context once, and do everything once with one row: no measurement pays for an empty cache."""
    if session:
        client.execute(session.encode())
    for operation in (*BULK, "delete"):
        _run(client, operation, 1)


def _run(client: psycopg.Connection, operation: str, rows: int) -> None:
    if operation == "COPY FROM":
        with client.cursor() as cursor:
            with cursor.copy(f"copy public.bookings ({COLUMNS}) from stdin") as copy:
                copy.write(COPIED * rows)
            touched = cursor.rowcount
    else:
        touched = client.execute(_bulk_statement(operation, rows).encode()).rowcount
    if touched != rows:
        raise RuntimeError(f"{operation} touched {touched} rows, not {rows}")


def _bulk_statement(operation: str, rows: int) -> str:
    return {
        "insert-select": f"insert into public.bookings ({COLUMNS}) select {VALUES} from generate_series(1, {rows})",
        "update": "update public.bookings set seats = seats + 1, status = 'confirmed'",
        "delete": "delete from public.bookings",
    }[operation]
