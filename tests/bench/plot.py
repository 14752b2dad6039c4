"""The ratios as a picture: an SVG with a panel for each operation and a bar for each rival, with its range."""

from collections.abc import Sequence
from html import escape
from typing import Final

from tests.bench.figures import Figures, Spread
from tests.bench.report import Line

NAMES: Final = 520  # width of the column of titles, in pixels
PANEL: Final = 150
GAP: Final = 18
ROW: Final = 22
HEAD: Final = 58
OURS: Final = "#0b6e4f"
OTHERS: Final = "#9aa5b1"
STYLE: Final = "font-family='system-ui, sans-serif' font-size='12'"


def plot(figures: Figures, tables: Sequence[tuple[str, str, Sequence[Line]]]) -> str:
    """One block for each (title, table, lines), under each other."""
    blocks, height = [], 0
    for title, table, lines in tables:
        blocks.append(_block(figures, title, table, lines, height))
        height += HEAD + ROW * len(lines)
    width = NAMES + max(len(figures.tables[table]) for _, table, _ in tables) * (PANEL + GAP)
    head = f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' width='{width}' height='{height}'"
    return "\n".join([f"{head} {STYLE}>", "<rect width='100%' height='100%' fill='white'/>", *blocks, "</svg>\n"])


def _block(figures: Figures, title: str, table: str, lines: Sequence[Line], top: int) -> str:
    parts = [f"<text x='8' y='{top + 20}' font-weight='bold'>{escape(title)}; throughput ÷ unaudited</text>"]
    for place, operation in enumerate(figures.tables[table]):
        left = NAMES + place * (PANEL + GAP)
        parts.append(f"<text x='{left}' y='{top + 42}'>{escape(operation)}</text>")
        for number, line in enumerate(lines):
            spread = Spread.of(figures.ratios(table, operation, line.name, line.base))
            parts.append(_bar(spread, left, top + HEAD - 8 + ROW * number, OURS if line.ours else OTHERS))
    for number, line in enumerate(lines):
        parts.append(f"<text x='8' y='{top + HEAD + 4 + ROW * number}'>{escape(line.title)}</text>")
    return "\n".join(parts)


def _bar(spread: Spread, left: int, top: int, colour: str) -> str:
    """A bar as long as the median, a line from the lowest to the highest, and the median in figures."""
    # A ratio above 1 is noise: the axis ends there.
    low, middle, high = (
        round(min(value, 1.0) * PANEL * 0.8) for value in (spread.lowest, spread.median, spread.highest)
    )
    return (
        f"<rect x='{left}' y='{top}' width='{middle}' height='14' fill='{colour}'/>"
        f"<path d='M{left + low} {top + 7}H{left + high}' stroke='black'/>"
        f"<text x='{left + max(middle, high) + 4}' y='{top + 12}'>{spread.median:.2f}</text>"
    )
