"""Fixtures for every test: a fresh, migrated database per test, logins to try it with, connections that get closed.

They need a server to which DATABASE_URL connects as superuser; bin/test starts one.
"""

import os
import secrets
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from hypothesis import settings
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from pytest_postgresql import factories

from indelible.db.migrate import migrate

# How long an example takes says nothing on a machine that others use too.
settings.register_profile("indelible", deadline=None)
settings.load_profile("indelible")

Connect = Callable[..., psycopg.Connection[Any]]
Login = Callable[..., str]

_server = {key: str(value) for key, value in conninfo_to_dict(os.environ.get("DATABASE_URL", "")).items()}


def _migrate(*, autocommit: bool, **address: Any) -> None:
    """Load the template: `autocommit` is for loaders that use the connection they are offered."""
    migrate(make_conninfo(**address), sample=True)


postgresql_noproc = factories.postgresql_noproc(
    host=_server.get("host"),
    port=_server.get("port"),
    user=_server.get("user"),
    password=_server.get("password"),
    maintenance_dbname=_server.get("dbname"),
    dbname=f"indelible_test_{secrets.token_hex(4)}",
    load=[_migrate],
)
_fresh_database = factories.postgresql("postgresql_noproc")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--update-golden` writes tests/golden/schema.sql anew instead of comparing with it."""
    parser.addoption("--update-golden", action="store_true", help="write tests/golden/schema.sql anew")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Every async test runs on asyncio."""
    return "asyncio"


@pytest.fixture(scope="session")
def server_dsn() -> str:
    """Connection string of the server's superuser, for tests that make databases themselves."""
    if not _server:
        pytest.fail("This test needs PostgreSQL: run bin/test, or set DATABASE_URL to a superuser of a test server.")
    return make_conninfo(**_server)


@pytest.fixture
def postgresql(server_dsn: str, request: pytest.FixtureRequest) -> psycopg.Connection[Any]:
    """The superuser's connection (autocommit) to a fresh database with everything installed, the sample too."""
    connection: psycopg.Connection[Any] = request.getfixturevalue("_fresh_database")
    connection.autocommit = True
    return connection


@pytest.fixture
def admin_dsn(postgresql: psycopg.Connection[Any]) -> str:
    """Connection string of the superuser for the fresh database."""
    return make_conninfo(postgresql.info.dsn, password=postgresql.info.password)


@pytest.fixture
def connect() -> Iterator[Connect]:
    """`connect(dsn, **options)`: a connection in autocommit mode, closed after the test."""
    opened: list[psycopg.Connection[Any]] = []

    def open_connection(dsn: str, **options: Any) -> psycopg.Connection[Any]:
        opened.append(psycopg.connect(dsn, **{"autocommit": True, **options}))
        return opened[-1]

    yield open_connection
    for connection in opened:
        connection.close()


@pytest.fixture
def login(postgresql: psycopg.Connection[Any], admin_dsn: str) -> Iterator[Login]:
    """`login("audit_app", …)`: the DSN of a new login role that is a member of these groups, dropped after the test.

    `inherit` and `set_` are the options of the memberships, `options` further words of CREATE ROLE.
    """
    made: list[sql.Identifier] = []

    def make(*groups: str, inherit: bool = True, set_: bool = False, options: str = "") -> str:
        name, password = f"test_{secrets.token_hex(6)}", secrets.token_urlsafe(18)
        role = sql.Identifier(name)
        create = sql.SQL("create role {} login password {}").format(role, sql.Literal(password))
        postgresql.execute(create.as_bytes() + f" {options}".encode())
        made.append(role)
        for group in groups:
            grant = sql.SQL("grant {} to {} with inherit {}, set {}")
            words = [sql.SQL("true" if choice else "false") for choice in (inherit, set_)]
            postgresql.execute(grant.format(sql.Identifier(group), role, *words))
        return make_conninfo(admin_dsn, user=name, password=password)

    yield make
    for role in made:
        postgresql.execute(sql.SQL("drop owned by {}").format(role))
        postgresql.execute(sql.SQL("drop role {}").format(role))
