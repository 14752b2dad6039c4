"""The file postmaster.pid: whether our server accepts connections, and what a dead parent left behind."""

import os
import signal
import time
from pathlib import Path

from indelible.errors import EmbeddedError

STATUS_LINE = 7
HAS_PROC = Path("/proc/self/cwd").is_symlink()


def is_ready(cluster: Path, pid: int) -> bool:
    """Whether the server with process id `pid` says that it accepts connections."""
    lines = _lines(cluster)
    return len(lines) > STATUS_LINE and lines[0] == str(pid) and lines[STATUS_LINE].strip() == "ready"


def clear_leftover(cluster: Path, patience: float = 30.0) -> None:
    """End a server that outlived its parent, and remove the file of one that is long gone.

    To be called only by who holds the data directory's lock. PostgreSQL itself refuses to start while any process
    has the number in the file, as after a reboot; so here the process is looked at.

    Raises:
        EmbeddedError: the server does not end within `patience` seconds.
    """
    lines = _lines(cluster)
    if not lines or not lines[0].isdigit():
        return
    pid, deadline = int(lines[0]), time.monotonic() + patience
    for number in (signal.SIGINT, signal.SIGQUIT):
        if not _serves(pid, cluster):
            break
        os.kill(pid, number)
        while _serves(pid, cluster) and time.monotonic() < deadline:
            time.sleep(0.05)
        deadline += 5.0
    if _serves(pid, cluster):
        raise EmbeddedError(f"A PostgreSQL server (process {pid}) still runs in {cluster} and does not stop.")
    if HAS_PROC and _lines(cluster)[:1] == [str(pid)]:
        (cluster / "postmaster.pid").unlink(missing_ok=True)


def _lines(cluster: Path) -> list[str]:
    try:
        return (cluster / "postmaster.pid").read_text().splitlines()
    except OSError:
        return []


def _serves(pid: int, cluster: Path) -> bool:
    """Whether the process is a server of this cluster: every PostgreSQL process works in its data directory."""
    try:
        if HAS_PROC:
            return Path(f"/proc/{pid}/cwd").readlink() == cluster
        os.kill(pid, 0)
    except OSError:
        return False
    return True
