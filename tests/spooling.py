"""Events for the spool whose payload follows from their id; run as a program: a process that uses a spool.

Arguments: folder, what it does, seed. It says on its output what it has done, one line each, as soon as it is done.
"""

import os
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from hashlib import sha256
from itertools import count
from pathlib import Path
from uuid import UUID

from indelible.services.spool.records import Damage
from indelible.services.spool.spool import Spool

ROOM = 256 * 1024 * 1024


def payload_of(event_id: UUID) -> bytes:
    """Between nothing and some kilobytes, always the same for this id."""
    chance = random.Random(event_id.int)  # noqa: S311
    size = chance.choice((0, 40, 300, 900, 5000))
    return chance.randbytes(size) + sha256(event_id.bytes).digest()


def events(seed: int, number: int) -> list[tuple[UUID, bytes]]:
    """So many events, others for each seed."""
    chance = random.Random(seed)  # noqa: S311
    ids = [UUID(int=chance.getrandbits(128)) for _ in range(number)]
    return [(event_id, payload_of(event_id)) for event_id in ids]


@contextmanager
def spool_in(folder: Path, max_bytes: int = ROOM, on_damage: Callable[[Damage], None] | None = None) -> Iterator[Spool]:
    """A spool for the block."""
    with closing(Spool.open(folder, max_bytes=max_bytes, on_damage=on_damage)) as spool:
        yield spool


def database(folder: Path) -> Path:
    """The database in use."""
    (path,) = folder.glob("spool-*.db")
    return path


def damaged(folder: Path) -> list[Path]:
    """Databases that were set aside, oldest first."""
    return sorted(folder.glob("damaged-*.db"))


def drain(spool: Spool) -> list[tuple[UUID, bytes]]:
    """Claim all there is, in order, and be done with it."""
    found: list[tuple[UUID, bytes]] = []
    while claimed := spool.claim(100, 60):
        found += [(event.event_id, event.payload) for event in claimed]
        spool.done([event.event_id for event in claimed])
    return found


def _say(word: str, ids: Sequence[UUID]) -> None:
    print(word, *(event_id.hex for event_id in ids), flush=True)


def _put(spool: Spool, seed: int) -> None:
    for batch in count():
        made = events(seed * 1_000_000 + batch, 1 + batch % 7)
        spool.put(made)
        _say("put", [event_id for event_id, _ in made])


def _take(spool: Spool, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    while True:
        claimed = [event.event_id for event in spool.claim(chance.randint(1, 20), 60)]
        if claimed:
            _say("claimed", claimed)
            spool.done(claimed)
            _say("done", claimed)
        else:
            _say("idle", [])
            time.sleep(0.01)


def _claim(spool: Spool, seed: int) -> None:
    _say("claimed", [event.event_id for event in spool.claim(seed, 3600)])
    sys.stdin.read()


def _abandon(spool: Spool, seed: int) -> None:
    """Die without closing anything, after thirty commits."""
    for event in events(seed, 30):
        spool.put([event])
    os._exit(0)


def _fork(spool: Spool, seed: int) -> None:
    """A child and its parent use, each for itself, what was open before the fork."""
    made = events(seed, 30)
    spool.put(made[:10])
    mine = spool.claim(5, 3600)
    child = os.fork()
    if child == 0:
        spool.put(made[10:20])
        _say("child", [event.event_id for event in spool.claim(100, 3600)])
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    spool.put(made[20:])
    _say("mine", [event.event_id for event in mine])
    _say("parent", [event.event_id for event in spool.claim(100, 3600)])


if __name__ == "__main__":
    folder, task, seed = sys.argv[1:]
    with spool_in(Path(folder)) as opened:
        {"put": _put, "take": _take, "claim": _claim, "fork": _fork, "abandon": _abandon}[task](opened, int(seed))
