"""What is made of a run: Markdown, JSON, a picture."""

import os
import platform
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from tests.bench.contest import Contest
from tests.bench.plot import plot
from tests.bench.report import Line, Report, audited
from tests.bench.request import table_of as request_table
from tests.bench.rivals import BASE, OURS
from tests.bench.rounds import BULK_TABLE, table_of
from tests.bench.server import SETTINGS
from tests.bench.web import TABLE as HTTP_TABLE

BULK_TITLE: Final = "Statements of {:,} rows"
HTTP_TITLE: Final = "One HTTP write (AuditMiddleware, transaction()), eight clients, one uvicorn process with h11"


class Lines:
    """The rows of the tables, in the order in which the rivals were named."""

    def __init__(self, contest: Contest) -> None:
        self.capture = [
            Line(rival.name, ", ".join(filter(None, (rival.title, rival.note))), rival.base, rival.name in OURS)
            for rival in contest.rivals.values()
        ]
        self.request = [Line(v.name, v.title, BASE, v.rival.name in OURS) for v in contest.variants]
        self.http = [Line(f.name, f.title, f.base, f.rival.name in OURS) for f in contest.forms]


def markdown(contest: Contest) -> str:
    """All tables: ratios first, then what they are ratios of, CPU and bytes."""
    return "\n".join([*_head(contest), *_tables(contest)])


def _head(contest: Contest) -> Iterator[str]:
    settings = ", ".join(f"{name}={value}" for name, value in SETTINGS.items())
    yield f"PostgreSQL {contest.version}, {os.cpu_count()} CPUs, {_processor()}, Python {platform.python_version()};"
    yield f"{contest.plan.rounds} rounds; {settings}; a login that owns nothing, over TCP on loopback."
    yield "Each rival in a database of its own, fresh in each round; single statements by pgbench in prepared mode."


def _tables(contest: Contest) -> Iterator[str]:
    plan, lines, report = contest.plan, Lines(contest), Report(contest.figures, contest.missing)
    bulk = BULK_TITLE.format(plan.rows)
    for load in plan.loads:
        yield report.ratios(f"Single statements, {_clients(load.clients)}", table_of(load), lines.capture)
    yield report.ratios(bulk, BULK_TABLE, lines.capture)
    for load in plan.loads:
        title = f"A request's transaction (begin + context, one statement, commit), {_clients(load.clients)}"
        yield report.ratios(title, request_table(load), lines.request, complete=False)
    yield report.ratios(HTTP_TITLE, HTTP_TABLE, lines.http, complete=False)
    busiest = plan.loads[0]
    yield report.cpu(f"Single statements, {_clients(busiest.clients)}", table_of(busiest), lines.capture)
    yield report.cpu(bulk, BULK_TABLE, lines.capture)
    title = f"A request's transaction, {_clients(busiest.clients)}"
    yield report.cpu(title, request_table(busiest), lines.request, complete=False)
    yield report.cpu(HTTP_TITLE, HTTP_TABLE, lines.http, complete=False)
    yield report.weights("Storage", contest.weights, lines.capture)
    for load in plan.loads:
        yield report.rates(f"Single statements, {_clients(load.clients)}", table_of(load), lines.capture)
    yield report.rates(f"{bulk}: rows", BULK_TABLE, lines.capture)
    yield report.rates(title, request_table(busiest), lines.request)
    yield report.rates(HTTP_TITLE, HTTP_TABLE, lines.http)


def _clients(count: int) -> str:
    return "1 client" if count == 1 else f"{count} clients"


def document(contest: Contest) -> dict[str, Any]:
    """Every sample, for whoever wants to reckon otherwise. Seconds, CPU seconds, bytes."""
    return {
        "server_version": contest.version,
        "processor": _processor(),
        "cpus": os.cpu_count(),
        "settings": SETTINGS,
        "plan": asdict(contest.plan),
        "missing": contest.missing,
        "titles": {line.name: line.title for lines in vars(Lines(contest)).values() for line in lines},
        "bases": {line.name: line.base for lines in vars(Lines(contest)).values() for line in lines},
        "samples": {
            table: {
                operation: {name: [asdict(sample) for sample in samples] for name, samples in column.items()}
                for operation, column in columns.items()
            }
            for table, columns in contest.figures.tables.items()
        },
        "bytes": {
            operation: {name: asdict(weight) for name, weight in column.items()}
            for operation, column in contest.weights.items()
        },
    }


def picture(contest: Contest) -> str:
    """SVG of all ratios."""
    plan, lines = contest.plan, Lines(contest)
    singles = [(f"Single statements, {_clients(load.clients)}", table_of(load), lines.capture) for load in plan.loads]
    requests = [(f"A request's transaction, {_clients(load.clients)}", request_table(load), lines.request)
                for load in plan.loads]  # fmt: skip
    blocks = [*singles, (BULK_TITLE.format(plan.rows), BULK_TABLE, lines.capture), *requests,
              (HTTP_TITLE, HTTP_TABLE, lines.http)]  # fmt: skip
    return plot(contest.figures, [(title, table, audited(rows)) for title, table, rows in blocks])


def _processor() -> str:
    """The name of the CPU, where the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
