"""A sealed log with some rows, somebody who verifies it, and a superuser who takes every guard down first."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from indelible.services.seal.folder import SealerFolder
from indelible.services.verify.report import Finding, Report
from indelible.services.verify.run import Question, verify_database
from indelible.tlog.checkpoint import Checkpoint
from indelible.tlog.policy import Policy
from tests.sealing import ORIGIN, checkpoint, seal
from tests.support import admin_connection

GUARDED = """
    select relid::regclass::text from pg_partition_tree('audit.audit_logs')
    union all
    select format('audit_private.%I', name)
    from unnest(array['epochs', 'tiles', 'batches', 'checkpoints', 'leaves']) as name
"""


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
        tables = [name for (name,) in self.admin.execute(GUARDED).fetchall()]
        for state in ("disable", "enable"):
            for table in tables:
                self.admin.execute(f"alter table {table} {state} trigger user".encode())
            if state == "disable":
                self.admin.execute(statement.encode(), values or None)

    def ids(self, action: str = "IAM_USER_CREATED") -> list[int]:
        """Events of one kind, in order."""
        query = "select id from audit.audit_logs where action = %s order by id"
        return [event_id for (event_id,) in self.admin.execute(query, [action]).fetchall()]


def first(report: Report) -> Finding:
    """The first thing that was found."""
    assert report.findings.first, "nothing was found"
    return report.findings.first[0]
