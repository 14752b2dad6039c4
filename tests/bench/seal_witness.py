"""A witness on the same machine, and verification: the other side of sealing."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

INDELIBLE: Final = [sys.executable, "-m", "indelible"]
NAME: Final = "localhost/bench-witness"


@contextlib.contextmanager
def witness(dsn: str, folder: Path) -> Iterator[None]:
    """A witness cosigns, until the end of the block, what the sealer of `folder` signs when it is started next."""
    (key,) = _json("tlog", "key", dsn=dsn, folder=folder)["keys"]
    command = [*INDELIBLE, "witness", "--json", "--port", "0", "--name", NAME, "--log", key]
    with subprocess.Popen(
        [*command, "--data-dir", str(folder / "witness")], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            line = json.loads(process.stdout.readline() if process.stdout else "{}")["policy_line"]
            (folder / "witnesses.policy").write_text(f"log {key}\n{line}\nquorum {line.split()[1]}\n")
            yield
        finally:
            process.send_signal(signal.SIGINT)
            process.wait()


def verified_rows(dsn: str, folder: Path, *options: str) -> float:
    """Rows a second that one process verifies, and finds nothing wrong with; from start to end of the command."""
    start = time.perf_counter()
    report = _json("verify", "--jobs", "1", *options, dsn=dsn, folder=folder)
    return int(report["rows"]) / (time.perf_counter() - start)


def _json(*arguments: str, dsn: str, folder: Path) -> dict[str, Any]:
    command = [*INDELIBLE, *arguments, "--json", "--data-dir", str(folder)]
    environment = {**os.environ, "DATABASE_URL": dsn}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
    return dict(json.loads(done.stdout))
