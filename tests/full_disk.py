"""Run as a program in a mount namespace of its own: a spool on a small disk that fills. Arguments: folder, scene.

Exit code 0 if all went as it must; 77 if nothing may be mounted here.
"""

import os
import subprocess
import sys
from itertools import count
from pathlib import Path
from uuid import UUID

from indelible.errors import SpoolError
from indelible.services.spool.spool import Spool
from tests.spooling import ROOM, drain, events, spool_in

NOT_POSSIBLE = 77


def fill(spool: Spool) -> list[tuple[UUID, bytes]]:
    """Put events until no more are taken; all that were."""
    kept: list[tuple[UUID, bytes]] = []
    try:
        for seed in count(1):
            spool.put(events(seed, 5))
            kept += events(seed, 5)
    except SpoolError as error:
        assert str(error).endswith("cannot be used: the disk is full."), error  # noqa: PT017
    return kept


def occupy(path: Path) -> None:
    """A file of somebody else's, as large as the disk lets it grow."""
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass


def filled_by_the_spool(disk: Path) -> None:
    """It stops taking events in, gives all of them out, and takes new ones in then."""
    with spool_in(disk / "spool") as spool:
        for _ in range(3):
            kept = fill(spool)
            assert len(kept) > 500, len(kept)
            assert drain(spool) == kept


def killed_when_full(disk: Path) -> None:
    """Everything that was put is there for the next process, which finds neither room nor a clean end."""
    reader, writer = os.pipe()
    if os.fork() == 0:
        spool = Spool.open(disk / "spool", max_bytes=ROOM)
        os.write(writer, str(len(fill(spool))).encode())
        os._exit(0)
    os.wait()
    occupy(disk / "theirs")
    number = int(os.read(reader, 100))
    with spool_in(disk / "spool") as spool:
        found = drain(spool)
        assert found == [event for seed in range(1, number // 5 + 1) for event in events(seed, 5)], (number, len(found))


def no_room_to_begin(disk: Path) -> None:
    """A spool that cannot begin says so, and begins when there is room."""
    occupy(disk / "theirs")
    try:
        Spool.open(disk / "spool", max_bytes=ROOM)
    except SpoolError as error:
        assert str(error).endswith("the disk is full."), error  # noqa: PT017
    else:
        raise AssertionError("it has begun")
    (disk / "theirs").unlink()
    with spool_in(disk / "spool") as spool:
        assert fill(spool)


SCENES = {scene.__name__: scene for scene in (filled_by_the_spool, killed_when_full, no_room_to_begin)}

if __name__ == "__main__":
    folder, name = sys.argv[1:]
    mount = ["mount", "-t", "tmpfs", "-o", "size=12m,mode=0700", "tmpfs", folder]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        sys.exit(NOT_POSSIBLE)
    SCENES[name](Path(folder))
