"""Attacks that once worked, or nearly did: none may make Indelible's owner run somebody's code, or forge a record."""

import psycopg
import pytest
from psycopg import errors

from tests.support import Connect, Login, events, last_id, one, remove_guard

# Types named in the bodies of functions that anybody can call.
POSED_TYPES = ["name", "text", "jsonb", "timestamptz", "inet", "bytea", "regclass", "int8", "bool"]


@pytest.mark.parametrize("posed", POSED_TYPES)
def test_temporary_types_are_not_looked_up(
    postgresql: psycopg.Connection, login: Login, connect: Connect, posed: str
) -> None:
    """With an empty search_path pg_temp comes first for types: a domain there would run its check as the owner."""
    mark = last_id(postgresql)
    with connect(login("audit_app", "audit_writer", "iam_admin", "audit_admin")) as attacker:
        attacker.execute(
            f"""
            create table pg_temp.ran (who text);
            create table pg_temp.own (id int primary key, note text);
            create function pg_temp.evil(pg_catalog.{posed}) returns bool language plpgsql as $$
            begin
              if current_user <> session_user then raise exception 'ran as %', current_user; end if;
              return true;
            end $$;
            create domain pg_temp.{posed} as pg_catalog.{posed} check (pg_temp.evil(value));
            """.encode()
        )
        for call in (
            "audit.unwatch('pg_temp.own'::pg_catalog.regclass)",
            "audit.set_context('ann', '10.0.0.1', 'r')",
            "audit.set_context('00.00')",
            "iam.check_permission('a.b', user_id => 'ann', metadata => '{}')",
            "iam.login_begin('ann', '10.0.0.1', 'r')",
            "iam.create_user('ann', 'Ann')",
            "audit.define_action('TEST_DONE', 'x', 'service')",
            "audit.record('TEST_DONE', metadata => '{}', created_at => '2026-01-01')",
            "audit.maintain()",
        ):
            attacker.execute(f"select {call}".encode())
    assert "ROW_DELETED" not in {row["action"] for row in events(postgresql, "id > %s", mark)}


def test_no_function_looks_into_temporary_schemas_first(postgresql: psycopg.Connection) -> None:
    """Every function names pg_temp, last; or its body was parsed when it was made."""
    rows = postgresql.execute(
        """
        select oid::regprocedure::text from pg_proc
        where pronamespace::regnamespace::text in ('audit', 'audit_private', 'iam')
          and prosqlbody is null
          and prokind <> 'a'
          and not coalesce('search_path=pg_catalog, pg_temp' = any (proconfig), false)
        """
    ).fetchall()
    assert rows == []


@pytest.mark.parametrize("capture", ["row", "statement"])
@pytest.mark.parametrize("retype", ["alter c type lair.e using 'a'::lair.e", "drop c, add c lair.e"])
def test_a_retyped_column_runs_no_cast(
    postgresql: psycopg.Connection, login: Login, connect: Connect, capture: str, retype: str
) -> None:
    """Retyping a column after watch does not bring its casts to the owner; unnoticed, it makes the write fail."""
    remove_guard(postgresql)
    with connect(login()) as attacker:
        postgresql.execute(f"create schema lair authorization {attacker.info.user}".encode())
        attacker.execute(
            """
            create table lair.t (id int primary key, c int);
            create type lair.e as enum ('a');
            create function lair.evil(lair.e) returns json language plpgsql as $$
            begin raise exception 'ran as %', current_user; end $$;
            create cast (lair.e as json) with function lair.evil(lair.e);
            """
        )
        attacker.execute("select audit.watch('lair.t', capture => %s)", (capture,))
        attacker.execute(f"alter table lair.t {retype.replace('alter c', 'alter column c')}".encode())
        with pytest.raises(psycopg.Error) as refusal:
            attacker.execute("insert into lair.t values (1, 'a')")
        assert refusal.value.sqlstate == "ID011"
        attacker.execute("select audit.watch('lair.t', capture => %s)", (capture,))
        attacker.execute("insert into lair.t values (1, 'a')")
    postgresql.execute("drop schema lair cascade")
    (event,) = events(postgresql, "entity_type = 'lair.t'")
    assert event["changes"] == {"new": {"id": 1, "c": "a"}}


def test_a_long_entity_id_does_not_lose_the_event(
    postgresql: psycopg.Connection, login: Login, connect: Connect
) -> None:
    """An id too long for the index is kept as its hash; nobody suppresses an event by the length of a path."""
    postgresql.execute("select audit.define_action('TEST_DONE', 'A test.', 'service')")
    with connect(login("audit_writer")) as connection:
        name = "".join(chr(0x4E00 + number * 7 % 20000) for number in range(950))
        (number,) = one(connection, "select audit.record('TEST_DONE', 'THING', %s)", name)
    (event,) = events(postgresql, "id = %s", number)
    assert event["entity_id"].startswith("sha256:")


@pytest.mark.parametrize("kind", ["date", "timestamp", "timestamptz", "interval", "bytea"])
def test_settings_do_not_split_an_entity(postgresql: psycopg.Connection, kind: str) -> None:
    """One row has one entity id, whatever date style, time zone or output format the client has set."""
    value = {"bytea": "\\x00ff", "interval": "1 mon 2 days 03:04:05"}.get(kind, "2026-02-01 00:00:00")
    postgresql.execute(f"create table public.things (id {kind} primary key, a int)".encode())
    postgresql.execute("select audit.watch('public.things', 'THING')")
    postgresql.execute("insert into public.things values (%s, 1)", (value,))
    for setting in (
        "datestyle = 'German'",
        "timezone = 'Asia/Tokyo'",
        "intervalstyle = 'iso_8601'",
        "bytea_output = 'escape'",
    ):
        postgresql.execute(f"set {setting}".encode())
    postgresql.execute("update public.things set a = 2")
    postgresql.execute("reset all")
    assert len({row["entity_id"] for row in events(postgresql, "entity_type = 'THING'")}) == 1


@pytest.mark.parametrize("entity_type", ["IAM_USER", "AUDIT_WATCH", "FTMS_BOOKING", "ONCE_THEIRS"])
def test_no_table_passes_for_another(
    postgresql: psycopg.Connection, login: Login, connect: Connect, entity_type: str
) -> None:
    """Entity types of Indelible, and of other tables watched now or once, are refused."""
    postgresql.execute("create table public.theirs (id int primary key)")
    postgresql.execute("select audit.watch('public.theirs', 'ONCE_THEIRS'), audit.unwatch('public.theirs')")
    with connect(login()) as connection:
        postgresql.execute(f"create schema lair authorization {connection.info.user}".encode())
        connection.execute("create table lair.t (id int primary key)")
        with pytest.raises(psycopg.Error) as refusal:
            connection.execute("select audit.watch('lair.t', %s)", (entity_type,))
        assert refusal.value.sqlstate == "ID006"


def test_what_cannot_be_seen_whole_is_refused(postgresql: psycopg.Connection) -> None:
    """Parents of plain inheritance, partitions of watched tables, and statement capture of partitioned tables."""
    postgresql.execute(
        """
        create table public.parent (id int primary key); create table public.child () inherits (public.parent);
        create table public.whole (id int primary key) partition by range (id);
        create table public.part partition of public.whole for values from (0) to (10);
        """
    )
    postgresql.execute("select audit.watch('public.whole')")
    for call in ("'public.parent'", "'public.part'", "'public.whole', capture => 'statement'"):
        with pytest.raises(psycopg.Error) as refusal:
            postgresql.execute(f"select audit.watch({call})".encode())
        assert refusal.value.sqlstate == "ID006", call


def test_a_stolen_context_ends_with_the_session(postgresql: psycopg.Connection, login: Login, connect: Connect) -> None:
    """After logout a sealed context names nobody, though it has not expired."""
    postgresql.execute("select iam.create_user('ann', 'Ann')")
    postgresql.execute("select iam.set_password('ann', '1234567890123456', 8192, 1, 1, sha256('k'))")
    with connect(login("audit_app")) as connection:
        (attempt,) = one(connection, "select attempt_id from iam.login_begin('ann', null, null)")
        connection.execute("select iam.login_finish(%s, 'k', sha256('t'))", (attempt,))
        (sealed,) = one(connection, "select sealed from iam.authenticate(sha256('t'), null, 'r1')")
        assert one(connection, "select iam.check_permission('a.b', %s)", sealed) == ("no_role",)
        connection.execute("select iam.logout(sha256('t'), null, 'r2')")
        assert one(connection, "select iam.check_permission('a.b', %s)", sealed) == ("unauthenticated",)
    (event,) = events(postgresql, "action = 'RBAC_PERMISSION_DENIED'")
    assert event["user_id"] is None and "ended session of ann" in event["metadata"]["claim"]


def test_guesses_rolled_back_come_on_record(postgresql: psycopg.Connection, login: Login, connect: Connect) -> None:
    """An attempt that was never finished is recorded as abandoned at the next attempt on that name."""
    postgresql.execute("select iam.create_user('ann', 'Ann')")
    with connect(login("audit_app")) as connection:
        connection.execute("select iam.login_begin('ann', '10.0.0.1', 'r1')")
        postgresql.execute("update iam.login_attempts set started_at = started_at - interval '3 minutes'")
        connection.execute("select iam.login_begin('ann', '10.0.0.1', 'r2')")
    (event,) = events(postgresql, "action = 'AUTH_LOGIN_FAILED'")
    assert (event["request_id"], event["metadata"]["reason"]) == ("r1", "abandoned")


def test_writers_cannot_dress_up_events(postgresql: psycopg.Connection, login: Login, connect: Connect) -> None:
    """A writer neither makes a malformed login a success, nor plants the claim that the database writes itself."""
    postgresql.execute("select audit.define_action('TEST_DONE', 'A test.', 'service')")
    with connect(login("audit_writer", "audit_admin")) as connection:
        with pytest.raises(psycopg.Error) as refusal:
            connection.execute("select audit.record('AUTH_LOGIN_MALFORMED', outcome => 'success')")
        assert refusal.value.sqlstate == "ID005"
        for code in ("AUTH_LOGIN_FAKED", "ROW_FAKED", "IAM_FAKED_TOO", "AUDIT_FAKED", "RBAC_FAKED", "TABLE_FAKED"):
            with pytest.raises(psycopg.Error) as refusal:
                connection.execute("select audit.define_action(%s, 'x', 'service')", (code,))
            assert refusal.value.sqlstate == "ID003"
        connection.execute("""select audit.record('TEST_DONE', metadata => '{"claim": "by root", "a": 1}')""")
    (event,) = events(postgresql, "action = 'TEST_DONE'")
    assert event["metadata"] == {"a": 1}


def test_nobody_locks_maintenance_out(postgresql: psycopg.Connection, login: Login, connect: Connect) -> None:
    """Advisory locks, which any login can take, do not stop maintenance."""
    with connect(login()) as idle:
        idle.execute("select pg_advisory_lock(hashtextextended('indelible.maintain', 0))")
        with connect(login("audit_admin")) as connection:
            connection.execute("select audit.maintain()")


def test_composites_of_nulls_are_not_null(postgresql: psycopg.Connection) -> None:
    """NULL and a row of NULLs are two values, and recorded as two."""
    postgresql.execute("create type public.two as (a int, b int)")
    postgresql.execute("create table public.things (id int primary key, c public.two)")
    postgresql.execute("select audit.watch('public.things', 'THING')")
    postgresql.execute("insert into public.things values (1, null), (2, row(null, null))")
    assert [row["changes"]["new"]["c"] for row in events(postgresql, "entity_type = 'THING'")] == [None, "(,)"]


def test_capture_functions_stay_closed(postgresql: psycopg.Connection, login: Login, connect: Connect) -> None:
    """Nobody but the owner executes or attaches the code of capture."""
    (function,) = one(
        postgresql, "select min(oid::regprocedure::text) from pg_proc where proname like 'capture\\_%insert'"
    )
    with connect(login("audit_app", "audit_admin")) as connection:
        connection.execute("create table pg_temp.t (a int)")
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute(f"create trigger t after insert on pg_temp.t execute function {function}".encode())
