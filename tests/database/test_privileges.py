"""The privilege matrix: docs/privileges.md is what the catalogue says, and every refusal happens for real."""

import re
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from tests.support import Connect, Login

PAGE = Path(__file__).resolve().parents[2] / "docs" / "privileges.md"
SCHEMAS = ["audit", "audit_private", "iam"]
Rights = dict[str, tuple[set[str], set[str], set[str]]]


def written_matrix() -> Rights:
    """Role → (schemas it reaches, relations it reads, functions it calls), from the page."""
    matrix = {}
    for line in PAGE.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 5 and cells[0].startswith("`"):
            schemas, reads, calls = (set(re.findall(r"`([^`]+)`", cell)) for cell in cells[2:])
            matrix[cells[0].strip("`")] = (schemas, reads, calls)
    return matrix


def real_matrix(connection: psycopg.Connection) -> Rights:
    """The same from the catalogue; a privilege other than USAGE, SELECT and EXECUTE shows as itself and fails."""
    query = """
        select case grantee when 0 then 'public' else grantee::regrole::text end, kind,
          case when privilege_type in ('USAGE', 'SELECT', 'EXECUTE') then name else privilege_type || ' ' || name end
        from (
          select (aclexplode(nspacl)).*, 0 as kind, nspname::text as name, nspowner as owner
          from pg_namespace where nspname = any (%(schemas)s)
          union all
          select (aclexplode(relacl)).*, 1, relnamespace::regnamespace || '.' || relname, relowner
          from pg_class where relnamespace::regnamespace::text = any (%(schemas)s)
          union all
          select (aclexplode(coalesce(proacl, acldefault('f', proowner)))).*, 2,
            pronamespace::regnamespace || '.' || proname, proowner
          from pg_proc where pronamespace::regnamespace::text = any (%(schemas)s)
        ) as granted
        where grantee <> owner
    """
    matrix: Rights = {role: (set(), set(), set()) for role in written_matrix()}
    for role, kind, name in connection.execute(query, {"schemas": SCHEMAS}):
        matrix.setdefault(role, (set(), set(), set()))[kind].add(name)
    return matrix


def test_the_page_is_the_truth(postgresql: psycopg.Connection) -> None:
    """What is granted is written down, and what is written down is granted."""
    assert real_matrix(postgresql) == written_matrix()


def relations(connection: psycopg.Connection) -> list[str]:
    query = """
        select oid::regclass::text from pg_class
        where relnamespace::regnamespace::text = any (%s) and relkind in ('r', 'p', 'v') order by 1
    """
    return [name for (name,) in connection.execute(query, (SCHEMAS,))]


@pytest.mark.parametrize("role", [*written_matrix(), "everyone"])
def test_every_role_on_every_relation_for_real(
    postgresql: psycopg.Connection, login: Login, connect: Connect, role: str
) -> None:
    """Each verb is attempted: reading succeeds exactly where the page says so, writing nowhere."""
    matrix = written_matrix()
    groups = [name for name in matrix if name != "public"] if role == "everyone" else [] if role == "public" else [role]
    views = {name for (name,) in postgresql.execute("select oid::regclass::text from pg_class where relkind = 'v'")}
    readable: set[str] = set().union(*(matrix[group][1] for group in groups)) if groups else set()
    with connect(login(*groups)) as connection:
        for name in relations(postgresql):
            table = sql.SQL(name)
            attempts = {
                "select": sql.SQL("select * from {} limit 0").format(table),
                "insert": sql.SQL("insert into {} default values").format(table),
                "delete": sql.SQL("delete from {}").format(table),
                "truncate": sql.SQL("truncate {}").format(table),
                "lock": sql.SQL("lock table {} in access exclusive mode").format(table),
                "trigger": sql.SQL(
                    "create trigger t after insert on {} execute function audit_private.tg__refuse_change()"
                ).format(table),
            }
            for verb, statement in attempts.items():
                with connection.transaction(force_rollback=True):
                    if verb == "select" and name in readable:
                        connection.execute(statement)
                        continue
                    with pytest.raises(psycopg.Error) as refusal, connection.transaction():
                        connection.execute(statement)
                    # A view may refuse by its kind before any privilege is looked at.
                    kinds = ("42809", "55000") if name in views else ()
                    assert refusal.value.sqlstate in ("42501", *kinds), (name, verb)


@pytest.mark.parametrize("role", written_matrix())
def test_every_role_on_every_function_for_real(
    postgresql: psycopg.Connection, login: Login, connect: Connect, role: str
) -> None:
    """Every function outside a role's row refuses it with 42501."""
    matrix = written_matrix()
    allowed = matrix[role][2] | matrix["public"][2]
    query = """
        select pronamespace::regnamespace || '.' || proname,
          array(select format_type(t, null) from unnest(proargtypes) as t)
        from pg_proc where pronamespace::regnamespace::text = any (%s) and prorettype <> 'trigger'::regtype
    """
    with connect(login(*([] if role == "public" else [role]))) as connection:
        for name, types in postgresql.execute(query, (SCHEMAS,)):
            if name in allowed:
                continue
            arguments = ", ".join(f"null::{'int' if kind == 'anyelement' else kind}" for kind in types)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"select {name}({arguments})".encode())


def test_no_login_is_the_owner(postgresql: psycopg.Connection) -> None:
    """audit_owner cannot log in, owns every object, and is inherited by nobody."""
    owners = postgresql.execute(
        """
        select distinct owner::regrole::text from (
          select nspowner as owner from pg_namespace where nspname = any (%(schemas)s)
          union select relowner from pg_class where relnamespace::regnamespace::text = any (%(schemas)s)
          union select proowner from pg_proc where pronamespace::regnamespace::text = any (%(schemas)s)
          union select typowner from pg_type where typnamespace::regnamespace::text = any (%(schemas)s)
        ) as owners
        """,
        {"schemas": SCHEMAS},
    ).fetchall()
    assert owners == [("audit_owner",)]
    flags = postgresql.execute("select rolcanlogin, rolsuper from pg_roles where rolname = 'audit_owner'").fetchone()
    assert flags == (False, False)
    # Roles are the whole server's: other tests may be playing attackers at the same time.
    query = (
        "select count(*) from pg_auth_members where roleid = 'audit_owner'::regrole and inherit_option "
        "and member::regrole::text !~ '^test_'"
    )
    assert postgresql.execute(query).fetchone() == (0,)
