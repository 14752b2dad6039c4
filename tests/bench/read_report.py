"""What reading was found to take, as Markdown and as JSON."""

import statistics
from typing import Any

from tests.bench.read import Reading
from tests.bench.read_queries import QUERIES


def markdown(found: Reading) -> str:
    """Times, rows, as_of, and what the indexes take."""
    return "\n".join([*_times(found), "", *_as_of(found), "", *_bytes(found)])


def _times(found: Reading) -> list[str]:
    sizes = " | ".join(f"{size:,}: p50 | p99" for size in found.sizes)
    lines = [
        f"| ms, medians of the rounds | {sizes} | p99, largest ÷ smallest | most rows |",
        "| --- |" + " ---: |" * (2 * len(found.sizes) + 2),
    ]
    for query in QUERIES:
        cells = (
            f"{statistics.median(found.quantiles(query.name, size, share)):.2f}"
            for size in found.sizes
            for share in (0.5, 0.99)
        )
        title, growth = query.title, f"{found.growth(query.name):.2f}"
        lines.append(f"| {title} | {' | '.join(cells)} | {growth} | {found.touched[query.name]:,} |")
    return lines


def _as_of(found: Reading) -> list[str]:
    lines = [
        "| `audit.as_of` ÷ plain scans of the table and its changes | median | lowest | highest |",
        "| --- | ---: | ---: | ---: |",
    ]
    for size, ratios in found.as_of.items():
        shown = (f"{value:.2f}" for value in (statistics.median(ratios), min(ratios), max(ratios)))
        lines.append(f"| {size:,} events | {' | '.join(shown)} |")
    return lines


def _bytes(found: Reading) -> list[str]:
    lines = ["| index of the log | bytes an event |", "| --- | ---: |"]
    lines += [f"| {name} | {size / found.sizes[-1]:.1f} |" for name, size in found.bytes.items()]
    return lines


def document(found: Reading) -> dict[str, Any]:
    """Every sample."""
    return {
        "sizes": found.sizes,
        "milliseconds": found.times,
        "rows": found.touched,
        "as_of": found.as_of,
        "bytes": found.bytes,
    }
