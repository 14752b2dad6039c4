"""Bring a database to the state (migrations/) and the behaviour (sql/) of this version of the library."""

import importlib.metadata
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from yoyo.migrations import MigrationList

from indelible.db.guard import find_keeper
from indelible.db.ledger import ENTER_LEDGER, LEAVE_LEDGER, Ledger, SqlFile
from indelible.db.outage import is_outage
from indelible.db.session import migration_session
from indelible.db.sources import Sources
from indelible.errors import DatabaseUnreachable, MigrationError

# What concurrent work on roles, which all databases share, ends in: tuple concurrently updated, duplicates, deadlock,
# serialization failure. Trying again is right; so is it after a lock that somebody held too long.
PASSING = frozenset({"XX000", "23505", "42710", "40P01", "40001", "55P03"})
ATTEMPTS = 6

SAMPLE = "ftms/"

# As whom the files are run. One role for all databases of a cluster, so the login that made it must share it.
OWNERS = {"": "audit_owner", SAMPLE: "ftms_owner"}
REFUSED_OWNER = """
select current_user from pg_catalog.pg_roles where rolname = %s and not pg_catalog.pg_has_role(oid, 'set')
"""


@dataclass(frozen=True)
class MigrationReport:
    """The migrations `applied` now, in order, by name; the `digest` of all files, as the database now remembers it.

    `guarded` says whether the guard was installed: only a superuser can.
    """

    applied: list[str]
    digest: str
    guarded: bool


def migrate(dsn: str, *, sample: bool = False, sources: Sources | None = None) -> MigrationReport:
    """Apply what is missing from migrations/, then replay sql/; with `sample` those of the sample too.

    Safe for several deployers at once, and after one that died halfway. `dsn` is a superuser or a login with
    CREATEROLE and CREATE on the database (a superuser installs the guard too), connected directly (PgBouncer in
    transaction mode loses the lock); `sources` stands in for the package's own files.

    Raises:
        DatabaseUnreachable: no connection, or it was lost; run it again.
        ConfigurationError: `dsn` cannot be read.
        MigrationError: the server is not supported, or a file failed; the message names it and the SQLSTATE.
    """
    sources = sources or Sources.installed()
    try:
        with migration_session(dsn) as connection:
            keeper = find_keeper(connection)
            applied = _install(connection, sources, "", "audit_owner", keeper)
            if sample:
                applied += _install(connection, sources.sample, SAMPLE, "none")
    except psycopg.Error as error:
        if is_outage(error):
            raise DatabaseUnreachable("The connection to the database was lost: run migrate again.") from error
        message = f"The migration failed with SQLSTATE {error.sqlstate}: {error.diag.message_primary}."
        raise MigrationError(message) from error
    return MigrationReport(applied, sources.digest(), keeper is not None)


def installed_digest_of_files() -> str:
    """The digest of the files that came with this package, to be compared with `audit.installation`."""
    return Sources.installed().digest()


def _install(
    connection: psycopg.Connection[Any], sources: Sources, namespace: str, owner: str, keeper: str | None = None
) -> list[str]:
    with _telling_who_may_grant(connection, OWNERS[namespace]):
        _repeat(connection, [(sources.roles_file, "none")], namespace)
    applied = _apply_migrations(connection, sources, namespace, owner)
    steps = [(path, owner) for path in sources.behaviour_files()]
    if keeper is not None:
        steps += [(path, keeper) for path in sources.guard_files()]
    _repeat(connection, steps, namespace, digest=None if namespace else sources.digest())
    return applied


def _apply_migrations(connection: psycopg.Connection[Any], sources: Sources, namespace: str, owner: str) -> list[str]:
    connection.execute(ENTER_LEDGER)
    ledger = Ledger(connection)
    ledger.create_lock_table()
    ledger.break_lock()  # we hold the real lock, so whoever left this row is dead
    files = [SqlFile(path, namespace, owner) for path in sources.migration_files()]
    applied = []
    with ledger.lock():
        _refuse_unknown(ledger, files, namespace)
        for file in ledger.to_apply(MigrationList(files)):
            with _naming(Path(file.path), namespace):
                ledger.apply_migrations_only(MigrationList([file]))
            applied.append(file.id)
    connection.execute(LEAVE_LEDGER)
    return applied


def _refuse_unknown(ledger: Ledger, files: list[SqlFile], namespace: str) -> None:
    ledger.ensure_internal_schema_updated()
    rows = ledger.execute(f'select migration_id from "{ledger.migration_table}" order by 1').fetchall()
    ours = [name for (name,) in rows if name.startswith(SAMPLE) == bool(namespace)]
    unknown = sorted(set(ours) - {file.id for file in files})
    if unknown:
        raise MigrationError(
            f"The database already has the migration {unknown[0]}, which this version of indelible does not know: "
            "install the newer version."
        )


def _repeat(
    connection: psycopg.Connection[Any], steps: list[tuple[Path, str]], namespace: str, digest: str | None = None
) -> None:
    """All files, each as its role, in one transaction; again, when it met another deployer's work on what all share."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with connection.transaction():
                for path, role in steps:
                    with _naming(path, namespace):
                        connection.execute(f"set local role {role}; set local search_path to pg_catalog".encode())
                        connection.execute(path.read_bytes())
                if digest is not None:
                    connection.execute(b"set local role audit_owner")
                    connection.execute(
                        "select audit_private.note_installation(%s, %s)",
                        (digest, importlib.metadata.version("indelible")),
                    )
        except MigrationError as error:
            if getattr(error.__cause__, "sqlstate", None) not in PASSING or attempt == ATTEMPTS:
                raise
            time.sleep(0.1 * attempt)
        else:
            return


@contextmanager
def _telling_who_may_grant(connection: psycopg.Connection[Any], owner: str) -> Iterator[None]:
    """A login that may not become the owner is told the grant that it needs, and who can give it."""
    try:
        yield
    except MigrationError as error:
        if getattr(error.__cause__, "sqlstate", None) != "42501":
            raise
        refused = connection.execute(REFUSED_OWNER, (owner,)).fetchone()
        if refused is None:
            raise
        login = sql.Identifier(refused[0]).as_string(connection)
        raise MigrationError(
            f"The role {owner} belongs to all databases of this server, and this login may not act as it: have the "
            "login that first migrated one of them, or a superuser, run "
            f"`grant {owner} to {login} with inherit false, set true, admin true`."
        ) from error


@contextmanager
def _naming(path: Path, namespace: str) -> Iterator[None]:
    """Say which file failed, where, and why, in one sentence."""
    try:
        yield
    except psycopg.Error as error:
        if is_outage(error):
            raise
        position = error.diag.statement_position
        line = path.read_text(encoding="utf-8")[: int(position) - 1].count("\n") + 1 if position else None
        place = f"{path.parent.name.lstrip('_') if not namespace else namespace.rstrip('/')}/{path.name}"
        message = f"{place}{f', line {line}' if line else ''} failed with SQLSTATE {error.sqlstate}"
        raise MigrationError(f"{message}: {error.diag.message_primary}.") from error
