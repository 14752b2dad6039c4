"""Writers for the sealer: what pgbench reports of them, and how soon their rows were signed."""

import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tests.bench.work import COLUMNS, VALUES

INSERT: Final = f"insert into public.bookings ({COLUMNS}) values ({VALUES});"
MANY: Final = f"insert into public.bookings ({COLUMNS}) select {VALUES} from generate_series(1, {{rows}});"
# From the moment a row is written until the checkpoint over it, or a witness's signature, is there for all to fetch.
LATENCIES: Final = """
select extract(epoch from stored.stored_at - log.recorded_at)::float8
from audit_private.leaves as leaf
join audit.audit_logs as log on log.id = leaf.id
cross join lateral (
  select stored_at from audit_private.{} where tree_size > leaf.leaf_index order by tree_size limit 1
) as stored
where log.id > %s and log.entity_type = 'FTMS_BOOKING'
order by 1
"""


@dataclass(frozen=True)
class Load:
    """Writers: so many `clients`, for so many `seconds` or `transactions` each, `rows` to a statement, at `rate`
    statements a second or as many as they can."""

    clients: int
    seconds: int = 0
    transactions: int = 0
    rows: int = 1
    rate: float | None = None


@dataclass(frozen=True)
class Written:
    """What came of it: `rows` a second, and the latencies of all statements in seconds, in order."""

    rows: float
    latencies: list[float]


def write(pgbench: Path, dsn: str, load: Load) -> Written:
    """Let pgbench insert bookings, in prepared mode."""
    address = {key: str(value) for key, value in conninfo_to_dict(dsn).items()}
    password = address.pop("password")
    script = INSERT if load.rows == 1 else MANY.format(rows=load.rows)
    with tempfile.TemporaryDirectory() as folder:
        command = [
            str(pgbench), "--no-vacuum", "--protocol=prepared", "--file=-", f"--client={load.clients}",
            f"--time={load.seconds}" if load.seconds else f"--transactions={load.transactions}",
            "--log", f"--log-prefix={folder}/log",
            *([f"--rate={load.rate}"] if load.rate else []), make_conninfo(**address),
        ]  # fmt: skip
        environment = {**os.environ, "PGPASSWORD": password}
        done = subprocess.run(command, input=script, capture_output=True, text=True, check=False, env=environment)
        if done.returncode:
            raise RuntimeError(f"pgbench failed:\n{done.stdout}{done.stderr}")
        lines = [line for file in Path(folder).iterdir() for line in file.read_text().splitlines()]
    # Time is the third column, in microseconds; under --rate it counts from when the statement was due.
    latencies = sorted(int(line.split()[2]) / 1e6 for line in lines)
    return Written(float(done.stdout.split("tps = ")[1].split()[0]) * load.rows, latencies)


def stored_after(admin: psycopg.Connection, table: str, last_id: int) -> list[float]:
    """Milliseconds from row to checkpoint or cosignature, in order, of every booking after `last_id`."""
    return [1000 * seconds for (seconds,) in admin.execute(LATENCIES.format(table).encode(), (last_id,))]


def quantile(values: list[float], share: float) -> float:
    """The value that this share of `values`, in order, does not exceed."""
    return values[min(len(values) - 1, int(len(values) * share))] if values else float("nan")
