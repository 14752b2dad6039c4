"""A full disk under the spool: it refuses in one sentence, loses nothing, and can always be emptied."""

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from indelible.errors import SpoolError
from tests.full_disk import NOT_POSSIBLE, SCENES
from tests.spooling import drain, events, spool_in

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("scene", SCENES)
def test_a_small_disk_fills(tmp_path: Path, scene: str) -> None:
    """On a disk of 12 MB, a tmpfs that only this process sees, each scene of tests/full_disk.py goes as it says."""
    rights = [] if os.geteuid() == 0 else ["--map-root-user"]
    command = ["unshare", "--mount", *rights, sys.executable, "-m", "tests.full_disk", str(tmp_path), scene]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if run.returncode == NOT_POSSIBLE or "unshare: " in run.stderr:
        pytest.skip("nothing can be mounted here")
    assert run.returncode == 0, run.stderr


def test_a_file_that_must_not_grow(tmp_path: Path) -> None:
    """Where the system lets a file grow no more, what was put stays, the next batch is refused, none of it is kept."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    kept = []
    try:
        with spool_in(tmp_path) as spool:
            spool.put(events(0, 5))
            resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, limits[1]))
            with pytest.raises(SpoolError, match=r"cannot be used: the disk does not read or write it\.$"):  # noqa: PT012
                for seed in range(1, 10_000):
                    spool.put(events(seed, 5))
                    kept += events(seed, 5)
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
            assert kept
            assert drain(spool) == events(0, 5) + kept
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
