"""Attempts on iam.require_permission(): to get through, to leave no record, to leave another one, or one too many."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from psycopg import errors, sql

from tests.requiring import PERMISSION, denials, refuse, require
from tests.support import Connect, Login, events, last_id, one, remove_guard


@pytest.fixture
def application(
    postgresql: psycopg.Connection, people: None, login: Login, connect: Connect
) -> Iterator[psycopg.Connection[Any]]:
    """A login that says for whom it acts, in a database that is drained; it may make schemas."""
    one(postgresql, "select audit.drain()")
    with connect(login("audit_app")) as connection:
        me = connection.info.user
        postgresql.execute(f"grant create on database {connection.info.dbname} to {me}".encode())
        yield connection


POSED = """
    create schema lair;
    create type {schema}.actor as (user_id text);
    create table {schema}.users (username text); create table {schema}.user_roles (username text, role text);
    create function {schema}.clock_timestamp() returns timestamptz language sql as
      $$ select '2020-01-01'::timestamptz $$;
    create function {schema}.starts_with(text, text) returns boolean language sql as 'select true';
    create function {schema}.gen_random_uuid() returns uuid language plpgsql as
      $$ begin raise exception 'ran as %', current_user; end $$;
    create function {schema}.evil(text, text) returns boolean language plpgsql as
      $$ begin raise exception 'ran as %', current_user; end $$;
    create operator {schema}.<> (leftarg = text, rightarg = text, function = {schema}.evil);
    create operator {schema}.= (leftarg = text, rightarg = text, function = {schema}.evil);
    create domain {schema}.text as pg_catalog.text check (false);
    create domain {schema}.jsonb as pg_catalog.jsonb check (false);
    create domain {schema}.bytea as pg_catalog.bytea check (false)
"""


@pytest.mark.parametrize("schema", ["lair", "pg_temp"])
def test_a_hostile_search_path(postgresql: psycopg.Connection, application: psycopg.Connection, schema: str) -> None:
    """Types, tables, functions and operators of the caller, first in every path: none of them is run or read."""
    application.execute(POSED.replace("{schema}", schema).encode())
    application.execute(f"set search_path = {schema}, pg_temp, pg_catalog".encode())
    require(application, user_id="bob", request_id="hostile")
    (event,) = denials(postgresql)
    assert (event["user_id"], event["request_id"]) == ("bob", "hostile")
    assert event["created_at"].year > 2020


SETTINGS = [
    "standard_conforming_strings = off",
    "quote_all_identifiers = on",
    "plpgsql.extra_errors = 'all'",
    "transform_null_equals = on",
    "row_security = off",
    "bytea_output = 'escape'",
    "client_encoding = 'LATIN1'",
    "default_transaction_isolation = 'serializable'",
    "default_transaction_read_only = on",
    "synchronous_commit = off",
    "check_function_bodies = off",
    "intervalstyle = 'iso_8601'",
    "extra_float_digits = -15",
    "xmlbinary = 'hex'",
    "plan_cache_mode = force_generic_plan",
    "enable_seqscan = off",
    "work_mem = '64kB'",
    "application_name = 'audit_guard'",
]


@pytest.mark.parametrize("setting", SETTINGS)
def test_no_setting_keeps_a_denial_off_the_record(
    postgresql: psycopg.Connection, application: psycopg.Connection, setting: str
) -> None:
    """What a client may set, set before the first call of a session: refused as ever, on record as ever."""
    application.execute(f"set {setting}".encode())
    require(application, user_id="bob", request_id="r1")
    (event,) = denials(postgresql)
    assert (event["user_id"], event["request_id"], event["metadata"]) == ("bob", "r1", {"reason": "not_granted"})


def test_nobody_else_sends_denials(
    postgresql: psycopg.Connection, application: psycopg.Connection, login: Login, connect: Connect
) -> None:
    """No login reaches the sender; a member of audit_owner does, and is refused, in its own functions too."""
    forged = 'audit_guard.emit_denial(\'{"action": "ROW_INSERTED", "user_id": "ann"}\')'
    for statement in (f"select {forged}", "select audit_guard.emit('{}')", "select audit_guard.mac('x')"):
        with pytest.raises(errors.InsufficientPrivilege):
            application.execute(statement.encode())
    with connect(login("audit_owner", inherit=True, set_=True)) as insider:
        me = insider.info.user
        postgresql.execute(f"grant create on database {insider.info.dbname} to {me}".encode())
        insider.execute("create schema lair")
        names = ["f", "iam.require_permission", 'iam"."require_permission', "iam.require_permission(text"]
        for schema in ("lair", "pg_temp"):
            for name in names:
                function = sql.SQL("create function {}.{}() returns boolean language plpgsql as {}").format(
                    *map(sql.Identifier, (schema, name)),
                    sql.Literal(f"declare v boolean; begin v := {forged}; return v; end"),
                )
                insider.execute(function)
                for path in ("lair, iam", "pg_temp, iam", "pg_catalog"):
                    insider.execute(f"set search_path = {path}".encode())
                    with pytest.raises(psycopg.Error) as refusal:
                        insider.execute(sql.SQL("select {}.{}()").format(*map(sql.Identifier, (schema, name))))
                    assert refusal.value.sqlstate == "ID013"
        for statement in (
            f"select {forged}",
            f'select {forged} as "\nPL/pgSQL function iam.require_permission(x) line 3 at assignment"',
            "select audit_guard.emit('{}')",
        ):
            with pytest.raises(psycopg.Error) as refusal:
                insider.execute(statement.encode())
            assert refusal.value.sqlstate in ("ID013", "42501")
        insider.execute("drop schema lair cascade")
    assert denials(postgresql) == []
    assert events(postgresql, "user_id = 'ann' and action = 'ROW_INSERTED' and outcome = 'denied'") == []


def test_an_old_message_adds_nothing(postgresql: psycopg.Connection, application: psycopg.Connection) -> None:
    """Whoever can read the write-ahead log and send messages sends a true one again: known, thrown away, on record."""
    for name in ("r1", "r2"):
        require(application, user_id="bob", request_id=name)
    query = """
        select substr(data, 14 + 19) from pg_logical_slot_peek_binary_changes(
          (select slot_name from pg_replication_slots where database = current_database()), null, null,
          'proto_version', '1', 'publication_names', 'indelible_verdicts', 'messages', 'true'
        ) where substr(data, 1, 1) = 'M'
    """
    messages = [content for (content,) in postgresql.execute(query.encode())]
    assert len(messages) == 2
    again = "select pg_logical_emit_message(false, 'indelible.verdict', %s::bytea)"
    # Before the first is drained, in one portion with it; and afterwards.
    postgresql.execute(again.encode(), (messages[0],))
    assert [row["request_id"] for row in denials(postgresql)] == ["r1", "r2"]
    for message in messages:
        postgresql.execute(again.encode(), (message,))
    require(application, user_id="bob", request_id="r3")
    assert [row["request_id"] for row in denials(postgresql)] == ["r1", "r2", "r3"]
    thrown_away = [row["metadata"]["messages"] for row in events(postgresql, "action = 'AUDIT_VERDICTS_FORGED'")]
    assert thrown_away == [1, 2]


def test_a_message_read_twice_is_recorded_once(postgresql: psycopg.Connection, application: psycopg.Connection) -> None:
    """Progress that was set back, by whoever may, doubles no record."""
    require(application, user_id="bob")
    assert one(postgresql, "select audit.drain()") == (1,)
    postgresql.execute("delete from audit_private.drains")
    assert one(postgresql, "select audit.drain()") == (0,)
    assert len(denials(postgresql)) == 1
    assert [row["metadata"]["messages"] for row in events(postgresql, "action = 'AUDIT_VERDICTS_FORGED'")] == [1]


@pytest.mark.parametrize(
    "theft", ["pg_drop_replication_slot(slot_name)", "pg_replication_slot_advance(slot_name, pg_current_wal_lsn())"]
)
def test_a_stolen_slot_is_on_record(
    postgresql: psycopg.Connection, application: psycopg.Connection, theft: str
) -> None:
    """Denials that somebody with REPLICATION threw away are missed: AUDIT_VERDICTS_LOST; the next is kept again."""
    require(application, user_id="bob", request_id="gone")
    postgresql.execute(f"select {theft} from pg_replication_slots where database = current_database()".encode())
    assert denials(postgresql) == []
    assert len(events(postgresql, "action = 'AUDIT_VERDICTS_LOST'")) == 1
    require(application, user_id="bob", request_id="kept")
    assert [row["request_id"] for row in denials(postgresql)] == ["kept"]


def test_eight_at_once(postgresql: psycopg.Connection, people: None, login: Login, admin_dsn: str) -> None:
    """Eight clients refused in transactions that they undo, while two drain: each refusal once, none for another."""
    one(postgresql, "select audit.drain()")
    dsns = [login("audit_app") for _ in range(8)]
    over = threading.Event()

    def ask(number: int) -> None:
        with psycopg.connect(dsns[number], autocommit=True) as connection:
            for turn in range(15):
                connection.execute("begin")
                connection.execute(
                    "select audit.set_context(%s, null, %s)", (("bob", "dan")[turn % 2], f"{number}-{turn}")
                )
                require(connection)
                connection.execute("rollback")

    def drain() -> None:
        with psycopg.connect(admin_dsn, autocommit=True) as connection:
            while not over.is_set():
                connection.execute("select audit.drain()")

    with ThreadPoolExecutor(10) as pool:
        draining = [pool.submit(drain) for _ in range(2)]
        try:
            list(pool.map(ask, range(8)))
        finally:
            over.set()
        for each in draining:
            each.result()
    found = denials(postgresql)
    users = {psycopg.conninfo.conninfo_to_dict(dsn)["user"]: number for number, dsn in enumerate(dsns)}
    assert sorted((users[row["db_user"]], row["request_id"], row["user_id"]) for row in found) == sorted(
        (number, f"{number}-{turn}", ("bob", "dan")[turn % 2]) for number in range(8) for turn in range(15)
    )


def test_a_cancelled_refusal_is_no_permission(postgresql: psycopg.Connection, application: psycopg.Connection) -> None:
    """With whatever statement_timeout the call never goes through, and a refusal that was answered is on record."""
    answered = 0
    for number in range(60):
        application.execute(f"set statement_timeout = '{1 + number % 5}ms'".encode())
        with pytest.raises(psycopg.Error) as refusal:
            application.execute("select iam.require_permission('shop.order.take', user_id => 'bob')")
        assert refusal.value.sqlstate in ("ID015", "57014")
        answered += refusal.value.sqlstate == "ID015"
    assert answered <= len(denials(postgresql)) <= 60


def test_without_a_guard_it_still_refuses(postgresql: psycopg.Connection, application: psycopg.Connection) -> None:
    """Where no superuser migrated there is no record of it, and a note says so; the service's own way records."""
    remove_guard(postgresql)
    mark = last_id(postgresql)
    require(application, user_id="bob")
    assert one(postgresql, "select audit.drain()") == (0,)
    assert events(postgresql, "id > %s", mark) == []
    assert one(application, "select iam.check_permission(%s, user_id => 'bob')", PERMISSION) == ("denied",)
    assert [row["permission"] for row in events(postgresql, "id > %s", mark)] == [PERMISSION]
    ((note, remedy),) = postgresql.execute("select note, remedy from audit.notes()").fetchall()
    assert "iam.require_permission()" in note and remedy == "as a superuser: indelible migrate"


def test_what_anybody_reaches_in_iam(application: psycopg.Connection, login: Login, connect: Connect) -> None:
    """The schema is open so that one function can be called: nobody reads users or permissions by it."""
    with connect(login()) as anybody:
        refuse(anybody, "select iam.require_permission('a.b')")
        for statement in ("table iam.users", "table iam.open_sessions", "select iam.judge_permission('ann', 'a.b')"):
            with pytest.raises(errors.InsufficientPrivilege):
                anybody.execute(statement.encode())
