"""Values survive exactly: replaying the log onto an empty copy of a table gives the table, bit for bit."""

import itertools
import json
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support import one

TYPES = """
    create type mood as enum ('calm', 'evil', 'it''s');
    create type pair as (a int, b text);
    create domain posint as int check (value > 0);
"""

plain = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
number = st.decimals(allow_nan=False, allow_infinity=False, places=4).map(str)
json_text = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | plain,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(plain, inner, max_size=3),
    max_leaves=5,
).map(json.dumps)

# Type → literals of it, as text that its input function takes.
LITERALS: dict[str, st.SearchStrategy[str]] = {
    "boolean": st.sampled_from(["true", "false"]),
    "smallint": st.integers(-32768, 32767).map(str),
    "bigint": st.integers(-(2**63), 2**63 - 1).map(str),
    "numeric": number
    | st.sampled_from(["NaN", "Infinity", "-Infinity", "0", "-0.000", "1.0", "1.00", "1e-300", "1e300"]),
    "numeric(12,3)": st.integers(-(10**11), 10**11).map(lambda n: f"{n}e-3"),
    "real": st.floats(width=32).map(repr) | st.sampled_from(["-0", "0", "NaN", "Infinity"]),
    "double precision": st.floats().map(repr) | st.sampled_from(["-0", "0", "0.30000000000000004", "5e-324"]),
    "text": plain,
    "varchar(12)": plain,
    "char(14)": plain,
    "bytea": st.binary(max_size=12).map(lambda value: "\\x" + value.hex()),
    "date": st.sampled_from(["2026-02-28", "0044-03-15 BC", "infinity", "-infinity", "4713-01-01 BC"]),
    "timestamp": st.sampled_from(
        ["2026-02-28 01:02:03.000001", "0044-03-15 12:00 BC", "infinity", "1999-12-31 23:59:59"]
    ),
    "timestamptz": st.sampled_from(
        ["2026-02-28 01:02:03.4+09", "0044-03-15 12:00+00 BC", "-infinity", "1900-01-01 00:00-05"]
    ),
    "time": st.sampled_from(["00:00", "24:00", "12:34:56.789012"]),
    "timetz": st.sampled_from(["00:00+00", "12:34:56.789-08"]),
    "interval": st.sampled_from(["1 day", "24 hours", "1 mon -1 day", "-3 years 00:00:00.000001", "0"]),
    "uuid": st.uuids().map(str),
    "inet": st.sampled_from(["10.0.0.1", "10.0.0.1/8", "::1", "fe80::1/64"]),
    "macaddr": st.sampled_from(["08:00:2b:01:02:03"]),
    "json": json_text | st.sampled_from(['{"a":1,  "a":2}', " null", '"x"']),
    "jsonb": json_text | st.sampled_from(["null", '"null"', '"\\"x\\""', "1.50", "[]", '{"a": null}']),
    "point": st.sampled_from(["(1,2)", "(-0,1e10)"]),
    "money": st.sampled_from(["1.50", "-1234567.89"]),
    "bit varying": st.text("01", max_size=8),
    "tsvector": st.sampled_from(["a:1 b:2A", "'it''s'"]),
    "int4range": st.sampled_from(["[1,5)", "empty", "(,3]"]),
    "tstzrange": st.sampled_from(["[2026-01-01 00:00+00,)", "empty"]),
    "datemultirange": st.sampled_from(["{[2026-01-01,2026-02-01)}", "{}"]),
    "int[]": st.sampled_from(["{}", "{1,NULL,3}", "[0:1]={7,8}", "{{1,2},{3,4}}"]),
    "text[]": st.sampled_from(["{}", '{"a,b","NULL",NULL,"\\"q\\\\"}']),
    "timestamptz[]": st.sampled_from(['{"2026-01-01 00:00+09"}']),
    "mood": st.sampled_from(["calm", "evil", "it's"]),
    "mood[]": st.sampled_from(["{calm,NULL}", "{it's}"]),
    "pair": st.sampled_from(['(1,"x,y")', "(,)", '(2,"""q""")']),
    "pair[]": st.sampled_from(['{"(1,a)",NULL}']),
    "posint": st.integers(1, 2**31 - 1).map(str),
    "regclass": st.sampled_from(["pg_class", "audit.audit_logs"]),
    "pg_lsn": st.sampled_from(["0/0", "16/B374D848"]),
}
KINDS = sorted(LITERALS)


@dataclass
class Story:
    """A table's columns (their types), and what happens to it: (verb, key, values) in order."""

    kinds: list[str]
    steps: list[tuple[str, int, list[str | None]]]


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """Up to eight columns of any type and twelve statements on up to four keys."""
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=8))
    values = st.tuples(*(st.none() | LITERALS[kind] for kind in kinds)).map(list)
    verbs = st.sampled_from(["insert", "insert", "update", "update", "touch", "rekey", "delete", "undone"])
    return Story(kinds, draw(st.lists(st.tuples(verbs, st.integers(1, 4), values), min_size=1, max_size=12)))


def play(connection: psycopg.Connection[Any], table: str, story: Story) -> None:
    """Do what the story says; some of it in a transaction that is rolled back."""
    columns = [f"c{place}" for place in range(len(story.kinds))]
    casts = [f"%s::{kind}" for kind in story.kinds]
    insert = f"insert into {table} values (%s, {', '.join(casts)}) on conflict (id) do update set " + ", ".join(
        f"{column} = excluded.{column}" for column in columns
    )
    update = f"update {table} set {', '.join(f'{c} = {v}' for c, v in zip(columns, casts, strict=True))} where id = %s"
    for step, (verb, key, values) in enumerate(story.steps):
        if verb in ("insert", "undone"):
            with connection.transaction(force_rollback=verb == "undone"):
                connection.execute(insert.encode(), [key, *values])
        elif verb == "update":
            connection.execute(update.encode(), [*values, key])
        elif verb == "touch":
            connection.execute(f"update {table} set c0 = c0".encode())
        elif verb == "rekey":
            connection.execute(f"update {table} set id = %s where id = %s".encode(), [100 + step, key])
        else:
            connection.execute(f"delete from {table} where id = %s".encode(), [key])


def replay(connection: psycopg.Connection[Any], copy: str, entity_type: str, kinds: list[str], *, back: bool) -> None:
    """Through the log, event by event: forwards from nothing, or backwards from what the table is now."""
    columns = {"id": "bigint"} | {f"c{place}": kind for place, kind in enumerate(kinds)}
    side = "old" if back else "new"
    query = f"""
        select id, action, entity_id, coalesce(metadata ->> 'previous_entity_id', entity_id),
          array(select jsonb_object_keys(changes -> '{side}'))
        from audit.audit_logs where entity_type = %s order by id {"desc" if back else "asc"}
    """

    def value(name: str) -> str:
        return f"(log.changes -> '{side}' ->> '{name}')::{columns[name]}"

    for number, action, after, before, changed in connection.execute(query.encode(), [entity_type]).fetchall():
        if action == "ROW_UPDATED":
            pairs = ", ".join(f"{name} = {value(name)}" for name in changed)
            statement = f"update {copy} set {pairs} from audit.audit_logs as log where log.id = %s and {copy}.id = %s"
            connection.execute(statement.encode(), [number, after if back else before])
        elif (action == "ROW_INSERTED") == back:
            connection.execute(f"delete from {copy} where id = %s".encode(), [before])
        else:
            values = ", ".join(value(name) for name in columns)
            connection.execute(
                f"insert into {copy} select {values} from audit.audit_logs as log where id = %s".encode(), [number]
            )


def differences(connection: psycopg.Connection[Any], first: str, second: str) -> list[Any]:
    """Rows that are not the same to the bit."""
    query = f"""
        select a, b from {first} as a full join {second} as b using (id)
        where a is null or b is null or record_image_ne(row(a.*), row(b.*))
    """
    return connection.execute(query.encode()).fetchall()


numbers = itertools.count()


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(story=stories())
@pytest.mark.parametrize("capture", ["row", "statement"])
def test_the_log_is_the_table(postgresql: psycopg.Connection[Any], capture: str, story: Story) -> None:
    """Whatever the types and statements: forwards from an empty table, and backwards to one, nothing differs."""
    if postgresql.execute("select to_regtype('public.mood') is null").fetchone() == (True,):
        postgresql.execute(TYPES.encode())
        postgresql.execute("set timezone = 'Asia/Tokyo'")
    name = f"story_{next(numbers)}"
    columns = ", ".join(f"c{place} {kind}" for place, kind in enumerate(story.kinds))
    postgresql.execute(f"create table {name} (id bigint primary key, {columns})".encode())
    postgresql.execute(f"create table {name}_copy (like {name})".encode())
    postgresql.execute("select audit.watch(%s::regclass, %s, %s)", [name, name, capture])
    play(postgresql, name, story)
    with postgresql.transaction():
        postgresql.execute("set local lc_monetary = 'C'")
        replay(postgresql, f"{name}_copy", name, story.kinds, back=False)
        assert differences(postgresql, name, f"{name}_copy") == []
        replay(postgresql, f"{name}_copy", name, story.kinds, back=True)
        assert one(postgresql, f"select count(*) from {name}_copy") == (0,)
