"""yoyo's ledger of applied migrations, kept in audit_private, on the one session that holds our lock."""

import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from yoyo.backends.core.postgresql import PostgresqlPsycopgBackend
from yoyo.connections import DatabaseURI
from yoyo.migrations import Migration

LEDGER_TABLE = "_yoyo_migration"
ENTER_LEDGER = b"set role audit_owner; set search_path to audit_private, pg_catalog"
LEAVE_LEDGER = b"set role none; set search_path to pg_catalog"


class SqlFile(Migration):
    """One file of migrations/, executed whole. yoyo would split it into statements, and print what they return.

    `namespace` tells files of the same name apart in the ledger; `owner` is the role that executes it, `none` for
    the login itself.
    """

    def __init__(self, path: Path, namespace: str = "", owner: str = "audit_owner") -> None:
        super().__init__(f"{namespace}{path.stem}", str(path), source_dir=str(path.parent))
        self.owner = owner

    def load(self) -> None:
        """Nothing to read ahead: the order is the order of the names."""
        self.steps: list[Any] = []
        self._depends: set[Migration] = set()


class Ledger(PostgresqlPsycopgBackend):
    """A yoyo backend on a connection that is already open, in autocommit mode, and member of audit_owner.

    One session for the lock, the migrations and the ledger: when it is cut off nothing goes on half-protected.
    """

    create_lock_table_sql = PostgresqlPsycopgBackend.create_lock_table_sql.replace(
        "CREATE TABLE", "CREATE TABLE IF NOT EXISTS"
    )

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._given = connection
        info = connection.info
        super().__init__(DatabaseURI("postgresql+psycopg", None, None, None, None, info.dbname, {}), LEDGER_TABLE)

    def connect(self, dburi: DatabaseURI) -> psycopg.Connection[Any]:  # noqa: ARG002
        """The connection we were given, whatever the address says."""
        return self._given

    def commit(self) -> None:
        """As yoyo does; but a COMMIT that fails (a deferred constraint) ends the transaction too."""
        try:
            super().commit()
        finally:
            self._in_transaction = False

    def get_log_data(self, migration: Migration | None = None, operation: str = "apply") -> dict[str, Any]:
        """Who applied what: the database login and the host, without asking name servers."""
        return {
            "id": str(uuid4()),
            "migration_id": migration.id if migration else None,
            "migration_hash": migration.hash if migration else None,
            "username": self._given.info.user,
            "hostname": socket.gethostname(),
            "created_at_utc": datetime.now(UTC).replace(tzinfo=None),
            "operation": operation,
        }

    def apply_one(self, migration: SqlFile, *_: Any, **__: Any) -> None:
        """The file and its mark in one transaction: a migration is applied and marked, or neither."""
        with self.transaction():
            self._given.execute(f"set local role {migration.owner}; set local search_path to pg_catalog".encode())
            self._given.execute(Path(migration.path).read_bytes())
            self._given.execute(ENTER_LEDGER)
            self.log_migration(migration, "apply")
            self.mark_one(migration, log=False)
