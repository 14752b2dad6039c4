"""The log by itself: signature and quorum, entries to root, tiles, and every checkpoint that was kept elsewhere."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol

from indelible.errors import InvalidNote
from indelible.services.verify.history import check_root, check_saved
from indelible.services.verify.report import Finding, Kind, Report
from indelible.services.verify.sources import NotThere, Source
from indelible.services.verify.tree import Tampered, Tree, check_tiles, read_tree
from indelible.services.verify.witnessed import ask_witnesses
from indelible.tlog.checkpoint import Checkpoint, SignedCheckpoint, family
from indelible.tlog.policy import Policy
from indelible.tlog.tiles import reader

NO_WITNESS = "No witness is asked for: whoever has the log's key could have cut the log or signed another."
FORMER = (
    "A checkpoint of the log {} with {} leaves was kept: this log took its place, and is not compared with it. The "
    "event AUDIT_EPOCH says why."
)
NOTHING_SAVED = "No earlier checkpoint was kept: a log that was cut before now cannot be told from a shorter one."


class Watcher(Protocol):
    """Whoever is told how far a verification is."""

    def begin(self, what: str, total: int) -> None:
        """A stage of `total` leaves or rows begins."""

    def advance(self, count: int) -> None:
        """So many more are done."""


@dataclass(slots=True)
class LogCheck:
    """The verification of a log against a `policy` and the checkpoints that were `saved`; `report` grows with it."""

    source: Source
    policy: Policy
    saved: tuple[Checkpoint, ...]
    watcher: Watcher
    report: Report = field(default_factory=Report)
    began: float = field(default_factory=time.monotonic)

    def open(self) -> SignedCheckpoint | None:
        """The newest checkpoint if the policy lets it be believed; otherwise the report says why not."""
        try:
            signed = self.policy.open(self.source.checkpoint())
        except NotThere as error:
            self.report.findings.add(Finding(Kind.TRUNCATED, str(error)))
            return None
        except InvalidNote as error:
            self.report.findings.add(Finding(Kind.RESIGNED, f"The newest checkpoint cannot be believed. {error}"))
            return None
        self.report.describe(signed)
        if not self.policy.witnesses:
            self.report.caveats.append(NO_WITNESS)
        return signed

    def check(self, signed: SignedCheckpoint, size: int, older: Iterable[Checkpoint], entries: BinaryIO) -> Tree | None:
        """Everything that needs no row; the tree over `size` entries, which begins with those that were signed."""
        findings, checkpoint = self.report.findings, signed.checkpoint
        self.watcher.begin("leaves", size)
        try:
            tree = read_tree(self.source, size, entries, self.watcher.advance)
        except Tampered as error:
            findings.add(error.finding)
            return None
        findings.add(*check_root(tree, checkpoint, older))
        findings.add(*check_tiles(tree, self.source))
        saved = [item for item in self.saved if item.origin == checkpoint.origin]
        self.report.saved_size = max((item.size for item in saved), default=None)
        if not saved:
            self.report.caveats.append(NOTHING_SAVED)
        for item in self.saved:
            if item.origin != checkpoint.origin and family(item.origin) == family(checkpoint.origin):
                self.report.caveats.append(FORMER.format(item.origin, item.size))
        findings.add(*check_saved(tree, saved))
        read = reader(tree.tile, checkpoint.size)
        findings.add(*ask_witnesses(self.policy, signed, read, self.report.caveats))
        return tree

    def finished(self) -> Report:
        """The report, with the time it took."""
        self.report.seconds = time.monotonic() - self.began
        return self.report
