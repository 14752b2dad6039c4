"""The figures as Markdown tables."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from tests.bench.figures import Figures, Spread
from tests.bench.weight import Weight

MICROSECONDS: Final = 1e6
Cell = Callable[[str, "Line"], str]


@dataclass(frozen=True)
class Line:
    """A row of a table: whose figures, under what title, against whose, and whether it is Indelible's."""

    name: str
    title: str
    base: str
    ours: bool = False


@dataclass(frozen=True)
class Report:
    """The tables of a run. `missing` names who could not be measured, and why not."""

    figures: Figures
    missing: Mapping[str, str]

    def ratios(self, title: str, table: str, lines: Sequence[Line], *, complete: bool = True) -> str:
        """Each cell: the median of the ratios to the base of the same round, and their range."""

        def cell(operation: str, line: Line) -> str:
            spread = Spread.of(self.figures.ratios(table, operation, line.name, line.base))
            return f"{spread.median:.2f} ({spread.lowest:.2f} to {spread.highest:.2f})"

        head = f"{title}; throughput ÷ unaudited: median (lowest to highest)"
        return self._table(head, self.figures.tables[table], audited(lines), cell, complete=complete)

    def rates(self, title: str, table: str, lines: Sequence[Line]) -> str:
        """Each cell: how many in a second, the median."""

        def cell(operation: str, line: Line) -> str:
            samples = self.figures.tables[table][operation][line.name]
            return f"{Spread.of([sample.rate for sample in samples]).median:,.0f}"

        return self._table(f"{title}; a second, median", self.figures.tables[table], lines, cell, complete=False)

    def cpu(self, title: str, table: str, lines: Sequence[Line], *, complete: bool = True) -> str:
        """Each cell: µs of the server's CPU that a change takes, and how much more than the base takes."""

        def cell(operation: str, line: Line) -> str:
            samples = self.figures.tables[table][operation][line.name]
            spent = Spread.of([MICROSECONDS * sample.cpu / sample.changes for sample in samples]).median
            added = Spread.of(self.figures.added_cpu(table, operation, line.name, line.base)).median
            return f"{spent:.1f} ({MICROSECONDS * added:+.1f})"

        head = f"{title}; CPU of the whole server in µs a change: median (added to unaudited)"
        return self._table(head, self.figures.tables[table], lines, cell, complete=complete)

    def weights(self, title: str, weights: Mapping[str, Mapping[str, Weight]], lines: Sequence[Line]) -> str:
        """Each cell: bytes of log and bytes of WAL for a change."""

        def cell(operation: str, line: Line) -> str:
            weight = weights[operation][line.name]
            return f"{weight.log:,.0f} / {weight.wal:,.0f}"

        head = f"{title}; bytes a change: the log with its indexes / all WAL"
        return self._table(head, weights, lines, cell, complete=True)

    def _table(self, title: str, columns: Iterable[str], lines: Sequence[Line], cell: Cell, *, complete: bool) -> str:
        operations = list(columns)
        rows = [f"\n**{title}**\n", f"| | {' | '.join(operations)} |", f"| --- |{' ---: |' * len(operations)}"]
        rows += [f"| {line.title} | {' | '.join(cell(name, line) for name in operations)} |" for line in lines]
        if complete:
            blank = " |" * (len(operations) - 1)
            rows += [f"| {name} | not available: {reason} |{blank}" for name, reason in self.missing.items()]
        return "\n".join(rows)


def audited(lines: Sequence[Line]) -> list[Line]:
    """All but what is compared with; a title says against what, where that is not simply `unaudited`."""
    bases = {line.name: line.title for line in lines if line.name == line.base}
    return [
        line if bases[line.base] == "unaudited" else replace(line, title=f"{line.title} ÷ {bases[line.base]}")
        for line in lines
        if line.name != line.base
    ]
