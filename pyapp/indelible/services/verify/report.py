"""What a verification found, for people and for programs."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from indelible.tlog.checkpoint import SignedCheckpoint
from indelible.tlog.lines import encode

MOST_FINDINGS = 100


class Kind(StrEnum):
    """What was done to a log."""

    ALTERED = "altered"
    DELETED = "deleted"
    INSERTED = "inserted"
    REORDERED = "reordered"
    TRUNCATED = "truncated"
    FORGED_XID = "forged xid"
    RESIGNED = "re-signed"
    TRIGGER_DISABLED = "trigger disabled"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: its `kind`, a sentence, and, where it is about one, the event and the leaf."""

    kind: Kind
    detail: str
    event_id: int | None = None
    leaf_index: int | None = None

    @property
    def place(self) -> tuple[int, int, int]:
        """Where it belongs in a report: the log as a whole, leaf by leaf, rows without a leaf, code around them."""
        if self.kind == Kind.REPLACED:
            return (3, 0, 0)
        if self.leaf_index is not None:
            return (1, self.leaf_index, self.event_id or 0)
        return (0, 0, 0) if self.event_id is None else (2, 0, self.event_id)

    def as_json(self) -> dict[str, Any]:
        """The members of the report's JSON."""
        return {
            "kind": str(self.kind),
            "event_id": self.event_id,
            "leaf_index": self.leaf_index,
            "detail": self.detail,
        }


@dataclass(slots=True)
class Findings:
    """The first MOST_FINDINGS in the order of the log, and how many there are `of_kind` altogether."""

    first: list[Finding] = field(default_factory=list)
    of_kind: Counter[Kind] = field(default_factory=Counter)

    def add(self, *findings: Finding) -> None:
        """Take these."""
        self.of_kind.update(finding.kind for finding in findings)
        self.first = sorted([*self.first, *findings], key=lambda finding: finding.place)[:MOST_FINDINGS]


@dataclass(slots=True)
class Report:
    """A verification: of which log, what was looked at, what was found, and what it does not prove (`caveats`).

    `note` is the log's newest checkpoint, once it is believed.
    """

    note: str | None = None
    origin: str | None = None
    tree_size: int = 0
    root: str | None = None
    witnesses: list[str] = field(default_factory=list)
    saved_size: int | None = None
    rows: int = 0
    pending: int = 0
    wrong_rows: int = 0
    seconds: float = 0.0
    caveats: list[str] = field(default_factory=list)
    findings: Findings = field(default_factory=Findings)

    @property
    def intact(self) -> bool:
        """Whether nothing was found."""
        return not self.findings.first

    @property
    def rate(self) -> int:
        """Rows, or leaves if no rows were read, per second."""
        return round((self.rows or self.tree_size) / self.seconds) if self.seconds else 0

    def describe(self, signed: SignedCheckpoint) -> None:
        """Say which log it is."""
        checkpoint = signed.checkpoint
        self.note = signed.note.to_text()
        self.witnesses = [witness.name for witness in signed.witnesses]
        self.origin, self.tree_size, self.root = checkpoint.origin, checkpoint.size, encode(checkpoint.root)

    def as_json(self) -> dict[str, Any]:
        """The whole as one JSON object."""
        return {
            "ok": self.intact,
            "origin": self.origin,
            "tree_size": self.tree_size,
            "root": self.root,
            "witnesses": self.witnesses,
            "saved_size": self.saved_size,
            "rows": self.rows,
            "pending": self.pending,
            "wrong_rows": self.wrong_rows,
            "seconds": round(self.seconds, 3),
            "rows_per_second": self.rate,
            "caveats": self.caveats,
            "found": {str(kind): count for kind, count in sorted(self.findings.of_kind.items())},
            "findings": [finding.as_json() for finding in self.findings.first],
        }
