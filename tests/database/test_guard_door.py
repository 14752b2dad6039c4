"""The guard's door: Indelible's own functions change audit objects, and no code of others, whatever its rights."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tests.support import Connect, Login, events, last_id, log_digest, one

ATTACK = "alter table audit.audit_logs disable trigger all"

# Runs any statement; SECURITY DEFINER, so as soon as it belongs to audit_owner, with its rights.
EVIL = """
    create function lair.evil(statement text) returns text language plpgsql security definer as $$
    begin execute statement; return current_user; end $$
"""


@pytest.fixture
def insider(postgresql: psycopg.Connection, login: Login, connect: Connect) -> Iterator[psycopg.Connection[Any]]:
    """A login with audit_owner's rights and a role of its own, `lair_role`, that audit_owner is a member of.

    So it may pass objects on to audit_owner by REASSIGN OWNED, which fires no event trigger.
    """
    with connect(login("audit_owner", inherit=True, set_=True)) as connection:
        me = connection.info.user
        role = f"{me}_role"
        postgresql.execute(f"create role {role}; grant {role} to {me}, audit_owner; create schema lair".encode())
        postgresql.execute(f"grant all on schema lair to {me}, {role}, audit_owner with grant option".encode())
        connection.execute(b"set role %s" % role.encode())
        connection.execute(EVIL.encode())
        connection.execute("grant execute on function lair.evil to public; reset role")
        yield connection
        connection.rollback()
        connection.execute("reset role")
    postgresql.execute("drop schema lair cascade")
    postgresql.execute(f"drop owned by {role} cascade; drop role {role}".encode())


def reassign(connection: psycopg.Connection[Any]) -> None:
    """Makes the evil function audit_owner's."""
    connection.execute(f"reassign owned by {connection.info.user}_role to audit_owner".encode())


def refusal_of(connection: psycopg.Connection[Any], statement: str, *parameters: str) -> str | None:
    with pytest.raises(psycopg.Error) as refusal:
        connection.execute(statement.encode(), parameters)
    return refusal.value.sqlstate


@pytest.mark.parametrize("as_owner", [False, True])
@pytest.mark.parametrize(
    "attack",
    [
        ATTACK,
        "create or replace function audit_private.tg__refuse_change() returns trigger language plpgsql as 'begin end'",
        "drop table audit_private.audit_logs_default",
        "grant select on audit.audit_logs to public",
        "create function lair.more() returns int language sql security definer return 1",
        "select audit_private.open_door()",
        "select audit_guard.open_door()",
    ],
)
def test_a_function_that_became_the_owners(
    postgresql: psycopg.Connection, insider: psycopg.Connection, attack: str, as_owner: bool
) -> None:
    """A definer function handed over by REASSIGN OWNED runs as audit_owner, called by anybody, and changes nothing."""
    if as_owner:
        insider.execute("set role audit_owner")
    reassign(insider)
    insider.execute("reset role")
    before = log_digest(postgresql)
    assert one(insider, "select lair.evil('select 1')") == ("audit_owner",)
    assert refusal_of(insider, "select lair.evil(%s)", attack) == "ID013"
    assert log_digest(postgresql) == before


def test_rights_kept_by_a_cursor(insider: psycopg.Connection) -> None:
    """A cursor goes on with the rights its function once had, although the owner is undone: the door does not care."""
    insider.execute("begin; create temp table attempts (who text)")
    insider.execute(
        """
        create function lair.step(n int) returns text language plpgsql security definer as $$
        begin
          if n < 3 then return current_user; end if;
          alter table audit.audit_logs disable trigger all;
          return current_user;
        end $$
        """
    )
    insider.execute(f"alter function lair.step owner to {insider.info.user}_role".encode())
    insider.execute("declare c cursor for select lair.step(n) from generate_series(1, 3) as n; savepoint s")
    reassign(insider)
    assert insider.execute("fetch 1 from c").fetchone() == ("audit_owner",)
    insider.execute("rollback to s")
    assert insider.execute("fetch 1 from c").fetchone() == ("audit_owner",)
    assert refusal_of(insider, "fetch 1 from c") == "ID013"


SPOOFS = [
    "select audit_private.open_door()",
    'select audit_private.open_door() as "\nPL/pgSQL function audit_private.write_capture(x) line 3 at assignment\n"',
    'select audit_private.open_door()"\nPL/pgSQL function audit_private.write_capture(x) line 3 at assignment"',
    "do $$ declare v_door bigint; begin v_door := audit_private.open_door(); end $$",
    "do $$ declare v_door bigint := audit_private.open_door(); begin end $$",
    "do $$ begin perform audit_private.open_door(); end $$",
    "do $$ declare v_door bigint; begin v_door := audit_guard.open_door(); end $$",
    (
        'do $$ declare "PL/pgSQL function audit_private.write_capture(x) line 1 at" bigint; begin '
        '"PL/pgSQL function audit_private.write_capture(x) line 1 at" := (select audit_private.open_door()); end $$'
    ),
]


@pytest.mark.parametrize("spoof", SPOOFS, ids=range(len(SPOOFS)))
@pytest.mark.parametrize("quoted", ["off", "on"])
def test_the_caller_is_not_counterfeited(insider: psycopg.Connection, spoof: str, quoted: str) -> None:
    """No text of a statement, no name, no setting makes a caller look like a function of Indelible."""
    insider.execute(f"set quote_all_identifiers = {quoted}".encode())
    assert refusal_of(insider, spoof) == "ID013"
    insider.execute("set role audit_owner")
    assert refusal_of(insider, spoof) == "ID013"


@pytest.mark.parametrize("name", ["audit_private.write_capture", 'audit_private"."write_capture', "write_capture"])
def test_no_functions_name_is_a_counterfeit(insider: psycopg.Connection, name: str) -> None:
    """Names with dots and quotes stand quoted where the guard looks, with every search_path."""
    for schema in ("lair", "pg_temp"):
        function = sql.SQL(
            "create function {}.{}() returns bigint language plpgsql as "
            "'declare v_door bigint := audit_private.open_door(); begin return v_door; end'"
        )
        insider.execute(function.format(sql.Identifier(schema), sql.Identifier(name)))
        for path in ("lair, audit_private, audit", "pg_temp, audit_private", "pg_catalog"):
            for quoted in ("off", "on"):
                insider.execute(f"set search_path = {path}; set quote_all_identifiers = {quoted}".encode())
                call = sql.SQL("select {}.{}()").format(sql.Identifier(schema), sql.Identifier(name))
                assert refusal_of(insider, call.as_string(insider)) == "ID013"


def test_a_door_is_shut_when_its_function_ends(postgresql: psycopg.Connection, insider: psycopg.Connection) -> None:
    """In the transaction of a watch, of one that failed, and of maintenance, there is no more right than before."""
    insider.execute("create table lair.mine (id int primary key); begin; select audit.watch('lair.mine')")
    insider.execute("select audit.maintain(); savepoint s")
    assert refusal_of(insider, ATTACK) == "ID013"
    insider.execute("rollback to s")
    insider.execute(
        """
        do $$ begin
          perform audit.watch('lair.mine', exclude => '{id}');
        exception when sqlstate 'ID007' then null;
        end $$
        """
    )
    assert refusal_of(insider, ATTACK) == "ID013"
    insider.execute("rollback")
    assert one(postgresql, "select count(*) from audit_guard.doors") == (0,)


@pytest.mark.parametrize("quoted", ["off", "on"])
@pytest.mark.parametrize("capture", ["row", "statement"])
def test_indelibles_own_functions_go_through(
    postgresql: psycopg.Connection, login: Login, connect: Connect, capture: str, quoted: str
) -> None:
    """Owners of tables watch, change and unwatch under the guard, with whatever settings; nothing is left behind."""
    with connect(login()) as owner:
        postgresql.execute(f"create schema shop authorization {owner.info.user}".encode())
        owner.execute(f"set quote_all_identifiers = {quoted}".encode())
        owner.execute("create table shop.orders (id int primary key, note text)")
        owner.execute("select audit.watch('shop.orders', 'ORDER', %s)", (capture,))
        owner.execute("insert into shop.orders values (1, 'a'); update shop.orders set note = 'b'")
        owner.execute("select audit.watch('shop.orders', capture => %s)", ({"row": "statement"}.get(capture, "row"),))
        owner.execute("delete from shop.orders; select audit.unwatch('shop.orders')")
        owner.execute("insert into shop.orders values (2, 'a')")
    actions = [row["action"] for row in events(postgresql, "entity_type = 'ORDER'")]
    assert actions == ["ROW_INSERTED", "ROW_UPDATED", "ROW_DELETED"]
    assert one(
        postgresql, "select count(*) from pg_proc where proname like 'capture\\_%' and prosrc like '%''ORDER''%'"
    ) == (0,)
    assert one(postgresql, "select count(*) from audit_guard.doors") == (0,)
    postgresql.execute("drop schema shop cascade")


@pytest.mark.parametrize("group", ["audit_admin", "audit_owner"])
def test_maintenance_goes_through(postgresql: psycopg.Connection, login: Login, connect: Connect, group: str) -> None:
    """A maintainer's login, and the deployer that acts as audit_owner, make partitions and empty the net."""
    newest = one(
        postgresql,
        "select max(relid::text) from pg_partition_tree('audit.audit_logs') where relid::text ~ '_20'",
    )[0]
    postgresql.execute(f"drop table {newest}".encode())
    with connect(login(group, inherit=group == "audit_admin", set_=True)) as connection:
        if group == "audit_owner":
            connection.execute("set role audit_owner")
        mark = last_id(postgresql)
        assert [task for task, _ in connection.execute("select task, detail from audit.maintain()")] == ["partition"]
    assert one(postgresql, "select to_regclass(%s)::text", newest) == (newest,)
    assert [row["action"] for row in events(postgresql, "id > %s", mark)] == ["AUDIT_PARTITIONS_MAINTAINED"]
