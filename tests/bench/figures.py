"""Where the figures of a run are kept: table → operation → rival → a sample for each round."""

import statistics
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.bench.usage import Sample

Column = dict[str, list[Sample]]


@dataclass(frozen=True)
class Spread:
    """Median, lowest and highest over the rounds."""

    median: float
    lowest: float
    highest: float

    @classmethod
    def of(cls, values: list[float]) -> "Spread":
        """Of at least one value."""
        return cls(statistics.median(values), min(values), max(values))


@dataclass
class Figures:
    """Every sample of a run."""

    tables: dict[str, dict[str, Column]] = field(default_factory=dict)

    def add(self, table: str, operation: str, rival: str, sample: Sample) -> None:
        """One more round."""
        self.tables.setdefault(table, {}).setdefault(operation, {}).setdefault(rival, []).append(sample)

    def ratios(self, table: str, operation: str, rival: str, base: str) -> list[float]:
        """The rate of each round, divided by that of `base` in the same round."""
        return [sample.rate / other.rate for sample, other in self._pairs(table, operation, rival, base)]

    def added_cpu(self, table: str, operation: str, rival: str, base: str) -> list[float]:
        """The server's CPU seconds for a change, more than `base` took in the same round."""
        return [
            sample.cpu / sample.changes - other.cpu / other.changes
            for sample, other in self._pairs(table, operation, rival, base)
        ]

    def _pairs(self, table: str, operation: str, rival: str, base: str) -> Iterator[tuple[Sample, Sample]]:
        column = self.tables[table][operation]
        return zip(column[rival], column[base], strict=True)
