"""Migrate as a login that has few rights."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from indelible.db.migrate import migrate
from indelible.embedded import EmbeddedServer
from indelible.embedded.cluster import SUPERUSER
from indelible.errors import MigrationError


@pytest.fixture
def two_logins(folder: Path) -> Iterator[tuple[str, str]]:
    """DSNs of two logins with CREATEROLE in a new cluster, each with CREATE on a database of its own.

    Their password is the superuser's.
    """
    server = EmbeddedServer(folder / "data", durable=False)
    server.start()
    password, logins = conninfo_to_dict(server.dsn)["password"], {"first": "postgres", "se-cond": "other"}
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute("create database other")
        for name, database in logins.items():
            login = sql.Identifier(name)
            connection.execute(
                sql.SQL("create role {} login createrole password {}").format(login, sql.Literal(password))
            )
            connection.execute(sql.SQL("grant create on database {} to {}").format(sql.Identifier(database), login))
    yield (
        make_conninfo(server.dsn, user="first"),
        make_conninfo(server.dsn, user="se-cond", dbname="other"),
    )
    server.stop()


def test_second_login_is_told_which_grant_it_needs(two_logins: tuple[str, str]) -> None:
    """The owner is one role for all databases: a login that did not make it is told what the one that did must run."""
    first, second = two_logins
    migrate(first, sample=True)
    with psycopg.connect(first, autocommit=True) as connection:
        for owner in ("audit_owner", "ftms_owner"):
            grant = f'grant {owner} to "se-cond" with inherit false, set true, admin true'
            with pytest.raises(MigrationError, match=f"^The role {owner} .*first migrated.* run `{grant}`.$"):
                migrate(second, sample=True)
            connection.execute(grant.encode())
    migrate(second, sample=True)
    assert migrate(second, sample=True).applied == []


def test_login_without_rights_is_told(two_logins: tuple[str, str]) -> None:
    """A login that may not make roles, in a cluster that has none of ours, gets file and SQLSTATE, not its password."""
    first, _ = two_logins
    with psycopg.connect(make_conninfo(first, user=SUPERUSER), autocommit=True) as connection:
        connection.execute("alter role first nocreaterole")
    with pytest.raises(MigrationError, match=r"^sql/00_roles\.sql failed with SQLSTATE 42501: ") as failure:
        migrate(first)
    assert str(conninfo_to_dict(first)["password"]) not in str(failure.value)
