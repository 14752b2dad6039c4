"""The views for people and BI tools: flat, typed so that every driver shows them, and telling the same story."""

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.support import Connect, Login, Row

VIEWS = ["v_events", "v_data_changes", "v_authentication", "v_denials", "v_entity_history"]


@pytest.fixture
def story(postgresql: psycopg.Connection) -> None:
    """One row change, one refused login, one denial."""
    postgresql.execute(
        """
        create table public.things (id int primary key, a text);
        select audit.watch('public.things', 'THING');
        insert into public.things values (1, 'x');
        update public.things set a = 'y';
        select iam.create_user('ann', 'Ann');
        select iam.check_permission('a.b', user_id => 'ann')
        """
    )
    (attempt,) = postgresql.execute("select attempt_id from iam.login_begin('ghost', '::1', 'r1')").fetchall()[0]
    postgresql.execute("select iam.login_finish(%s, 'x', sha256('t'))", (attempt,))


@pytest.mark.parametrize("view", VIEWS)
def test_views_are_flat(postgresql: psycopg.Connection, view: str) -> None:
    """Only text, bigint and timestamptz, which ODBC, JDBC, pandas and the rest show rightly."""
    rows = postgresql.execute(
        "select distinct format_type(atttypid, null) from pg_attribute where attrelid = %s::regclass and attnum > 0",
        (f"audit.{view}",),
    ).fetchall()
    assert {kind for (kind,) in rows} <= {"text", "bigint", "timestamp with time zone"}


@pytest.mark.usefixtures("story")
def test_a_reader_sees_the_story(login: Login, connect: Connect) -> None:
    """The BI role reads every view, with the values people look for."""
    with connect(login("audit_reader")) as connection, connection.cursor(row_factory=dict_row) as cursor:
        last: dict[str, Row] = {}
        for view in VIEWS:
            for row in cursor.execute(f"select * from audit.{view} order by id".encode()):
                last[view] = row
            assert view in last, view
        (update,) = cursor.execute(
            "select * from audit.v_data_changes where action = 'ROW_UPDATED' and entity_type = 'THING'"
        ).fetchall()
    assert (update["columns"], update["old_values"], update["new_values"]) == ("a", '{"a": "x"}', '{"a": "y"}')
    assert last["v_authentication"]["reason"] == "unknown_user" and last["v_authentication"]["ip_address"] == "::1"
    assert last["v_events"]["description"] == "A login was refused: wrong password, or no such user."


@pytest.mark.usefixtures("story")
def test_history_of_one_entity_uses_the_index(postgresql: psycopg.Connection) -> None:
    """Looking up one record never scans the log."""
    postgresql.execute("set enable_seqscan = off")
    rows = postgresql.execute(
        "explain select * from audit.v_entity_history where entity_type = 'THING' and entity_id = '1' order by id"
    ).fetchall()
    plan = "\n".join(line for (line,) in rows)
    assert "entity_id_entity_type_idx" in plan and "Seq Scan" not in plan


def test_every_public_object_is_described(postgresql: psycopg.Connection) -> None:
    """What others may call or read says what it is: comment on function, table, view."""
    rows = postgresql.execute(
        """
        select oid::regprocedure::text from pg_proc
        where pronamespace::regnamespace::text in ('audit', 'iam')
          and obj_description(oid, 'pg_proc') is null
          and exists (select from aclexplode(proacl) as acl where acl.grantee <> proowner)
        union all
        select oid::regclass::text from pg_class
        where relnamespace = 'audit'::regnamespace and relkind in ('r', 'p', 'v')
          and obj_description(oid, 'pg_class') is null
        """
    ).fetchall()
    assert rows == []
