"""The bench itself: it runs from end to end, with tiny numbers, and what it says is what was measured."""

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.bench.figures import Figures
from tests.bench.read_queries import QUERIES
from tests.bench.read_touched import touched_by
from tests.bench.report import Line, Report
from tests.bench.rivals import BASE, LOG, OURS, Rival
from tests.bench.rounds import rotated
from tests.bench.seal import FIGURES
from tests.bench.server import Server
from tests.bench.stage import IncompleteLogError, Stage, WrongProofError, complete
from tests.bench.usage import TICK, Sample, server_cpu
from tests.bench.work import BULK, SINGLE

ROOT = Path(__file__).resolve().parents[2]
SERVER = Server("", 0, Path(os.devnull), "")


@pytest.mark.heavy
def test_quick_run(server_dsn: str, tmp_path: Path) -> None:
    """A run prints every table, keeps a sample of every rival for every operation and round, and draws a picture."""
    with psycopg.connect(server_dsn) as connection:
        version = "16" if connection.info.server_version < 170000 else "18"
    samples, picture = tmp_path / "run.json", tmp_path / "run.svg"
    options = ["--quick", "--rounds", "1", "--pg", version, "--json", str(samples), "--plot", str(picture)]
    command = [sys.executable, "-m", "tests.bench", "capture", *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr
    assert f"PostgreSQL {version}." in done.stdout
    assert "| E-Maj | not available: " in done.stdout
    run = json.loads(samples.read_text())
    require_all_samples(run)
    for name, title in run["titles"].items():
        assert name.startswith(BASE) or f"| {title}" in done.stdout
    for title in run["missing"]:
        assert f"| {title} | not available: " in done.stdout
    assert ET.parse(picture).getroot().tag.endswith("svg")  # noqa: S314  # our own


def require_all_samples(run: dict[str, Any]) -> None:
    """A sample of everybody everywhere, and bytes of everybody's log."""
    tables = run["samples"]
    assert set(tables) == {"single-8", "single-1", "bulk", "request-8", "request-1", "http"}
    assert set(tables["bulk"]) == set(BULK)
    assert set(tables["single-8"]) == set(tables["request-8"]) == set(SINGLE) == set(run["bytes"])
    rivals = set(tables["bulk"]["update"])
    assert {BASE, "empty_trigger", "narrow", "shadow", *OURS} <= rivals
    for columns in tables.values():
        for column in columns.values():
            assert all(len(samples) == 1 for samples in column.values())
            assert all(sample["seconds"] > 0 and sample["wal"] > 0 for samples in column.values() for sample in samples)
    assert {"sealed", "trusted", "direct", BASE} <= set(tables["request-1"]["insert"])
    for weights in run["bytes"].values():
        assert set(weights) == rivals
        assert weights[BASE]["log"] == 0


class Told(Stage):
    """A rival whose log is what a test says."""

    counts: list[int]

    def recorded(self) -> int:
        return self.counts.pop(0)


@pytest.mark.parametrize("found", [2, 4])
def test_incomplete_log(found: int, postgresql: psycopg.Connection[Any]) -> None:
    """A rival that has recorded fewer changes than were made, or more, ends the run; the right number does not."""
    place = Told("a rival", Rival("a rival", "", SERVER, log="a table"), postgresql)
    object.__setattr__(place, "counts", [10, 13, 10, 10 + found])
    with complete(place, 3):
        pass
    with pytest.raises(IncompleteLogError, match=f"{found} of 3"), complete(place, 3):
        pass


def test_wrong_proof(postgresql: psycopg.Connection[Any]) -> None:
    """Changes on record with another proof than the table says end the run; the past does not count."""
    rival = Rival("a rival", "", SERVER, log=LOG)
    book = """
        insert into ftms.sailings (route, departs_at, capacity) values ('OBN-CST', now() + interval '1 day', 9)
        on conflict do nothing;
        insert into ftms.bookings (passenger_name, passenger_email, route, departs_at, seats, fare)
        select 'P', 'p@example.org', route, departs_at, 1, 1 from ftms.sailings
    """
    postgresql.execute(book)
    place = Stage("a rival", rival, postgresql)
    place.require_proof("direct")
    with pytest.raises(WrongProofError, match="as sealed"):
        place.require_proof("sealed")
    Stage("a rival", rival, postgresql, place.last_event()).require_proof("sealed")


def test_rounds_rotate() -> None:
    """Over as many rounds as there are rivals, each is first once and last once, and nobody is left out."""
    orders = [rotated("abc", number) for number in range(3)]
    assert all(sorted(order) == ["a", "b", "c"] for order in orders)
    for place in range(3):
        assert Counter(order[place] for order in orders) == Counter("abc")


def test_ratio_within_a_round() -> None:
    """A ratio compares two measurements of one round: a machine that was slower in one of them changes nothing."""
    figures = Figures()
    for seconds in (1.0, 100.0, 10.0):
        figures.add("t", "insert", BASE, Sample(10, seconds, seconds, 0))
        figures.add("t", "insert", "rival", Sample(10, 2 * seconds, 4 * seconds, 0))
    assert figures.ratios("t", "insert", "rival", BASE) == [0.5, 0.5, 0.5]
    assert figures.added_cpu("t", "insert", "rival", BASE) == pytest.approx([0.3, 30, 3])
    table = Report(figures, {"Nobody": "not here"}).ratios("Title", "t", [Line("rival", "A rival", BASE), BASE_LINE])
    assert table.splitlines()[-2:] == ["| A rival | 0.50 (0.50 to 0.50) |", "| Nobody | not available: not here |"]


BASE_LINE = Line(BASE, "unaudited", BASE)


def test_cpu_of_children_that_have_ended() -> None:
    """The CPU that a child took counts as the server's, after the child is gone as well."""
    before = server_cpu(os.getpid())
    spent = "import time\nwhile time.process_time() < 0.3: pass"
    subprocess.run([sys.executable, "-c", spent], check=True)
    assert server_cpu(os.getpid()) - before >= 0.3 - 2 / TICK
    with subprocess.Popen([sys.executable, "-c", f"{spent}\nprint(flush=True)\ninput()"], stdin=-1, stdout=-1) as child:
        assert child.stdout is not None
        child.stdout.readline()
        while_living = server_cpu(os.getpid()) - before
        child.communicate(b"\n")
    assert while_living >= 0.6 - 4 / TICK


@pytest.mark.heavy
def test_quick_run_of_sealing(server_dsn: str, tmp_path: Path) -> None:
    """A run shows every figure, and leaves no row unsealed."""
    with psycopg.connect(server_dsn) as connection:
        version = "16" if connection.info.server_version < 170000 else "18"
    options = ["--quick", "--rounds", "1", "--pg", version, "--json", str(tmp_path / "run.json")]
    command = [sys.executable, "-m", "tests.bench", "seal", *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr
    figures = json.loads((tmp_path / "run.json").read_text())
    assert set(figures) == set(FIGURES) and all(len(values) == 1 and values[0] > 0 for values in figures.values())
    assert all(title in done.stdout for title, _ in FIGURES.values())


@pytest.mark.heavy
def test_quick_run_of_reading(server_dsn: str, tmp_path: Path) -> None:
    """A run fills logs of two sizes, asks everything of both, and rebuilds a table from each."""
    with psycopg.connect(server_dsn) as connection:
        version = "16" if connection.info.server_version < 170000 else "18"
    options = ["--quick", "--rounds", "1", "--pg", version, "--json", str(tmp_path / "run.json")]
    command = [sys.executable, "-m", "tests.bench", "read", *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr
    run = json.loads((tmp_path / "run.json").read_text())
    assert set(run["milliseconds"]) == set(run["rows"]) == {query.name for query in QUERIES}
    assert all(set(times) == set(map(str, run["sizes"])) for times in run["milliseconds"].values())
    assert run["as_of"].keys() == next(iter(run["milliseconds"].values())).keys()
    assert all(query.title in done.stdout for query in QUERIES)


def test_scans_of_the_log_are_noticed(postgresql: psycopg.Connection[Any]) -> None:
    """A query that reads a partition from end to end is told from one that finds its rows, within functions, too."""
    postgresql.execute("select audit.define_action('TEST_DONE', 'A test.', 'service')")
    postgresql.execute("select audit.record('TEST_DONE') from generate_series(1, 2000)")
    postgresql.execute("analyze audit.audit_logs")
    scan = "select count(*) from audit.audit_logs where description = %s"
    scanned = touched_by(postgresql, scan, ("x",), large=1000)
    assert len(scanned.scanned) == 1 and scanned.rows >= 2000
    found = touched_by(postgresql, "select * from audit.audit_logs order by id desc limit %s", (5,), large=1000)
    assert found.scanned == () and found.rows <= 20
    postgresql.execute(
        "create function pg_temp.inside() returns bigint language plpgsql as $$ begin "
        "return (select count(*) from audit.audit_logs where description = 'x'); end $$"
    )
    inside = touched_by(postgresql, "select pg_temp.inside(), %s", (None,), large=1000)
    assert inside.scanned == scanned.scanned
