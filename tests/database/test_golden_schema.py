"""The schema is what tests/golden/schema.sql says, however a database came to it."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from indelible.db.migrate import migrate
from indelible.db.sources import Sources
from indelible.embedded.binaries import find_binaries
from tests.support import one

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "schema.sql"


def dump(dsn: str, version: str) -> str:
    """The schema with its privileges, without partitions and without what differs from run to run."""
    options = conninfo_to_dict(dsn)
    command = [
        str(find_binaries(version) / "bin" / "pg_dump"), "--schema-only", "--restrict-key=golden",
        "--schema=audit", "--schema=audit_private", "--schema=iam", "--schema=audit_guard",
        "--exclude-table=audit_private.audit_logs_*",
    ]  # fmt: skip
    names = {"PGHOST": "host", "PGPORT": "port", "PGUSER": "user", "PGPASSWORD": "password", "PGDATABASE": "dbname"}
    environment = {"PATH": os.environ["PATH"]} | {name: str(options[key]) for name, key in names.items()}
    text = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    return re.sub(r"^-- Dumped .*\n", "", text, flags=re.MULTILINE)


@pytest.fixture
def version(postgresql: psycopg.Connection) -> str:
    """The server's major version."""
    return str(postgresql.info.server_version // 10000)


@pytest.fixture
def empty_dsn(postgresql: psycopg.Connection, admin_dsn: str) -> Iterator[str]:
    """A second database without anything in it."""
    name = f"{postgresql.info.dbname}_golden"
    postgresql.execute(f"create database {name} template template0 encoding 'UTF8'".encode())
    yield make_conninfo(admin_dsn, dbname=name)
    postgresql.execute(f"drop database if exists {name} with (force)".encode())


def test_fresh_install_is_the_golden_schema(empty_dsn: str, version: str, request: pytest.FixtureRequest) -> None:
    """Any difference must be wanted: `bin/test --update-golden` writes it down for the reviewer."""
    migrate(empty_dsn)
    actual = dump(empty_dsn, version)
    if version == "18" and request.config.getoption("--update-golden"):
        GOLDEN.write_text(actual)
    if version == "18":
        assert actual == GOLDEN.read_text()


def test_replaying_changes_nothing(empty_dsn: str, version: str) -> None:
    """Migrating twice more leaves schema and log as they were."""
    migrate(empty_dsn)
    with psycopg.connect(empty_dsn) as connection:
        before, count = dump(empty_dsn, version), one(connection, "select count(*) from audit.audit_logs")
    for _ in range(2):
        migrate(empty_dsn)
    with psycopg.connect(empty_dsn) as connection:
        assert one(connection, "select count(*) from audit.audit_logs") == count
    assert dump(empty_dsn, version) == before


def test_upgrading_from_the_first_migration_is_the_same(empty_dsn: str, version: str, tmp_path: Path) -> None:
    """A database that took each migration alone ends where a fresh one ends."""
    full = Sources.installed()
    (tmp_path / "sql").mkdir()
    (tmp_path / "sql" / "00_roles.sql").write_bytes(full.roles_file.read_bytes())
    (tmp_path / "sql" / "10_note.sql").write_text(
        "create or replace function audit_private.note_installation(digest text, version text) returns void\n"
        "language sql begin atomic; select; end;\n"
    )
    (tmp_path / "migrations").mkdir()
    for file in full.migration_files():
        (tmp_path / "migrations" / file.name).write_bytes(file.read_bytes())
        migrate(empty_dsn, sources=Sources(tmp_path / "migrations", tmp_path / "sql"))
    migrate(empty_dsn)
    upgraded = dump(empty_dsn, version)
    with psycopg.connect(empty_dsn, autocommit=True) as connection:
        name = connection.info.dbname
    admin = make_conninfo(empty_dsn, dbname="postgres")
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)".encode())
        connection.execute(f"create database {name} template template0 encoding 'UTF8'".encode())
    migrate(empty_dsn)
    assert dump(empty_dsn, version) == upgraded


def test_the_sample_is_not_installed(empty_dsn: str) -> None:
    """A user's own database gets no bookings and no demo users."""
    migrate(empty_dsn)
    with psycopg.connect(empty_dsn) as connection:
        assert one(connection, "select to_regnamespace('ftms')") == (None,)
        assert one(connection, "select count(*) from iam.users") == (0,)
