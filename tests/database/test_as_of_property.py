"""audit.as_of is the table as it was: whatever table, statements and changes of its shape."""

from contextlib import suppress
from datetime import datetime
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from psycopg import errors, sql

from tests.literals import ODD, USER_TYPES
from tests.replaying import followed
from tests.stories import Step, Table, statement, stories
from tests.support import one


def as_of(table: str, moment: datetime) -> sql.Composed:
    return sql.SQL("audit.as_of(null::{}, {})").format(sql.SQL(table), sql.Literal(moment))


def now(connection: psycopg.Connection[Any]) -> datetime:
    moment: datetime = one(connection, "select clock_timestamp()")[0]
    return moment


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(story=stories())
def test_the_past_is_the_table_as_it_was(postgresql: psycopg.Connection[Any], story: tuple[Table, list[Step]]) -> None:
    """Types and names of any kind, keys that change and return, bulk, MERGE, TRUNCATE, savepoints: to the bit."""
    # Names of objects, which change without their values: as_of says that it does not know them.
    assume(not any(kind.startswith("reg") for kind in story[0].columns.values()))
    if one(postgresql, "select to_regnamespace(%s) is null", ODD) == (True,):
        postgresql.execute(USER_TYPES.encode())
    table, steps = story
    with postgresql.transaction(force_rollback=True):
        follower = followed(postgresql, table.capture, table.create(), table.spelled)
        moments = [now(postgresql)]
        for step in steps:
            with (
                suppress(errors.UniqueViolation, errors.CardinalityViolation),
                postgresql.transaction(force_rollback=step.undone),
            ):
                postgresql.execute(statement(table, step).encode())
            follower.note()
            moments.append(now(postgresql))
        for moment, state in zip(moments, follower.states, strict=True):
            assert follower.state(as_of(follower.table.as_string(), moment)) == state


INSERT = (
    "insert into public.things (id, part) select g, g % 3 from generate_series({n}, {n} + 2) as g "
    "where g not in (select id from public.things)"
)
ROWS = [
    *[INSERT] * 3,
    "update public.things set {last} = null where id > {n}",
    "update public.things set {last} = default where id < {n}",
    "update public.things set part = (part + 1) % 3 where id = {n}",
    "update public.things set id = id + 10 where id = {n} and (select max(id) from public.things) < 10",
    "delete from public.things where id between {n} and {n} + 1",
    "truncate public.things",
]
SHAPES = [
    "alter table public.things rename column {last} to c{fresh}",
    "alter table public.things drop column {last}",
    "alter table public.things add column c{fresh} text default 'new'",
    "alter table public.things rename {last} to c{fresh}; alter table public.things add {last} int default 5",
    "alter table public.things alter column id type bigint",
    "alter table public.things alter column {last} type text using {last}::text",
]
TABLES = {
    "row": "(id int, part int, name text, n int, primary key (id, part))",
    "statement": "(id int primary key, part int, name text, n int)",
    "partitioned": "(id int, part int, name text, n int, primary key (id, part)) partition by list (part)",
    "keyless": "(id int, part int, name text, n int)",
    "deferrable": "(id int primary key deferrable, part int, name text, n int)",
}


def shown(connection: psycopg.Connection[Any], source: sql.Composable) -> tuple[dict[int, str], list[dict[int, Any]]]:
    """The columns by number, and the rows as texts by number of the column."""
    columns = dict(
        connection.execute(
            "select attnum, attname::text from pg_attribute "
            "where attrelid = 'public.things'::regclass and attnum > 0 and not attisdropped"
        ).fetchall()
    )
    texts = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(name)) for name in columns.values())
    rows = connection.execute(sql.SQL("select {} from {}").format(texts, source)).fetchall()
    return columns, [dict(zip(columns, row, strict=True)) for row in rows]


def sorted_rows(rows: list[dict[int, Any]]) -> list[str]:
    return sorted(map(str, rows))


@pytest.mark.parametrize("kind", TABLES)
def test_the_past_survives_changes_of_the_shape(postgresql: psycopg.Connection[Any], kind: str) -> None:
    """Columns renamed, dropped, added and retyped: what a present column was then, or NULL if it was not there."""
    shapes = SHAPES if kind in ("row", "statement", "partitioned") else SHAPES[:-2]

    @settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.tuples(st.sampled_from(ROWS + ROWS + shapes), st.integers(0, 6)), max_size=12))
    def check(steps: list[tuple[str, int]]) -> None:
        postgresql.execute("drop table if exists public.things")
        postgresql.execute(f"create table public.things {TABLES[kind]}".encode())
        if kind == "partitioned":
            for part in range(3):
                postgresql.execute(
                    f"create table public.part_{part} partition of public.things for values in ({part})".encode()
                )
        postgresql.execute("insert into public.things select g, g % 3, 'before', g from generate_series(0, 4) as g")
        postgresql.execute(
            "select audit.watch('public.things', 'THING', %s)", ("statement" if kind == "statement" else "row",)
        )
        things = sql.Identifier("public", "things")
        past = [(now(postgresql), *shown(postgresql, things))]
        for fresh, (step, number) in enumerate(steps):
            last = list(past[-1][1].values())[-1]
            if last in ("id", "part"):
                break
            with suppress(errors.UniqueViolation):
                postgresql.execute(step.format(n=number, last=last, fresh=fresh).encode())
            past.append((now(postgresql), *shown(postgresql, things)))
        present = past[-1][1]
        for moment, _, rows in past:
            _, found = shown(postgresql, as_of("public.things", moment))
            assert sorted_rows(found) == sorted_rows([{n: row.get(n) for n in present} for row in rows]), moment

    check()
