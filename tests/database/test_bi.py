"""The log in BI tools: the locked role reaches the flat views and nothing else; docs/bi.md does what it says."""

import re
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import errors

from indelible.db.migrate import migrate
from tests.support import Connect, Login, one

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "bi.md").read_text()
EXAMPLES = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
VIEWS = re.findall(r"^\| `audit\.(v_\w+)` \|", PAGE, re.MULTILINE)


def test_each_view_is_on_the_page(postgresql: psycopg.Connection[Any]) -> None:
    """What audit_reader may read is what the page lists."""
    granted = postgresql.execute(
        "select relname from pg_class where relnamespace = 'audit'::regnamespace "
        "and has_table_privilege('audit_reader', oid, 'select')"
    ).fetchall()
    assert {view for (view,) in granted} == set(VIEWS)


def test_each_column_says_what_it_is(postgresql: psycopg.Connection[Any]) -> None:
    """Every column of a flat view has a comment, and a type that each driver shows rightly."""
    columns = postgresql.execute(
        """
        select attrelid::regclass || '.' || attname, col_description(attrelid, attnum), format_type(atttypid, null)
        from pg_attribute join pg_class as class on class.oid = attrelid
        where relnamespace = 'audit'::regnamespace and relname = any (%s) and attnum > 0
        """,
        (VIEWS,),
    ).fetchall()
    assert len(columns) > 60
    assert [name for name, comment, _ in columns if not comment] == []
    assert {kind for _, _, kind in columns} == {"text", "bigint", "timestamp with time zone"}


@pytest.mark.parametrize(
    "attempt",
    [
        "select * from audit.audit_logs",
        "select * from audit.actions",
        "select * from audit_private.audit_logs_default",
        "select * from audit_private.secrets",
        "select * from iam.users",
        "select * from ftms.bookings",
        "select * from audit_guard.keys",
        "select * from audit.as_of(null::ftms.bookings, now())",
        "select * from audit.history('ftms.bookings', '1')",
        "select * from audit.transaction('1')",
        "select audit.record('AUTH_LOGIN_OVERLOADED')",
        "select audit.maintain()",
        "select audit.drain()",
        "insert into audit.v_authentication (user_id) values ('x')",
        "delete from audit.v_denials",
        "create table audit.mine (id int)",
        "create table public.mine (id int)",
        "create schema mine",
        "create function public.mine() returns int language sql return 1",
        "select pg_read_file('postgresql.conf')",
        "select pg_ls_dir('.')",
        "copy audit.v_events to program 'cat'",
        "copy audit.v_events to '/tmp/events'",
        "select pg_authid.rolpassword from pg_authid",
        "select pg_create_logical_replication_slot('mine', 'pgoutput')",
        "alter view audit.v_events owner to current_user",
        "set role audit_owner",
        "grant audit_investigator to current_user",
    ],
)
def test_a_reader_reaches_nothing_else(
    postgresql: psycopg.Connection[Any], login: Login, connect: Connect, attempt: str
) -> None:
    """Each way out is tried and refused, and the views are still read afterwards."""
    with connect(login("audit_reader")) as reader:
        with pytest.raises((errors.InsufficientPrivilege, errors.ObjectNotInPrerequisiteState, errors.WrongObjectType)):
            reader.execute(attempt.encode())
        for view in VIEWS:
            reader.execute(f"select * from audit.{view} limit 1".encode())


def test_a_reader_sends_no_verdict(postgresql: psycopg.Connection[Any], login: Login, connect: Connect) -> None:
    """Messages are refused it, or thrown away on 16, where everybody may send them: see sql/guard/40_verdict.sql."""
    one(postgresql, "select audit.drain()")
    message = "select pg_logical_emit_message(false, 'indelible.verdict', 'x')"
    is_refused = postgresql.info.server_version >= 170000
    refusal = pytest.raises(errors.InsufficientPrivilege) if is_refused else nullcontext()
    with connect(login("audit_reader")) as reader, refusal:
        reader.execute(message.encode())
    postgresql.execute("checkpoint")  # on 16 nobody waits until a message is on disk
    assert one(postgresql, "select audit.drain()") == (0,)
    forged = one(postgresql, "select count(*) from audit.audit_logs where action = 'AUDIT_VERDICTS_FORGED'")
    assert forged == (int(not is_refused),)


def test_the_login_of_the_page(postgresql: psycopg.Connection[Any], admin_dsn: str, connect: Connect) -> None:
    """It reads within its time, and a query that would not end is ended."""
    postgresql.execute(EXAMPLES[0].encode())
    try:
        with connect(admin_dsn, user="dashboards", password="…") as reader:
            assert one(reader, "show statement_timeout") == ("1min",)
            reader.execute(EXAMPLES[1].encode())
            with pytest.raises(errors.ReadOnlySqlTransaction):
                reader.execute("create temporary table mine ()")
            reader.execute("set statement_timeout = 50")
            with pytest.raises(errors.QueryCanceled):
                reader.execute("select count(*) from audit.v_events, pg_sleep(60)")
    finally:
        postgresql.execute("drop owned by dashboards; drop role dashboards")


def test_some_rows_for_some_readers(
    postgresql: psycopg.Connection[Any], admin_dsn: str, login: Login, connect: Connect
) -> None:
    """By the policy of the page a reader sees its own events, in the view, in the log and after the next migrate."""
    postgresql.execute(EXAMPLES[2].encode())
    try:
        for table, entity_type in (("orders", "SHOP_ORDER"), ("people", "HR_PERSON")):
            postgresql.execute(f"create table public.{table} (id int)".encode())
            postgresql.execute("select audit.watch(%s::text::regclass, %s)", (f"public.{table}", entity_type))
            postgresql.execute(f"insert into public.{table} values (1)".encode())
        migrate(admin_dsn, sample=True)
        with connect(login("shop_auditors")) as reader:
            for source in ("audit.audit_logs", "public.v_shop_events"):
                found = reader.execute(f"select distinct entity_type from {source}".encode()).fetchall()
                assert found == [("SHOP_ORDER",)]
            with pytest.raises(errors.InsufficientPrivilege):
                reader.execute("select * from audit.v_events")
    finally:
        postgresql.execute("drop owned by shop_auditors; drop role shop_auditors")
