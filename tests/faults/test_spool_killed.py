"""kill -9 while processes put events into the spool and take them out: what was put comes out, whole and once."""

import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from threading import Thread
from uuid import UUID

import pytest

from tests.spooling import drain, payload_of, spool_in

ROOT = Path(__file__).resolve().parents[2]


class Worker:
    """A process that does `task` in the spool, and the ids that it has told of, by what it did with them."""

    def __init__(self, folder: Path, task: str, seed: int) -> None:
        self.told: list[tuple[str, list[UUID]]] = []
        command = [sys.executable, "-m", "tests.spooling", str(folder), task, str(seed)]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        self._reader = Thread(target=self._read)
        self._reader.start()

    def kill(self) -> None:
        """kill -9, and read what it still had told."""
        self._process.kill()
        self._process.wait()
        self._reader.join()
        if self._process.stdout:
            self._process.stdout.close()

    def ids(self, word: str) -> list[UUID]:
        """What it has done so."""
        return [event_id for said, ids in self.told if said == word for event_id in ids]

    def _read(self) -> None:
        for line in self._process.stdout or ():
            if line.endswith("\n"):  # the kill may cut the last one
                word, *ids = line.split()
                self.told.append((word, [UUID(hex=event_id) for event_id in ids]))


def wait_until(condition: Callable[[], bool]) -> None:
    """Up to a minute, which only a broken test needs."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.mark.parametrize("seed", range(20))
def test_what_was_put_survives_a_kill(tmp_path: Path, seed: int) -> None:
    """Every event of a put that returned is there afterwards with its bytes, and no torn one besides."""
    chance = random.Random(seed)  # noqa: S311
    worker = Worker(tmp_path, "put", seed)
    wait_until(lambda: len(worker.told) > chance.randint(1, 40))
    time.sleep(chance.random() / 50)
    worker.kill()
    with spool_in(tmp_path) as spool:
        found = drain(spool)
        assert spool.aside() == []
    assert set(worker.ids("put")) <= {event_id for event_id, _ in found}
    assert all(payload == payload_of(event_id) for event_id, payload in found)
    assert not list(tmp_path.glob("damaged*"))


@pytest.mark.parametrize("seed", range(4))
def test_processes_share_a_spool(tmp_path: Path, seed: int) -> None:
    """Several that put and several that take at once: each event is taken once, none is lost."""
    with ExitStack() as stack:
        workers = [Worker(tmp_path, task, 10 * seed + number) for number in range(3) for task in ("put", "take")]
        for worker in workers:
            stack.callback(worker.kill)
        putters, takers = workers[::2], workers[1::2]
        wait_until(lambda: all(len(worker.told) > 20 for worker in putters))
        for worker in putters:
            worker.kill()
        for worker in takers:  # twice idle: once may have been said before the last event came
            idle = worker.told.count(("idle", []))
            wait_until(lambda worker=worker, idle=idle: worker.told.count(("idle", [])) > idle + 1)  # type: ignore[misc]
    taken = Counter(event_id for worker in takers for event_id in worker.ids("claimed"))
    assert set(taken) >= {event_id for worker in putters for event_id in worker.ids("put")}
    assert set(taken.values()) == {1}
    # What a putter was killed at was never acknowledged: it may come to light when all are dead.
    with spool_in(tmp_path) as spool:
        left = {event_id for event_id, _ in drain(spool)}
    assert left.isdisjoint({*taken, *(event_id for worker in putters for event_id in worker.ids("put"))})


@pytest.mark.parametrize("seed", range(6))
def test_takers_are_killed(tmp_path: Path, seed: int) -> None:
    """What a dead one had claimed and not done is taken by the others at once; nothing is taken from a live one."""
    chance = random.Random(seed)  # noqa: S311
    putter = Worker(tmp_path, "put", seed)
    takers = [Worker(tmp_path, "take", number) for number in range(3)]
    survivor = takers[-1]
    for victim in takers[:-1]:
        wait_until(lambda victim=victim: len(victim.ids("claimed")) > chance.randint(1, 40))  # type: ignore[misc]
        victim.kill()
    putter.kill()
    idle = survivor.told.count(("idle", []))
    wait_until(lambda: survivor.told.count(("idle", [])) > idle + 1)
    survivor.kill()
    claimed = Counter(event_id for worker in takers for event_id in worker.ids("claimed"))
    finished = {event_id for worker in takers for event_id in worker.ids("done")}
    assert set(putter.ids("put")) <= set(claimed)
    unfinished = set[UUID]()
    for victim in takers[:-1]:
        left = set(victim.ids("claimed")) - set(victim.ids("done"))
        assert len(left) <= 20  # its last claim
        unfinished |= left
    assert {event_id for event_id, times in claimed.items() if times > 1} <= unfinished
    assert set(survivor.ids("claimed")) <= finished
