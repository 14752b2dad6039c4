"""Fixtures of the command line's tests: folders that a server may live in, empty databases, and the command itself."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from indelible.cli import main
from tests.exported import fill
from tests.forwarding import sealed_ids
from tests.support import Login


@dataclass(frozen=True)
class Outcome:
    """What a run of the command line gave: exit `code`, `out` and `err`."""

    code: int
    out: str
    err: str


Run = Callable[..., Outcome]
MakeLogin = Callable[[str], str]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that every account can pass through, as a server started by root has an account of its own."""
    path = Path(tempfile.mkdtemp(prefix="indelible-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def empty_database(server_dsn: str) -> Iterator[str]:
    """DSN of the superuser for a new database in which nothing is installed."""
    name = sql.Identifier(f"test_{secrets.token_hex(6)}")
    with psycopg.connect(server_dsn, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {} template template0").format(name))
        yield make_conninfo(server_dsn, dbname=name.as_string(None).strip('"'))
        connection.execute(sql.SQL("drop database {} with (force)").format(name))


@pytest.fixture
def deployer(empty_database: str, server_dsn: str) -> Iterator[MakeLogin]:
    """`deployer("createrole")`: the DSN of a login that is no superuser, with CREATE on the empty database."""
    made: list[sql.Identifier] = []
    with psycopg.connect(empty_database, autocommit=True) as connection:

        def make(options: str) -> str:
            name, password = f"test_{secrets.token_hex(6)}", "p@:/?#[]%'\"\\ ü"
            role = sql.Identifier(name)
            connection.execute(sql.SQL("create role {} login password {}").format(role, sql.Literal(password)))
            made.append(role)
            if options:
                connection.execute(sql.SQL("alter role {} ").format(role).as_bytes() + options.encode())
            database = sql.Identifier(connection.info.dbname)
            connection.execute(sql.SQL("grant create on database {} to {}").format(database, role))
            return make_conninfo(empty_database, user=name, password=password)

        yield make
        for role in made:
            connection.execute(sql.SQL("drop owned by {} cascade").format(role))
    # What the login granted on roles, which all databases share, is in its name; hand it over before it goes.
    with psycopg.connect(server_dsn, autocommit=True) as connection:
        for role in made:
            connection.execute(sql.SQL("drop owned by {} cascade").format(role))
            connection.execute(sql.SQL("drop role {}").format(role))


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, folder: Path) -> Run:
    """`run("migrate", "--json", database="…")`: the command line in this process, in an empty folder."""
    monkeypatch.chdir(folder)

    def call(*arguments: str, database: str | None = None) -> Outcome:
        monkeypatch.delenv("DATABASE_URL", raising=False)
        if database is not None:
            monkeypatch.setenv("DATABASE_URL", database)
        capfd.readouterr()
        with pytest.raises(SystemExit) as stopped:
            main(list(arguments))
        return Outcome(int(stopped.value.code or 0), *capfd.readouterr())

    return call


@pytest.fixture
def as_root() -> None:
    """Skip a test that only root can try."""
    if os.geteuid() != 0:
        pytest.skip("only root has to give up its rights")


@pytest.fixture
def shop(empty_database: str, run: Run) -> str:
    """A migrated database with a table of its owner's own."""
    assert run("migrate", database=empty_database).code == 0
    with psycopg.connect(empty_database) as connection:
        connection.execute("create schema shop")
        connection.execute("create table shop.orders (id bigint primary key, item text, card text, note text)")
    return empty_database


@pytest.fixture
def sealed(postgresql: psycopg.Connection[Any], admin_dsn: str, folder: Path) -> list[int]:
    """A sealed log with some thousand events; their ids in the order of the leaves."""
    fill(postgresql, 3000)
    return sealed_ids(postgresql, admin_dsn, folder)


@pytest.fixture
def reader(login: Login) -> str:
    """A login that may read the log and nothing more."""
    return login("audit_reader")
