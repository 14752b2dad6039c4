"""`bin/bench seal`: how fast the log is sealed, how soon a row is, and what its writers pay for it.

- The sealer runs as in production: its own command and login, beside server, writers and a witness on the same cores.
  It commits synchronously; the writers do not, so that nothing else slows them.
- What writers pay is measured in pairs, one load with the sealer stopped and one with it running, right after each
  other; every other round begins with the sealed one. Ratios are made within a pair.
- Half load is half of what the writers of the same round reached without a sealer.
- A run ends at a row that is not sealed.
"""

import contextlib
import statistics
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.bench.rivals import OURS, ours
from tests.bench.rounds import tell
from tests.bench.seal_load import Load, Written, quantile, stored_after, write
from tests.bench.seal_witness import verified_rows, witness
from tests.bench.seal_worker import LOGIN, SealWorker
from tests.bench.server import CLIENT, packaged, running
from tests.bench.stage import Stage, stage

# What is measured, in the order of the table, and how it is shown.
FIGURES: Final = {
    "alone": ("sealed with nobody writing, events/s", "{:,.0f}"),
    "streamed": ("written and sealed at once, by statements of 100 rows, events/s", "{:,.0f}"),
    "signed_p50": ("row to signed at half load, median, ms", "{:,.0f}"),
    "signed_p99": ("row to signed at half load, p99, ms", "{:,.0f}"),
    "cosigned_p50": ("row to cosigned by a witness, median, ms", "{:,.0f}"),
    "cosigned_p99": ("row to cosigned by a witness, p99, ms", "{:,.0f}"),
    "throughput": ("saturated writers, throughput: sealed ÷ not sealed", "{:.2f}"),
    "half_p99": ("writers at half load, p99: sealed ÷ not sealed", "{:.2f}"),
    "verified": ("verified by one process, rows/s", "{:,.0f}"),
    "verified_fast": ("verified by one process with --fast, rows/s", "{:,.0f}"),
    "bytes": ("bytes stored by sealing, for each event", "{:,.0f}"),
}


@dataclass(frozen=True)
class SealPlan:
    """How much is measured: rounds, seconds of each load, rows of the backlog, writers of single rows."""

    rounds: int
    seconds: int
    backlog: int
    writers: int = 4

    @classmethod
    def of(cls, rounds: int, *, quick: bool) -> "SealPlan":
        """A quick run only shows that everything works."""
        return cls(rounds, 1, 300) if quick else cls(rounds, 15, 100_000)


@dataclass
class SealRound:
    """One round on one database; `found` has its figures."""

    place: Stage
    worker: SealWorker
    pgbench: Path
    plan: SealPlan
    found: dict[str, float] = field(default_factory=dict)

    def run(self, *, sealed_first: bool) -> None:
        """Backlog, stream, pairs; then verification and bytes."""
        with self.worker.working():
            self.worker.catch_up()
        with witness(self.worker.dsn, self.worker.folder):
            self._backlog()
            self._stream()
            self._pairs((True, False) if sealed_first else (False, True))
            with self.worker.working():
                self.worker.catch_up()
        self.worker.require_all_sealed()
        dsn = self.place.rival.server.admin(self.place.name)
        self.found["verified"] = verified_rows(dsn, self.worker.folder)
        self.found["verified_fast"] = verified_rows(dsn, self.worker.folder, "--fast")
        self.found["bytes"] = self.worker.stored_bytes() / self.worker.size()

    def _backlog(self) -> None:
        """What waits is sealed while nobody writes."""
        tell("backlog")
        before = self.worker.size()
        self._write(Load(1, transactions=1, rows=self.plan.backlog))
        with self.worker.working():
            start = time.perf_counter()
            self.worker.catch_up()
            self.found["alone"] = (self.worker.size() - before) / (time.perf_counter() - start)

    def _stream(self) -> None:
        """From the first statement until the last row is signed."""
        tell("stream")
        with self.worker.working():
            before, start = self.worker.size(), time.perf_counter()
            self._write(Load(1, self.plan.seconds, rows=100))
            self.worker.catch_up()
            self.found["streamed"] = (self.worker.size() - before) / (time.perf_counter() - start)

    def _pairs(self, order: tuple[bool, bool]) -> None:
        full = Load(self.plan.writers, self.plan.seconds)
        reached = {sealed: self._load(full, sealed=sealed).rows for sealed in order}
        half = Load(self.plan.writers, self.plan.seconds, rate=reached[False] / 2)
        slowest = {sealed: quantile(self._load(half, sealed=sealed).latencies, 0.99) for sealed in order}
        self.found["throughput"] = reached[True] / reached[False]
        self.found["half_p99"] = slowest[True] / slowest[False]

    def _load(self, load: Load, *, sealed: bool) -> Written:
        """The load on a log of which nothing is left to seal."""
        tell(f"{'half' if load.rate else 'full'} load, {'sealed' if sealed else 'not sealed'}")
        with self.worker.working():
            self.worker.catch_up()
        self.place.settle()
        last = self.place.last_event()
        with self.worker.working() if sealed else contextlib.nullcontext():
            written = self._write(load)
            if sealed:
                self.worker.catch_up()
        if sealed and load.rate:
            for word, table in (("signed", "checkpoints"), ("cosigned", "cosignatures")):
                latencies = stored_after(self.place.admin, table, last)
                self.found[f"{word}_p50"] = quantile(latencies, 0.5)
                self.found[f"{word}_p99"] = quantile(latencies, 0.99)
        return written

    def _write(self, load: Load) -> Written:
        return write(self.pgbench, self.place.client_dsn, load)


def measure_sealing(version: str, plan: SealPlan, *, durable: bool) -> dict[str, list[float]]:
    """Every figure of every round, each round in a database of its own."""
    figures: dict[str, list[float]] = {name: [] for name in FIGURES}
    binaries = packaged(version)
    with running(binaries, durable=durable, settings={}) as server:
        server.make_login(CLIENT)
        rival = next(rival for rival in ours(server) if rival.name == OURS[0])
        server.make_login(LOGIN, "audit_sealer")
        for number in range(plan.rounds):
            tell(f"round {number + 1} of {plan.rounds}")
            with stage(rival) as place, tempfile.TemporaryDirectory() as folder:
                worker = SealWorker(place, Path(folder))
                one = SealRound(place, worker, binaries / "bin" / "pgbench", plan)
                one.run(sealed_first=number % 2 == 1)
            for name, value in one.found.items():
                figures[name].append(value)
    return figures


def as_table(figures: dict[str, list[float]]) -> str:
    """The figures as Markdown: median, lowest and highest round."""
    lines = ["| sealing | median | lowest | highest |", "| --- | --- | --- | --- |"]
    for name, (title, form) in FIGURES.items():
        values = figures[name]
        shown = (form.format(value) for value in (statistics.median(values), min(values), max(values)))
        lines.append(f"| {title} | {' | '.join(shown)} |")
    return "\n".join(lines)
