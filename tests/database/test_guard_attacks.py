"""The guard: whoever may act as the owner of the audit changes none of its objects, and each attempt is on record."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tests.guard_attacks import ATTACKS, LAIR
from tests.support import Connect, Login, events, last_id, log_digest, one

# Whatever of the audit an attack could have changed.
FINGERPRINT = """
    select md5(string_agg(thing, e'\\n' order by thing)) from (
      select format('%s', n) from pg_namespace as n where nspname in ('audit', 'audit_private', 'iam', 'audit_guard')
      union all
      select concat_ws(' ', oid, relname, relnamespace, relowner, relkind, relacl, relrowsecurity, relforcerowsecurity,
        relispartition, reloptions, obj_description(oid, 'pg_class'))
      from pg_class where relnamespace::regnamespace::text in ('audit', 'audit_private', 'iam', 'audit_guard')
      union all
      select concat_ws(' ', attrelid, attname, atttypid, attacl, attisdropped)
      from pg_attribute join pg_class on oid = attrelid
      where relnamespace::regnamespace::text in ('audit', 'audit_private', 'iam', 'audit_guard')
      union all
      select concat_ws(' ', oid, proname, pronamespace, proowner, proacl, prosecdef, proconfig, prosrc) from pg_proc
      where pronamespace::regnamespace::text in ('audit', 'audit_private', 'iam', 'audit_guard')
      union all
      select format('%s', t) from pg_trigger as t join pg_class as c on c.oid = tgrelid
      where relnamespace::regnamespace::text in ('audit', 'audit_private', 'iam', 'audit_guard')
      union all select format('%s', t) from pg_type as t
      where typnamespace::regnamespace::text in ('audit', 'audit_private', 'iam', 'audit_guard')
      union all select format('%s', p) from pg_policy as p
      union all select format('%s', c) from pg_constraint as c
      union all select format('%s', r) from pg_rewrite as r
      union all select format('%s', e) from pg_event_trigger as e
      union all select format('%s', c) from pg_cast as c
      union all select format('%s', p) from pg_publication_rel as p
      union all select format('%s', i) from pg_inherits as i
      union all select format('%s', d) from pg_default_acl as d
      union all select format('%s', e) from pg_enum as e
      union all select format('%s', s) from pg_statistic_ext as s
    ) as things (thing)
"""


@pytest.fixture
def attacker(postgresql: psycopg.Connection, login: Login, connect: Connect) -> Iterator[psycopg.Connection[Any]]:
    """A login that has inherited all rights of audit_owner, with a schema of its own."""
    with connect(login("audit_owner", inherit=True, set_=True)) as connection:
        me = sql.Identifier(connection.info.user)
        postgresql.execute(sql.SQL("create schema lair authorization {}").format(me))
        grant = sql.SQL("grant create on database {} to {}")
        postgresql.execute(grant.format(sql.Identifier(connection.info.dbname), me))
        connection.execute(LAIR.encode())
        connection.execute("grant all on schema lair to audit_owner")
        yield connection
    postgresql.execute("drop schema lair cascade")


def refused(connection: psycopg.Connection[Any], statement: str) -> psycopg.Error:
    """The error with which the statement ends; that it ends with one."""
    with pytest.raises(psycopg.Error) as refusal:
        connection.execute(statement.replace("{me}", connection.info.user).encode())
    return refusal.value


@pytest.mark.parametrize("attack", ATTACKS)
def test_inherited_rights_change_nothing(
    postgresql: psycopg.Connection, attacker: psycopg.Connection, attack: str
) -> None:
    """Members of audit_owner are refused with ID013, nothing has changed, and the attempt is on record."""
    one(postgresql, "select audit.drain()")
    before, fingerprint = log_digest(postgresql), one(postgresql, FINGERPRINT)
    assert refused(attacker, attack).sqlstate == "ID013"
    assert (log_digest(postgresql), one(postgresql, FINGERPRINT)) == (before, fingerprint)
    mark = last_id(postgresql)
    assert one(postgresql, "select audit.drain()") == (1,)
    (event,) = events(postgresql, "id > %s", mark)
    assert (event["action"], event["outcome"]) == ("AUDIT_TAMPERING_REFUSED", "denied")
    assert event["db_user"] == attacker.info.user


@pytest.mark.parametrize("attack", ATTACKS)
def test_nobody_makes_anything_as_the_owner(
    postgresql: psycopg.Connection, attacker: psycopg.Connection, attack: str
) -> None:
    """After SET ROLE every DDL is refused before it begins, be it about the audit or not."""
    fingerprint = one(postgresql, FINGERPRINT)
    attacker.execute("set role audit_owner")
    for statement in (attack, "create temp table mine (a int)", "create function pg_temp.f() returns int return 1"):
        assert refused(attacker, statement).sqlstate == "ID013"
    assert one(postgresql, FINGERPRINT) == fingerprint


WRAPPINGS = [
    "do $w$ begin execute $q$ {} $q$; end $w$",
    "begin; savepoint s; {}",
    (
        "create function lair.run() returns void language plpgsql as $w$ begin execute $q$ {} $q$; end $w$; "
        "select lair.run()"
    ),
    (
        "create function lair.run() returns void language plpgsql security definer "
        "set search_path = pg_catalog, pg_temp as $w$ begin execute $q$ {} $q$; end $w$; select lair.run()"
    ),
    "set session_replication_role = replica; {}",
]


@pytest.mark.parametrize("wrapping", WRAPPINGS, ids=range(5))
@pytest.mark.parametrize(
    "attack", [ATTACKS[0], "drop schema audit cascade", "grant select on audit.audit_logs to public"]
)
def test_no_wrapping_helps(
    postgresql: psycopg.Connection, attacker: psycopg.Connection, wrapping: str, attack: str
) -> None:
    """In DO, in functions, in savepoints, with replication's triggers off: refused all the same."""
    if "session_replication_role" in wrapping:
        user = attacker.info.user
        postgresql.execute(f"grant set on parameter session_replication_role to {user}".encode())
    fingerprint = one(postgresql, FINGERPRINT)
    assert refused(attacker, wrapping.format(attack)).sqlstate == "ID013"
    attacker.rollback()
    assert one(postgresql, FINGERPRINT) == fingerprint


def test_a_superusers_function_is_no_way_round(
    postgresql: psycopg.Connection, attacker: psycopg.Connection, login: Login, connect: Connect
) -> None:
    """Who calls a superuser's careless definer function is no superuser; with or without the owner's rights."""
    postgresql.execute(
        """
        create function lair.any(statement text) returns void language plpgsql security definer as
        'begin execute statement; end'
        """
    )
    fingerprint = one(postgresql, FINGERPRINT)
    with connect(login()) as stranger:
        postgresql.execute("grant usage on schema lair to public")
        for connection in (attacker, stranger):
            for attack in (
                ATTACKS[0],
                "create table audit_guard.more (a int)",
                "alter table audit_guard.keys add a int",
            ):
                with pytest.raises(psycopg.Error) as refusal:
                    connection.execute("select lair.any(%s)", (attack,))
                assert refusal.value.sqlstate == "ID013"
    assert one(postgresql, FINGERPRINT) == fingerprint


@pytest.mark.parametrize(
    "attack",
    [
        "alter event trigger audit_guard_end disable",
        "drop event trigger audit_guard_start",
        "create event trigger evil on ddl_command_start execute function lair.evil()",
        "drop schema audit_guard cascade",
        "drop function audit_guard.tg__refuse_end() cascade",
        "create table audit_guard.more (a int)",
        "select audit_guard.emit('{}')",
        "select * from audit_guard.keys",
        "insert into audit_guard.doors (backend, xid) values (pg_backend_pid(), pg_current_xact_id())",
        "drop publication indelible_verdicts",
        "set session_replication_role = replica",
    ],
)
def test_the_guard_itself_is_a_superusers(
    postgresql: psycopg.Connection, attacker: psycopg.Connection, attack: str
) -> None:
    """Its schema, its key, its event triggers: no right of audit_owner reaches there."""
    fingerprint = one(postgresql, FINGERPRINT)
    assert refused(attacker, attack).sqlstate == "42501"
    assert one(postgresql, FINGERPRINT) == fingerprint


def test_event_triggers_are_not_switched_off(attacker: psycopg.Connection) -> None:
    """The setting of PostgreSQL 17 and newer is a superuser's."""
    if attacker.info.server_version >= 170000:
        assert refused(attacker, "set event_triggers = off").sqlstate == "42501"


@pytest.mark.parametrize(
    "statement",
    [
        "create index concurrently evil on audit.actions (lair.evil(code))",
        "create index /* c */ Concurrently evil on lair.t (code)",
        "drop index concurrently audit_private.audit_logs_default_created_at_idx",
    ],
)
def test_what_commits_before_it_is_refused_does_not_begin(
    postgresql: psycopg.Connection, attacker: psycopg.Connection, statement: str
) -> None:
    """CONCURRENTLY leaves an index behind when it fails at its end: refused at its beginning."""
    fingerprint = one(postgresql, FINGERPRINT)
    assert refused(attacker, statement).sqlstate == "ID013"
    assert one(postgresql, FINGERPRINT) == fingerprint
    assert one(postgresql, "select to_regclass('lair.evil'), to_regclass('audit.evil')") == (None, None)


def test_an_extension_takes_nothing_in(postgresql: psycopg.Connection, attacker: psycopg.Connection) -> None:
    """A function that belonged to an extension would go with it."""
    postgresql.execute("create extension vector schema public")
    me = attacker.info.user.encode()
    postgresql.execute(b"update pg_extension set extowner = '%s'::regrole where extname = 'vector'" % me)
    fingerprint = one(postgresql, FINGERPRINT)
    for member in ("table audit.actions", "function audit.record", "schema iam"):
        assert refused(attacker, f"alter extension vector add {member}").sqlstate == "ID013"
    assert one(postgresql, FINGERPRINT) == fingerprint


def test_hostile_names_make_no_line_of_the_log(postgresql: psycopg.Connection, attacker: psycopg.Connection) -> None:
    """A name with line breaks and format specifiers neither breaks the refusal nor forges a line."""
    one(postgresql, "select audit.drain()")
    name = 'evil\n2026-01-01 LOG:  all is well %s %1$I \u202e "$$'
    statement = sql.SQL("create table audit.{} (a int)").format(sql.Identifier(name))
    with pytest.raises(psycopg.Error) as refusal:
        attacker.execute(statement)
    assert refusal.value.sqlstate == "ID013"
    assert "\n" not in str(refusal.value.diag.message_primary)
    one(postgresql, "select audit.drain()")
    (event,) = events(postgresql, "action = 'AUDIT_TAMPERING_REFUSED' and entity_id like '%%evil%%'")
    assert not {"\n", "\u202e"} & set(event["entity_id"])


def test_the_owners_login_is_no_way_round(
    postgresql: psycopg.Connection, attacker: psycopg.Connection, admin_dsn: str
) -> None:
    """Were audit_owner itself given a login, it would make nothing."""
    with psycopg.connect(admin_dsn, autocommit=True) as connection:
        connection.execute("set session authorization audit_owner")
        for statement in ("create table public.x (a int)", ATTACKS[0]):
            assert refused(connection, statement).sqlstate == "ID013"


def test_a_superusers_analyze_is_no_way_round(postgresql: psycopg.Connection, attacker: psycopg.Connection) -> None:
    """ANALYZE, and autovacuum, run a table owner's code in a superuser's session: with that owner's rights alone."""
    attacker.execute(
        """
        create table lair.heard (state text);
        create function lair.attack() returns void language plpgsql as $$
        begin
          execute 'alter table audit.audit_logs disable trigger all';
        exception when others then
          insert into lair.heard values (sqlstate);
        end $$;
        create function lair.quiet(int) returns int language plpgsql immutable as $$
        begin
          if session_user <> current_user then perform lair.attack(); end if;
          return $1;
        end $$;
        create table lair.bait as select 1 as id;
        create index on lair.bait (lair.quiet(id));
        """
    )
    fingerprint = one(postgresql, FINGERPRINT)
    postgresql.execute("analyze lair.bait")
    assert one(postgresql, FINGERPRINT) == fingerprint
    assert set(attacker.execute("select state from lair.heard").fetchall()) == {("ID013",)}


def test_the_guard_gives_the_owner_no_table_it_names(
    postgresql: psycopg.Connection, attacker: psycopg.Connection
) -> None:
    """What a member of audit_owner writes into its tables does not make a superuser open passwords or keys to it."""
    postgresql.execute("create table public.watched (id int); select audit.watch('public.watched')")
    try:
        for stolen in ("pg_authid", "audit_guard.keys", "lair.t"):
            attacker.execute("update audit_private.shapes set overdue = array[%s::regclass::oid]", (stolen,))
            attacker.execute("create table lair.x (); drop table lair.x")
            assert one(postgresql, "select has_table_privilege('audit_owner', %s, 'select')", stolen) == (False,)
    finally:
        postgresql.execute("drop table public.watched")
