"""A sealed log to tamper with: a database of its own beside the demo's, with a sealer, a witness and a verifier."""

import contextlib
import secrets
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from indelible.cli.server import served, server_of
from indelible.db.migrate import migrate
from indelible.db.session import connect
from indelible.http.witness import witness_app
from indelible.services.cosigner import Cosigner
from indelible.services.cosigning import Cosigning
from indelible.services.seal.folder import SealerFolder
from indelible.services.seal.run import wait_to_lead
from indelible.services.seal.sealer import Sealer
from indelible.services.seal.store import Store
from indelible.services.verify.report import Report
from indelible.services.verify.run import Question, verify_database
from indelible.services.witness_client import Witnesses
from indelible.tlog.note import COSIGNATURE, Signer
from indelible.tlog.policy import Policy, Witness

ORIGIN = "demo.example/log"


class Unwatched:
    """Nobody looks at the progress of so small a verification."""

    def begin(self, what: str, total: int) -> None:
        """Nothing to show."""

    def advance(self, count: int) -> None:
        """Nothing to show."""


@dataclass
class SealedDatabase:
    """A database whose log is sealed from `folder`; `superuser` may do anything to it."""

    dsn: str
    folder: SealerFolder
    superuser: psycopg.Connection[Any]

    def seal(self) -> int:
        """Seal everything; the number of leaves."""
        with closing(connect(self.dsn)) as connection:
            store = Store(connection)
            wait_to_lead(store, threading.Event(), lambda _: None)
            sealer = Sealer(store, self.folder)
            sealer.start(ORIGIN)
            while not sealer.step():
                pass
            return sealer.size

    def cosign(self, policy: Policy) -> None:
        """Have the newest checkpoint cosigned."""
        with closing(Witnesses(policy)) as witnesses, closing(connect(self.dsn)) as connection:
            Cosigning(Store(connection), policy, witnesses).step()

    def policy(self) -> Policy:
        """Trust in the log's key alone."""
        return Policy.trusting(*(signer.verifier for signer in self.folder.signers(ORIGIN)))

    def verify(self, policy: Policy) -> Report:
        """Verify log and rows."""
        with closing(connect(self.dsn)) as connection:
            return verify_database(connection, Question(policy), Unwatched())

    @contextmanager
    def witnessed(self) -> Iterator[Policy]:
        """A witness of this log, as it would run on another machine; gives a policy that asks for its signature."""
        signer = Signer.generate("demo.example/witness", COSIGNATURE)
        with tempfile.TemporaryDirectory(prefix="indelible-witness-") as name:
            cosigner = Cosigner(signer, self.policy().logs, Path(name))
            with served(server_of(witness_app(cosigner))) as url:
                yield Policy(self.policy().logs, {"witness": Witness(signer.verifier, url)}, quorum="witness")


@contextmanager
def sealed_database(admin_dsn: str) -> Iterator[SealedDatabase]:
    """A new database on the same server for as long as the block runs, with some users created in it."""
    name = f"indelible_demo_{secrets.token_hex(4)}"
    with closing(connect(admin_dsn)) as admin:
        admin.execute(sql.SQL("create database {} template template0").format(sql.Identifier(name)))
        try:
            dsn = make_conninfo(admin_dsn, dbname=name)
            migrate(dsn)
            with contextlib.closing(connect(dsn)) as superuser, tempfile.TemporaryDirectory() as folder:
                superuser.execute("select iam.create_user('user' || n, 'A user') from generate_series(1, 20) as n")
                yield SealedDatabase(dsn, SealerFolder(Path(folder) / "sealer"), superuser)
        finally:
            admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def is_superuser(admin_dsn: str) -> bool:
    """Whether this login could do what no grant can stop."""
    with closing(connect(admin_dsn)) as admin:
        return admin.execute("select rolsuper from pg_catalog.pg_roles where rolname = current_user").fetchone() == (
            True,
        )
