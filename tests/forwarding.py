"""`indelible forward` in a process of its own, and what it has to deliver."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from tests.sealing import seal

SECONDS = 90.0


def wait_until(enough: Callable[[], bool], process: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + SECONDS
    while not enough():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


@contextmanager
def forwarding(dsn: str, data_dir: Path, *options: str, **environment: str) -> Iterator["subprocess.Popen[str]"]:
    """`indelible forward` in a process of its own, killed at the end of the block if it has not ended."""
    command = [sys.executable, "-m", "indelible", "forward", "--data-dir", str(data_dir), *options]
    process = subprocess.Popen(
        command,
        env={**os.environ, **environment, "DATABASE_URL": dsn},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def end(process: "subprocess.Popen[str]") -> str:
    """Ctrl-C; what it had to tell."""
    process.send_signal(signal.SIGINT)
    out, told = process.communicate(timeout=SECONDS)
    assert (process.returncode, out) == (0, "")
    return told


def sealed_ids(postgresql: psycopg.Connection[Any], admin_dsn: str, folder: Path) -> list[int]:
    seal(admin_dsn, folder / "sealer")
    return [number for (number,) in postgresql.execute("select id from audit_private.leaves order by leaf_index")]


def first_times(numbers: list[int]) -> list[int]:
    """In the order in which each came first."""
    return list(dict.fromkeys(numbers))
