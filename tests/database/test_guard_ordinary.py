"""Everybody else's DDL passes the guard as if it were not there, whatever its names; a guarded database moves house."""

import itertools
import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from indelible.embedded.binaries import find_binaries
from tests.support import Connect, Login, events, last_id, one


@pytest.fixture
def somebody(postgresql: psycopg.Connection, login: Login, connect: Connect) -> Iterator[psycopg.Connection[Any]]:
    """A login that may make schemas, owns one of them, and has nothing to do with the audit."""
    with connect(login()) as connection:
        grant = sql.SQL("grant create, temporary on database {} to {}")
        me = sql.Identifier(connection.info.user)
        postgresql.execute(grant.format(sql.Identifier(connection.info.dbname), me))
        postgresql.execute('create schema audits; create schema "audit.iam"')
        postgresql.execute(sql.SQL('grant all on schema audits, "audit.iam" to {}').format(me))
        yield connection


ORDINARY = """
create table {s}.a (id int primary key, b text check (b <> ''), c int references {s}.a)
create table {s}.b as select * from {s}.a
select * into {s}.c from {s}.a
create index on {s}.a (lower(b))
create index concurrently i on {s}.a (c)
reindex table {s}.a
create statistics {s}.st on b, c from {s}.a
create view {s}.v as select * from {s}.a
create materialized view {s}.m as select 1 as a
refresh materialized view {s}.m
create sequence {s}.q
alter sequence {s}.q owned by {s}.a.c
comment on sequence {s}.q is 'x'
create type {s}.e as enum ('a')
alter type {s}.e add value 'b'
create domain {s}.d as {s}.e not null
create type {s}.r as range (subtype = int4)
create type {s}.p as (a int, b {s}.e)
create function {s}.f(a {s}.e) returns text language sql security definer as 'select 1::text'
create cast ({s}.e as text) with function {s}.f({s}.e)
create procedure {s}.pr() language sql as ''
create aggregate {s}.ag(int) (sfunc = int4pl, stype = int4)
create operator {s}.@@+ (leftarg = int, rightarg = int, function = int4pl)
create function {s}.t() returns trigger language plpgsql as 'begin return new; end'
create trigger audit_logs before insert on {s}.a for each row execute function {s}.t()
create rule audit as on delete to {s}.a do instead nothing
drop rule audit on {s}.a
create policy audit on {s}.a using (true)
alter policy audit on {s}.a rename to iam
drop policy iam on {s}.a
alter table {s}.a rename to audit_logs
alter table {s}.audit_logs rename b to audit
alter table {s}.audit_logs disable trigger user
alter table {s}.audit_logs add d int, alter c type bigint, drop audit cascade
create table {s}.pa (id int) partition by list (id)
create table {s}.pa1 partition of {s}.pa default
alter table {s}.pa detach partition {s}.pa1
alter table {s}.pa attach partition {s}.pa1 default
create table {s}.inh () inherits ({s}.b)
create temp table audit_logs (a int) on commit drop
create temp table t (a audit.outcome)
drop table t
create view {s}.log as select * from audit.v_events
drop view {s}.log
grant select on {s}.b to public
revoke select on {s}.b from public
alter default privileges in schema {s} grant select on tables to public
create schema {o} create table t (a int) create view v as select * from t
create text search configuration {s}.ts (copy = simple)
create collation {s}.co (locale = 'C')
create publication audit
alter publication audit rename to iam
drop publication iam
do $$ begin create table {s}.inner_one (a int); drop table {s}.inner_one; end $$
truncate {s}.b
drop table {s}.b cascade
drop schema {o} cascade
drop domain {s}.d
drop owned by current_user cascade
""".strip().splitlines()


@pytest.mark.parametrize("schema", ["audits", '"audit.iam"'])
@pytest.mark.parametrize("capacity", ["nobody", "member"])
def test_ordinary_ddl_passes(
    postgresql: psycopg.Connection, somebody: psycopg.Connection, schema: str, capacity: str
) -> None:
    """One statement of nearly every kind, beside schemas and objects of all too similar names; nothing is on record.

    Also by somebody who has inherited audit_owner's rights and does not use them (but for CONCURRENTLY).
    """
    if capacity == "member":
        postgresql.execute(f"grant audit_owner to {somebody.info.user} with inherit true".encode())
    mark = last_id(postgresql)
    other = f'"audit_guard {somebody.info.user}"'
    for statement in ORDINARY:
        if capacity == "nobody" or "concurrently" not in statement:
            somebody.execute(statement.format(s=schema, o=other).encode())
    assert events(postgresql, "id > %s", mark) == []


numbers = itertools.count()
names = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=20).filter(
    lambda name: len(name.encode()) <= 63
)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(schema=names, table=names, column=names)
def test_any_name_passes(somebody: psycopg.Connection, schema: str, table: str, column: str) -> None:
    """Whatever schemas, tables and columns are called, their DDL works and is followed."""
    if schema.startswith("pg_") or schema in (
        "public",
        "audit",
        "iam",
        "audits",
        "information_schema",
        "ftms",
        "audit.iam",
    ):
        return
    spell = {"s": sql.Identifier(schema), "t": sql.Identifier(table), "c": sql.Identifier(column)}
    somebody.execute(sql.SQL("create schema {s}").format(**spell))
    try:
        somebody.execute(sql.SQL("create table {s}.{t} (key_of_it int primary key, {c} text)").format(**spell))
        qualified = sql.SQL("{s}.{t}").format(**spell).as_string(somebody)
        somebody.execute("select audit.watch(%s::regclass, %s)", (qualified, f"THING_{next(numbers)}"))
        somebody.execute(sql.SQL("alter table {s}.{t} rename {c} to renamed").format(**spell))
        somebody.execute(sql.SQL("insert into {s}.{t} values (1, 'a')").format(**spell))
        somebody.execute(sql.SQL("alter table {s}.{t} rename to renamed").format(**spell))
        somebody.execute(sql.SQL("update {s}.renamed set renamed = 'b'").format(**spell))
    finally:
        somebody.execute(sql.SQL("drop schema {s} cascade").format(**spell))


def test_extensions_are_made_and_dropped(postgresql: psycopg.Connection) -> None:
    """An extension's script is a hundred DDL commands."""
    for _ in range(2):
        postgresql.execute("create extension vector schema public; drop extension vector")


def test_parallel_ddl(postgresql: psycopg.Connection, somebody: psycopg.Connection, connect: Connect) -> None:
    """Many sessions with DDL at once, on watched and unwatched tables, wait for nothing but their tables."""
    somebody.execute("create schema shop; create table shop.everything (id int) partition by list (id)")
    somebody.execute("select audit.watch('shop.everything')")
    # Lending it for the moment is no matter of this test.
    somebody.execute("grant usage on schema shop to audit_owner")
    dsn = make_conninfo(postgresql.info.dsn, password=postgresql.info.password)

    def work(number: int) -> None:
        with connect(dsn) as connection:
            connection.execute(f"set session authorization {somebody.info.user}".encode())
            for step in range(10):
                name = f"shop.t_{number}_{step}"
                connection.execute(f"create table {name} (id int primary key); create temp table x{step} ()".encode())
                connection.execute(f"select audit.watch('{name}')".encode())
                connection.execute(f"alter table {name} add c{step} int; insert into {name} values (1, 2)".encode())
                connection.execute(
                    f"create table {name}_p partition of shop.everything for values in ({number * 10 + step})".encode()
                )
                connection.execute(f"drop table {name}".encode())

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))
    assert one(postgresql, "select count(*) from audit.audit_logs where action = 'AUDIT_WATCH_STOPPED'") == (60,)
    assert one(postgresql, "select count(*) from pg_partition_tree('shop.everything') where level > 0") == (60,)
    somebody.execute("insert into shop.everything select generate_series(0, 59)")
    assert one(postgresql, "select count(*) from audit.audit_logs where entity_type = 'shop.everything'") == (60,)


def test_the_database_moves_house(postgresql: psycopg.Connection, admin_dsn: str) -> None:
    """Dumped and restored into a fresh database everything stands: log, capture, guard, and privileges on functions."""
    postgresql.execute(
        """
        create schema shop; create table shop.orders (id int primary key, name text);
        select audit.watch('shop.orders', 'ORDER'); insert into shop.orders values (1, 'a');
        alter table shop.orders add more int
        """
    )
    one(postgresql, "select audit.drain()")
    version = str(postgresql.info.server_version // 10000)
    options, name = conninfo_to_dict(admin_dsn), f"{postgresql.info.dbname}_new"
    keys = {"PGHOST": "host", "PGPORT": "port", "PGUSER": "user", "PGPASSWORD": "password", "PGDATABASE": "dbname"}
    environment = {"PATH": os.environ["PATH"]} | {variable: str(options[key]) for variable, key in keys.items()}
    tools = find_binaries(version) / "bin"
    dump = subprocess.run([tools / "pg_dump", "-Fc"], env=environment, capture_output=True, check=True).stdout
    postgresql.execute(f"create database {name} template template0 encoding 'UTF8'".encode())
    try:
        restore = [str(tools / "pg_restore"), "--exit-on-error", "-d", name]
        done = subprocess.run(restore, env=environment, input=dump, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        with psycopg.connect(make_conninfo(admin_dsn, dbname=name), autocommit=True) as moved:
            attend_to_the_move(postgresql, moved)
    finally:
        postgresql.execute(f"drop database {name} with (force)".encode())


def attend_to_the_move(old: psycopg.Connection[Any], new: psycopg.Connection[Any]) -> None:
    count = "select count(*), max(id) from audit.audit_logs"
    assert one(new, count) == one(old, count)
    roles = ("application can bypass", "owner open", "verdicts not kept")  # nor do slots move house
    assert [row for row in new.execute("select finding from audit.doctor()") if row[0] not in roles] == []
    mark = last_id(new)
    new.execute("insert into shop.orders values (2, 'b', 3); alter table shop.orders rename name to title")
    new.execute("update shop.orders set title = 'c' where id = 2")
    actions = [row["action"] for row in events(new, "id > %s", mark)]
    assert actions == ["ROW_INSERTED", "AUDIT_SCHEMA_CHANGED", "ROW_UPDATED"]
    new.execute("select audit.drain()")
    new.execute("set session authorization ftms_owner")
    if new.info.server_version >= 170000:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            new.execute("select pg_logical_emit_message(false, 'indelible.verdict', 'x')")
    new.execute("set session authorization audit_owner")
    with pytest.raises(psycopg.Error) as refusal:
        new.execute("alter table audit.audit_logs disable trigger all")
    assert refusal.value.sqlstate == "ID013"
    new.execute("reset session authorization")
    assert one(new, "select audit.drain()") == (1,)
