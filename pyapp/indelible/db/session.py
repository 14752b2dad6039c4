"""The one session of a migration: opened with plain sentences for errors, locked against other deployers."""

import contextlib
from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from indelible.errors import ConfigurationError, DatabaseUnreachable, MigrationError

OLDEST_VERSION = 16
CONNECT_SECONDS = 10

# Any constant will do, as long as it never changes: two deployers of two versions must exclude each other.
LOCK_KEY = 0x696E64656C69626C

# Settings of the login must not change what the files mean, nor cut off a long migration. A lock held by somebody
# else for a minute ends it though, before the queue behind our own request stops the application.
PREPARE_SESSION = b"""
set search_path to pg_catalog; set role none; set statement_timeout to 0; set idle_in_transaction_session_timeout to 0;
set client_min_messages to warning; set default_transaction_isolation to 'read committed';
set default_transaction_read_only to off
"""
LIMIT_LOCKS = b"set lock_timeout to '60s'"
LONGEST_WAIT = "10min"
FIND_HOLDER = """
select pid from pg_locks join pg_database on pg_database.oid = pg_locks.database
where datname = current_database() and locktype = 'advisory' and granted
  and (classid::bigint << 32 | objid::bigint) = %s
"""


def connect(dsn: str) -> psycopg.Connection[Any]:
    """A connection in autocommit mode to a server we support.

    Raises:
        ConfigurationError: the server is too old, or `dsn` is no connection string; its text is never repeated, for
            it may hold a password.
        DatabaseUnreachable: nobody answers there, or the login is refused.
    """
    try:
        given = conninfo_to_dict(dsn)
    except psycopg.ProgrammingError:
        message = "The database URL cannot be read: it looks like postgresql://user:password@host:5432/database."
        raise ConfigurationError(message) from None
    try:
        return psycopg.connect(
            make_conninfo(dsn, connect_timeout=given.get("connect_timeout", CONNECT_SECONDS)), autocommit=True
        )
    except psycopg.OperationalError as error:
        raise DatabaseUnreachable(f"The database cannot be reached: {_reason(error)}.") from None


def _reason(error: psycopg.OperationalError) -> str:
    """The last failure that libpq tells of, without its hints; it tells of one for every address of a host."""
    told = [line for line in str(error).splitlines() if "failed" in line] or [type(error).__name__]
    return told[-1].removeprefix("- ").removeprefix("connection failed: ").strip().rstrip(".")


@contextlib.contextmanager
def migration_session(dsn: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection to a database we support, alone among all deployers for as long as it is open.

    The lock is the session's: it ends with a killed deployer too.
    """
    with contextlib.closing(connect(dsn)) as connection:
        _require_supported(connection)
        connection.execute(PREPARE_SESSION)
        _wait_for_turn(connection)
        connection.execute(LIMIT_LOCKS)
        yield connection


def _wait_for_turn(connection: psycopg.Connection[Any]) -> None:
    connection.execute("select set_config('lock_timeout', %s, false)", (LONGEST_WAIT,))
    try:
        connection.execute("select pg_advisory_lock(%s)", (LOCK_KEY,))
    except psycopg.errors.LockNotAvailable:
        row = connection.execute(FIND_HOLDER, (LOCK_KEY,)).fetchone()
        raise MigrationError(
            f"Another deployer has been migrating this database for {LONGEST_WAIT}: wait for it, "
            f"or end its session with pg_terminate_backend({row[0] if row else 'its process id'})."
        ) from None


def _require_supported(connection: psycopg.Connection[Any]) -> None:
    version = connection.info.server_version // 10000
    if version < OLDEST_VERSION:
        raise ConfigurationError(f"This is PostgreSQL {version}; indelible needs PostgreSQL {OLDEST_VERSION} or newer.")
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise ConfigurationError(f"This database is encoded in {encoding}; indelible needs UTF8.")
    if connection.execute("select pg_catalog.pg_is_in_recovery()").fetchone() == (True,):
        raise ConfigurationError("This server is a standby and read-only; migrate the primary.")
