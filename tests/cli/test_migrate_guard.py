"""Migrating with the guard: a superuser installs, keeps and restores it; nobody else migrates a guarded database."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from indelible.db.migrate import migrate
from indelible.embedded import EmbeddedServer
from indelible.errors import MigrationError

from .conftest import Run

GUARDED = "The audit objects of this database are guarded, and only a superuser changes them: run migrate as one."
FAILOVER = "select current_setting('server_version_num')::int >= 170000"
TRIGGERS = "select evtname, oid::bigint, evtenabled::text, evtowner::bigint from pg_event_trigger order by 1"


def rows(dsn: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        return connection.execute(query.encode()).fetchall()


def run_sql(dsn: str, statements: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(statements.encode())


@pytest.fixture
def two(folder: Path, server_dsn: str) -> Iterator[tuple[str, str]]:
    """DSNs of the superuser and of a deployer with CREATEROLE for a database in a new cluster."""
    with psycopg.connect(server_dsn) as connection:
        version = str(connection.info.server_version // 10000)
    server = EmbeddedServer(folder / "data", version=version, durable=False)
    server.start()
    run_sql(server.dsn, "create role deployer login createrole password 'secret'")
    run_sql(server.dsn, "grant create on database postgres to deployer")
    yield server.dsn, make_conninfo(server.dsn, user="deployer", password="secret")
    server.stop()


def test_the_guard_is_the_bootstrap_superusers(empty_database: str) -> None:
    """Whichever superuser migrates, the guard belongs to the one that nobody can drop or weaken; ALWAYS on."""
    run_sql(empty_database, "create role test_second_superuser login superuser")
    try:
        assert migrate(make_conninfo(empty_database, options="-c role=test_second_superuser")).guarded
        found = rows(empty_database, TRIGGERS)
        assert [name for name, *_ in found] == [
            "audit_caller_drop", "audit_caller_end", "audit_caller_start",
            "audit_guard_drop", "audit_guard_end", "audit_guard_start",
            "audit_watch_drop", "audit_watch_end", "audit_watch_finish", "audit_watch_rewrite",
        ]  # fmt: skip
        assert {(enabled, owner) for _, _, enabled, owner in found} == {("A", 10)}
        owners = """
            select distinct owner::regrole::text from (
              select nspowner as owner from pg_namespace where nspname = 'audit_guard'
              union select relowner from pg_class where relnamespace = 'audit_guard'::regnamespace
              union select proowner from pg_proc where pronamespace = 'audit_guard'::regnamespace
            ) as owners order by 1
        """
        assert rows(empty_database, owners) == [("audit_drainer",), ("postgres",)]
    finally:
        run_sql(empty_database, "drop owned by test_second_superuser; drop role test_second_superuser")


def test_what_anybody_may_in_the_guard(empty_database: str) -> None:
    """Nobody but audit_owner reaches into the schema, and it into seven functions; the drainer cannot log in."""
    migrate(empty_database)
    granted = """
        select coalesce(nullif(grantee, 0)::regrole::text, 'public'), name, privilege_type from (
          select nspname::text as name, nspowner as owner, (aclexplode(nspacl)).* from pg_namespace
          where nspname = 'audit_guard'
          union all select proname, proowner, (aclexplode(coalesce(proacl, acldefault('f', proowner)))).*
          from pg_proc where pronamespace = 'audit_guard'::regnamespace
          union all select relname, relowner, (aclexplode(relacl)).* from pg_class
          where relnamespace = 'audit_guard'::regnamespace
        ) as acl where grantee <> owner order by 2
    """
    functions = [
        "close_door", "door_is_open", "emit_denial", "emit_read", "open_door", "open_slot", "open_verdict", "read_slot",
    ]  # fmt: skip
    assert rows(empty_database, granted) == [
        ("audit_owner", "audit_guard", "USAGE"), *(("audit_owner", name, "EXECUTE") for name in functions),
    ]  # fmt: skip
    drainer = (
        "select rolcanlogin, rolreplication, rolsuper, rolcreaterole from pg_roles where rolname = 'audit_drainer'"
    )
    assert rows(empty_database, drainer) == [(False, True, False, False)]
    members = "select count(*) from pg_auth_members where roleid = 'audit_drainer'::regrole"
    assert rows(empty_database, members) == [(0,)]
    assert rows(
        empty_database,
        "select count(*) from pg_proc "
        "where proname = 'pg_logical_emit_message' and has_function_privilege('public', oid, 'execute') "
        "and current_setting('server_version_num')::int >= 170000",
    ) == [(0,)]


def test_replaying_keeps_and_restores(empty_database: str) -> None:
    """A standing guard is not touched; one that was taken down stands again after migrate, and that is on record."""
    noted = (
        "select metadata ->> 'event_triggers' from audit.audit_logs where action = 'AUDIT_GUARD_INSTALLED' order by id"
    )
    migrate(empty_database)
    before = rows(empty_database, TRIGGERS)
    migrate(empty_database)
    assert rows(empty_database, TRIGGERS) == before
    assert len(rows(empty_database, noted)) == 1
    run_sql(empty_database, "alter event trigger audit_guard_end disable; drop event trigger audit_watch_end")
    migrate(empty_database)
    assert [row[0] for row in rows(empty_database, TRIGGERS)] == [row[0] for row in before]
    assert {row[2] for row in rows(empty_database, TRIGGERS)} == {"A"}
    assert json.loads(str(rows(empty_database, noted)[1][0])) == ["audit_guard_end", "audit_watch_end"]
    run_sql(empty_database, "drop schema audit_guard cascade")
    migrate(empty_database)
    assert [row[0] for row in rows(empty_database, TRIGGERS)] == [row[0] for row in before]


def test_everything_can_be_removed(empty_database: str) -> None:
    """A superuser who is done with it drops the schemas, in any order, and every table goes on working."""
    migrate(empty_database)
    run_sql(empty_database, "create table public.things (id int primary key); select audit.watch('public.things')")
    run_sql(
        empty_database, "drop schema audit_private cascade; drop schema audit cascade; drop schema audit_guard cascade"
    )
    run_sql(empty_database, "drop schema iam cascade; insert into public.things values (1); drop table public.things")
    assert rows(empty_database, TRIGGERS) == []


def test_without_superuser_all_is_as_always(two: tuple[str, str], run: Run) -> None:
    """No guard, no finding of it, a note that says so; capture works, and migrate repairs what drifted."""
    admin, deployer = two
    first = run("migrate", database=deployer)
    assert first.code == 0 and "The guard is not installed: that needs a superuser." in first.out
    run_sql(
        deployer,
        """
        create schema shop; create table shop.orders (id int primary key, card text, note text);
        select audit.watch('shop.orders', 'ORDER', mask => '{card}'); insert into shop.orders values (1, '4000', 'a');
        create table shop.parts (id int primary key); select audit.watch('shop.parts');
        alter table shop.orders rename card to pan; alter table shop.orders drop note; drop table shop.parts
        """,
    )
    found = run("doctor", "--json", database=deployer)
    assert {row["finding"] for row in json.loads(found.out)} == {"capture drifted"}
    assert "Note: the guard is not installed" in found.err
    assert run("migrate", database=deployer).code == 0
    run_sql(deployer, "insert into shop.orders values (2, '4001')")
    query = (
        "select changes -> 'new' from audit.audit_logs "
        "where action = 'ROW_INSERTED' and entity_type = 'ORDER' order by id"
    )
    assert rows(admin, query)[1] == ({"id": 2, "pan": "***"},)
    changed = "select entity_id, metadata ->> 'command' from audit.audit_logs where action = %s"
    assert rows(admin, changed % "'AUDIT_SCHEMA_CHANGED'") == [("shop.orders", "migrate")]
    assert rows(admin, changed % "'AUDIT_WATCH_STOPPED'") == [("shop.parts", "migrate")]
    sound = run("doctor", "--json", database=deployer)
    assert (sound.code, json.loads(sound.out)) == (0, [])
    assert run("maintain", database=deployer).code == 0
    assert rows(admin, "select evtname from pg_event_trigger") == []


def test_a_superuser_guards_what_others_migrated(two: tuple[str, str], run: Run) -> None:
    """From then on the deployer is refused, in one sentence, with nothing done; its tables it watches as before."""
    admin, deployer = two
    assert run("migrate", database=deployer).code == 0
    assert "The guard stands." in run("migrate", database=admin).out
    before = rows(admin, "select count(*), max(id) from audit.audit_logs"), rows(admin, TRIGGERS)
    for arguments in (["migrate"], ["migrate", "--sample"]):
        refused = run(*arguments, database=deployer)
        assert (refused.code, refused.out, refused.err) == (1, "", f"indelible: {GUARDED}\n")
    with pytest.raises(MigrationError, match="only a superuser"):
        migrate(deployer)
    assert (rows(admin, "select count(*), max(id) from audit.audit_logs"), rows(admin, TRIGGERS)) == before
    run_sql(deployer, "create schema shop; create table shop.orders (id int primary key)")
    assert run("watch", "shop.orders", database=deployer).code == 0
    assert run("maintain", database=deployer).code == 0
    found = run("doctor", "--json", database=deployer)
    assert [(row["finding"], row["object"]) for row in json.loads(found.out)] == [("owner open", "deployer")]
    assert "Note" not in found.err
    assert run("unwatch", "shop.orders", database=deployer).code == 0
    assert run("migrate", database=admin).code == 0


def test_an_impostor_of_the_guard_is_never_run(two: tuple[str, str]) -> None:
    """Whoever may make schemas may make one called audit_guard: its functions are not called, and it must go first."""
    admin, deployer = two
    run_sql(admin, "create role impostor login; grant create on database postgres to impostor")
    run_sql(
        admin,
        """
        set session authorization impostor; create schema audit_guard; grant usage on schema audit_guard to public;
        create function audit_guard.open_door() returns bigint language plpgsql as
          $$ begin raise exception 'ran as %', current_user; end $$;
        create function audit_guard.close_door(bigint) returns void language plpgsql as
          $$ begin raise exception 'ran as %', current_user; end $$;
        create function audit_guard.door_is_open() returns boolean language plpgsql as
          $$ begin raise exception 'ran as %', current_user; end $$
        """,
    )
    migrate(deployer)
    run_sql(deployer, "create schema shop; create table shop.orders (id int); select audit.watch('shop.orders')")
    run_sql(deployer, "set role audit_owner; select audit.maintain(); select audit.drain()")
    with pytest.raises(MigrationError, match="audit_guard belongs to somebody who is no superuser"):
        migrate(admin)
    assert rows(admin, "select evtname from pg_event_trigger") == []
    run_sql(admin, "drop schema audit_guard cascade")
    assert migrate(admin).guarded


def test_maintain_records_refused_attempts(empty_database: str, run: Run) -> None:
    """The nightly job drains what waits, and says how much it was."""
    migrate(empty_database)
    assert run("maintain", database=empty_database).code == 0
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute("set session authorization audit_owner")
        for number in range(3):
            with pytest.raises(psycopg.Error) as refusal:
                connection.execute(f"create table public.t{number} ()".encode())
            assert refusal.value.sqlstate == "ID013"
    outcome = run("maintain", "--json", database=empty_database)
    drained, slot = json.loads(outcome.out)
    assert drained == {"task": "drain", "detail": "3 refused attempts recorded"}
    told = r"indelible_\d+: \d+ bytes wait, drained \d+ s ago, \d+ bytes until refusals are lost"
    survives = ", survives a failover" if rows(empty_database, FAILOVER) == [(True,)] else ""
    assert slot["task"] == "slot" and re.fullmatch(told + survives, slot["detail"])
    assert rows(empty_database, "select count(*) from audit.audit_logs where action = 'AUDIT_TAMPERING_REFUSED'") == [
        (3,)
    ]


def test_what_is_refused_after_migrate_is_kept(empty_database: str, run: Run) -> None:
    """Before anybody drained, and by the first who does, it is on record; a transaction left open is told of."""
    with psycopg.connect(empty_database) as writer, psycopg.connect(empty_database, autocommit=True) as connection:
        writer.execute("select pg_current_xact_id()")
        waits = run("migrate", database=empty_database)
        assert waits.code == 0 and "Refused attempts are not kept yet." in waits.err
        (not_kept,) = connection.execute(
            "select detail, remedy from audit.doctor() where finding = 'verdicts not kept'"
        ).fetchall()
        assert "nobody has drained yet" in not_kept[0] and "indelible maintain" in not_kept[1]
        writer.rollback()
        assert run("migrate", database=empty_database).err == ""
        with pytest.raises(psycopg.Error) as refusal:
            connection.execute("select iam.require_permission('a.b')")
        assert refusal.value.sqlstate == "ID015"
    assert run("maintain", database=empty_database).code == 0
    assert rows(empty_database, "select permission from audit.v_denials") == [("a.b",)]
