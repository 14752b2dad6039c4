"""A sealed log with some rows, somebody who verifies it, and a superuser who takes every guard down first."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from indelible.cli.demo.superuser import CUT, without_guards
from indelible.services.seal.folder import SealerFolder
from indelible.services.verify.report import Finding, Report
from indelible.services.verify.run import Question, verify_database
from indelible.tlog.checkpoint import Checkpoint
from indelible.tlog.leaf import SALT_BYTES
from indelible.tlog.note import sign_note
from indelible.tlog.policy import Policy
from indelible.tlog.tiles import WIDTH, decode_entries
from tests.sealing import ORIGIN, checkpoint, committed, seal
from tests.support import admin_connection, one
from tests.unit.textbook import root


class Silent:
    """A watcher that does not look."""

    def begin(self, what: str, total: int) -> None:
        """Nothing."""

    def advance(self, count: int) -> None:
        """Nothing."""


@dataclass
class SealedLog:
    """The log of a test's database: `admin` is its superuser, `sealer_dsn` seals it, `folder` has the sealer's keys."""

    admin: psycopg.Connection[Any]
    sealer_dsn: str
    folder: Path
    kept: list[Checkpoint] = field(default_factory=list)

    def seal(self) -> int:
        """Seal what there is; the number of leaves."""
        return seal(self.sealer_dsn, self.folder)

    def keep(self) -> None:
        """Keep the newest checkpoint, as a verifier does."""
        self.kept.append(checkpoint(self.admin, self.folder))

    @property
    def policy(self) -> Policy:
        """Trust in the sealer's keys."""
        return Policy.trusting(*(signer.verifier for signer in SealerFolder(self.folder).signers(ORIGIN)))

    def verify(self, *, fast: bool = False, jobs: int = 1, policy: Policy | None = None) -> Report:
        """Verify it as a superuser with the sealer's public key and the checkpoints that were kept."""
        question = Question(policy or self.policy, tuple(self.kept), fast, jobs)
        with admin_connection(self.admin) as connection:
            return verify_database(connection, question, Silent())

    def tamper(self, statement: str, *values: object) -> None:
        """One statement of a superuser's who has taken the guards down, and puts them back."""
        with without_guards(self.admin):
            self.admin.execute(statement.encode(), values or None)

    def rewrite_leaf(self, event_id: int) -> None:
        """Make the leaf of an event say what its row says now, and the tiles what the leaves say."""
        index, salt = one(self.admin, "select leaf_index, salt from audit_private.leaves where id = %s", event_id)
        assert len(salt) == SALT_BYTES
        entry = committed(self.admin)[event_id].encode()
        self.tamper(
            "update audit_private.tiles set content = overlay(content placing %s from (%s - start) * 63 + 3)"
            " where level = -1 and number = %s and start <= %s and start + length(content) / 63 > %s",
            entry[:1] + bytes(4) + entry[5:] if index < self._begin else entry,
            index % WIDTH,
            index // WIDTH,
            index % WIDTH,
            index % WIDTH,
        )
        for number in range(len(self._entries()) // WIDTH):
            full = root(self._entries()[number * WIDTH : (number + 1) * WIDTH])
            self.tamper("update audit_private.tiles set content = %s where level = 1 and start = %s", full, number)

    def sign_anew(self) -> None:
        """Sign the tree as it is now with the log's own key, and leave no older checkpoint."""
        entries = self._entries()
        text = Checkpoint(ORIGIN, len(entries), root(entries)).text()
        note = sign_note(text, SealerFolder(self.folder).signers(ORIGIN)[0]).to_text()
        self.tamper("delete from audit_private.checkpoints where tree_size < %s", len(entries))
        self.tamper("update audit_private.checkpoints set note = %s", note)

    @property
    def _begin(self) -> int:
        query = "select leaf_index from audit_private.leaves join audit_private.epochs on id = last_id"
        return int(one(self.admin, query)[0]) + 1

    def _entries(self) -> list[bytes]:
        query = "select content from audit_private.tiles where level = -1 order by number, start"
        return [entry for (piece,) in self.admin.execute(query).fetchall() for entry in decode_entries(piece)]

    def ids(self, action: str = "IAM_USER_CREATED") -> list[int]:
        """Events of one kind, in order."""
        query = "select id from audit.audit_logs where action = %s order by id"
        return [event_id for (event_id,) in self.admin.execute(query, [action]).fetchall()]


def first(report: Report) -> Finding:
    """The first thing that was found."""
    assert report.findings.first, "nothing was found"
    return report.findings.first[0]


def cut(log: SealedLog, size: int) -> None:
    """Cut the log where a batch ended, with everything that is stored of it beyond that."""
    log.tamper(CUT.format(size=size))
