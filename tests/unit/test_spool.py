"""The spool: what goes in comes out once, in order, whoever asks; leases, delays, what is set aside, how much fits."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from uuid import UUID

import pytest

from indelible.errors import SpoolError
from indelible.services.spool import rows
from indelible.services.spool.spool import Spool
from tests.spooling import database, drain, events, spool_in

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a spool is made."""
    return tmp_path / "spool"


@pytest.fixture
def spool(folder: Path) -> Iterator[Spool]:
    """An empty spool."""
    with spool_in(folder) as opened:
        yield opened


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = monotonic()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """What the spool's leases go by, in this process."""
    clock = Clock()
    monkeypatch.setattr("indelible.services.spool.spool.monotonic", clock)
    return clock


def ids(spool: Spool, limit: int = 100, lease_seconds: float = 60) -> list[UUID]:
    """Claim, and tell what."""
    return [event.event_id for event in spool.claim(limit, lease_seconds)]


def test_what_goes_in_comes_out_in_order(spool: Spool) -> None:
    """Events are claimed in the order of their arrival, with what they say and when they came, for the first time."""
    made, before = events(1, 250), datetime.now(UTC)
    for start in range(0, 250, 50):
        spool.put(made[start : start + 50])
    claimed = spool.claim(1000, 60)
    assert [(event.event_id, event.payload) for event in claimed] == made
    assert {event.attempts for event in claimed} == {1}
    assert all(before <= event.spooled_at <= datetime.now(UTC) for event in claimed)
    spool.done([event_id for event_id, _ in made])
    assert spool.claim(1000, 60) == []
    assert spool.counts().waiting == spool.counts().leased == 0


def test_an_event_is_kept_once(spool: Spool) -> None:
    """An id that waits, is leased or is set aside is not kept a second time, within one call either."""
    made = events(2, 3)
    spool.put([*made, *made])
    (first, *_) = ids(spool, 1)
    spool.put(made)
    spool.set_aside([first], "refused")
    spool.put(made)
    assert ids(spool) == [event_id for event_id, _ in made[1:]]
    assert [event.event_id for event in spool.aside()] == [first]


def test_the_spool_outlives_its_processes(folder: Path) -> None:
    """What was put is there for the next process."""
    made = events(3, 20)
    with spool_in(folder) as spool:
        spool.put(made)
    with spool_in(folder) as spool:
        assert drain(spool) == made


def test_a_leased_event_is_nobody_elses(spool: Spool, folder: Path) -> None:
    """Another one gets what is left; after the first has closed its spool, what that one held, too."""
    made = [event_id for event_id, _ in events(4, 10)]
    spool.put(events(4, 10))
    with spool_in(folder) as other:
        assert ids(spool, 6) == made[:6]
        assert ids(other) == made[6:]
        assert ids(other) == ids(spool) == []
        spool.close()
        claimed = other.claim(100, 60)
        assert [event.event_id for event in claimed] == made[:6]
        assert {event.attempts for event in claimed} == {2}


def test_a_lease_runs_out(spool: Spool, folder: Path, clock: Clock) -> None:
    """A live process keeps what it claimed until the lease is over, to the moment."""
    spool.put(events(5, 1))
    with spool_in(folder) as other:
        assert len(ids(spool, lease_seconds=30)) == 1
        clock.now += 29.9
        assert ids(other) == []
        clock.now += 0.1
        assert len(ids(other)) == 1


def test_a_lease_that_ran_out_gives_no_rights(spool: Spool, folder: Path, clock: Clock) -> None:
    """Who has lost a lease cannot release or set aside what another one holds; that it is on record anybody may say."""
    spool.put(events(6, 1))
    with spool_in(folder) as other:
        (event_id,) = ids(spool, lease_seconds=1)
        clock.now += 2
        assert ids(other) == [event_id]
        spool.release([event_id], 0)
        spool.set_aside([event_id], "mine")
        assert spool.aside() == []
        assert ids(spool) == []
        spool.done([event_id])
        assert other.counts().leased == 0


def test_what_is_released_waits_for_its_delay(spool: Spool, clock: Clock) -> None:
    """Nobody gets it earlier, those behind it are not held up, and it counts the attempts."""
    made = [event_id for event_id, _ in events(7, 3)]
    spool.put(events(7, 3))
    spool.release(ids(spool, 2), 10)
    assert ids(spool) == made[2:]
    clock.now += 10
    claimed = spool.claim(100, 60)
    assert [(event.event_id, event.attempts) for event in claimed] == [(made[0], 2), (made[1], 2)]


def test_a_host_that_starts_again_owes_no_delay(spool: Spool, clock: Clock) -> None:
    """The clock of delays begins anew with the host: what was delayed before by an hour does not wait for weeks."""
    clock.now += 1_000_000
    spool.put(events(8, 2))
    spool.release(ids(spool), 3600)
    assert ids(spool) == []
    clock.now -= 1_000_000
    assert len(ids(spool)) == 2


def test_the_time_of_day_decides_nothing(spool: Spool, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that is set back by a day changes no order, ends no lease and prolongs none."""
    made = [event_id for event_id, _ in events(9, 4)]
    spool.put(events(9, 4)[:2])
    held = ids(spool, 1)
    yesterday = rows.now() - timedelta(days=1) // timedelta(microseconds=1)
    for module in ("rows", "table"):
        monkeypatch.setattr(f"indelible.services.spool.{module}.now", lambda: yesterday)
    spool.put(events(9, 4)[2:])
    with spool_in(folder) as other:
        assert held == made[:1]
        assert ids(other) == made[1:]
    assert ids(spool) == made[1:]


def test_what_is_set_aside_stays(spool: Spool) -> None:
    """It keeps its reason, is never claimed again, and counts apart."""
    spool.put(events(10, 3))
    first, second, _ = ids(spool)
    spool.set_aside([first], "unknown_action")
    spool.release([second], 0)
    (kept,) = spool.aside()
    assert (kept.event_id, kept.reason, kept.attempts) == (first, "unknown_action", 1)
    counts = spool.counts()
    assert (counts.waiting, counts.leased, counts.set_aside) == (1, 1, 1)
    assert ids(spool) == [second]


def test_counts_name_the_oldest(spool: Spool) -> None:
    """The oldest is what came first of all that is not done, leased or not; nothing where nothing is."""
    assert spool.counts().oldest is None
    before = datetime.now(UTC)
    spool.put(events(11, 1))
    after = datetime.now(UTC)
    spool.put(events(12, 1))
    ids(spool)
    oldest = spool.counts().oldest
    assert oldest
    assert before <= oldest <= after
    assert spool.counts().bytes > 0


def test_a_full_spool_takes_nothing_in(folder: Path) -> None:
    """Beyond max_bytes a batch is refused whole, with one sentence; what is there can be taken out, and makes room."""
    with spool_in(folder, max_bytes=200_000) as spool:
        batches = iter(range(13, 10_000))
        kept = []
        with pytest.raises(SpoolError, match=r"^The spool in \S+ is full: it may hold 200000 bytes\.$"):  # noqa: PT012
            for seed in batches:
                spool.put(events(seed, 5))
                kept += events(seed, 5)
        assert 50 < len(kept) < 500
        assert drain(spool) == kept
        spool.put(events(99_999, 5))
        assert database(folder).stat().st_size < 250_000


def test_an_empty_spool_takes_no_room(spool: Spool, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a long outage has left free in the file goes back to the disk once nothing waits; nothing else does."""
    monkeypatch.setattr("indelible.services.spool.spool._WASTE_BYTES", 100_000)
    spool.put(events(16, 2000))
    spool.set_aside(ids(spool, 1), "refused")
    assert len(drain(spool)) == 1999
    spool.put(events(17, 3))
    assert drain(spool) == events(17, 3)
    assert len(spool.aside()) == 1
    spool.close()
    assert database(folder).stat().st_size < 100_000


def test_a_closed_spool_refuses(spool: Spool) -> None:
    """After close every call says so."""
    spool.close()
    with pytest.raises(SpoolError, match="is closed"):
        spool.put(events(1, 1))


def test_a_dead_process_holds_nothing(spool: Spool, folder: Path) -> None:
    """What a killed process had leased for an hour can be claimed at once; what a live one has cannot."""
    spool.put(events(14, 10))
    command = [sys.executable, "-m", "tests.spooling", str(folder), "claim", "4"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert len(process.stdout.readline().split()) == 5
        assert len(ids(spool)) == 6
        assert spool.counts().leased == 10
        process.kill()
        process.wait()
        assert spool.counts().leased == 6
        claimed = spool.claim(100, 60)
    assert [event.event_id for event in claimed] == [event_id for event_id, _ in events(14, 4)]
    assert {event.attempts for event in claimed} == {2}


def test_a_fork_shares_nothing(folder: Path) -> None:
    """Child and parent both go on with a spool that was open before: nothing is lost, and each has its own leases."""
    command = [sys.executable, "-m", "tests.spooling", str(folder), "fork", "15"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    told = {word: ids for word, *ids in (line.split() for line in run.stdout.splitlines())}
    made = [event_id.hex for event_id, _ in events(15, 30)]
    assert told["mine"] == made[:5]
    assert told["child"] == made[5:20]
    assert told["parent"] == made[5:]  # the child has ended, and held nothing of its parent's


def test_threads_share_a_spool(spool: Spool) -> None:
    """Threads that put and claim through one Spool at once lose nothing; a lease is the process's."""
    taken: list[UUID] = []

    def work(seed: int) -> None:
        for number in range(10):
            spool.put(events(seed * 100 + number, 3))
            claimed = ids(spool, 2)
            taken.extend(claimed)
            spool.done(claimed)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(1, 7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken += [event_id for event_id, _ in drain(spool)]
    expected = [
        event_id for seed in range(1, 7) for number in range(10) for event_id, _ in events(seed * 100 + number, 3)
    ]
    assert sorted(taken) == sorted(expected)
