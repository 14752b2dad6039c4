"""What a measurement takes: time, CPU of the whole server, WAL.

CPU is read from /proc: user and system time of the postmaster, of its living children, and of those it has reaped
(cutime and cstime). So it covers the backends of the clients, the WAL writer, checkpoints and every short-lived
process, in ticks of 10 ms, and no control groups are needed. It does not cover the clients.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg

from tests.bench.server import Server

TICK: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Sample:
    """One measurement of so many changes: seconds, the server's CPU seconds, bytes of WAL."""

    changes: int
    seconds: float
    cpu: float
    wal: int

    @property
    def rate(self) -> float:
        """Changes per second."""
        return self.changes / self.seconds


def measure(server: Server, changes: int, work: Callable[[], float]) -> Sample:
    """Runs `work`, which makes so many changes and returns how many seconds they took."""
    with psycopg.connect(server.admin_dsn, autocommit=True) as connection:
        wal, cpu = _wal(connection), server_cpu(server.pid)
        seconds = work()
        return Sample(changes, seconds, server_cpu(server.pid) - cpu, _wal(connection) - wal)


def server_cpu(pid: int) -> float:
    """CPU seconds that the server with this postmaster has used since its start."""
    while True:
        before = _ticks(pid)
        living = sum(sum(_ticks(child)[:2]) for child in _children(pid))
        if _ticks(pid)[2:] == before[2:]:  # otherwise a child was reaped meanwhile, and stands on both sides or on none
            return (sum(before) + living) / TICK


def _children(pid: int) -> list[int]:
    """Process ids of the living children, and of dead ones that are not reaped yet."""
    stats = ((path, _fields(path)) for path in Path("/proc").glob("[0-9]*/stat"))
    return [int(path.parent.name) for path, fields in stats if fields and int(fields[1]) == pid]


def _ticks(pid: int) -> tuple[int, ...]:
    """User and system time, own and of reaped children."""
    fields = _fields(Path(f"/proc/{pid}/stat"))
    return tuple(map(int, fields[11:15])) if fields else (0, 0, 0, 0)


def _fields(path: Path) -> list[str]:
    """The fields after the program's name, which may hold spaces; none of a process that is gone."""
    try:
        return path.read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _wal(connection: psycopg.Connection) -> int:
    row = connection.execute("select pg_current_wal_insert_lsn() - '0/0'").fetchone()
    return int(row[0]) if row else 0
