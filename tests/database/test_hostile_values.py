"""Values of any type: on record exactly, told apart exactly, whatever the session has set."""

import psycopg
import pytest
from psycopg import sql

from tests.literals import FAMILIES, ODD, USER_TYPES
from tests.replaying import both_captures, followed, records
from tests.support import admin_connection, last_id, one


def literals(kind: str, values: list[str]) -> list[str]:
    """The values as SQL, and NULL."""
    return ["null", *(f"{sql.Literal(value).as_string()}::{kind}" for value in values)]


@both_captures
@pytest.mark.parametrize("family", FAMILIES)
def test_values_survive_exactly(postgresql: psycopg.Connection, capture: str, family: str) -> None:
    """Each value of each type goes into the log, changes into one that reads differently, and comes back to the bit."""
    postgresql.execute(USER_TYPES.encode())
    kinds = FAMILIES[family]
    cases = [literals(kind, values) for kind, values in kinds.items()]
    columns = ", ".join(f"c{number} {kind}" for number, kind in enumerate(kinds))
    follower = followed(postgresql, capture, f"create table public.things (id int primary key, {columns})")
    height = range(max(map(len, cases)))
    rows = [", ".join([str(n), *(case[n % len(case)] for case in cases)]) for n in height]
    # In each column each value becomes the next one: NULL the first, the last one NULL.
    turns = [" ".join(f"when {n} then {case[(n + 1) % len(case)]}" for n in height) for case in cases]
    turn = ", ".join(f"c{number} = case id {turn} end" for number, turn in enumerate(turns))
    same = ", ".join(f"c{number} = c{number}" for number in range(len(cases)))
    follower.play(
        "insert into public.things values " + ", ".join(f"({row})" for row in rows),
        f"update public.things set {turn}",
        f"update public.things set {same}",
        "delete from public.things where id % 2 = 0",
    )
    for record in records(postgresql, follower.entity_type, follower.marks[1])[: len(rows)]:
        assert set(record.old or ()) == set(follower.types) - {"id"}, "each value reads differently from the last one"
    assert follower.marks[3] == follower.marks[2], "what stays as it is leaves nothing"
    follower.check()


@pytest.mark.parametrize("family", FAMILIES)
def test_values_as_keys(postgresql: psycopg.Connection, family: str) -> None:
    """Rows are found by a key of any type, also after it changes to one that only reads differently."""
    postgresql.execute(USER_TYPES.encode())
    for number, (kind, values) in enumerate(FAMILIES[family].items()):
        table = f"public.keys_{number}"
        try:
            postgresql.execute(f"create table {table} (n int, c {kind} primary key)".encode())
        except psycopg.errors.UndefinedObject as error:
            assert "has no default operator class for access method" in str(error)  # noqa: PT017
            continue
        follower = followed(postgresql, ("row", "statement")[number % 2], "", table)
        for case in literals(kind, values)[1:]:
            follower.play(f"insert into {table} values (1, {case}) on conflict (c) do update set c = {case}, n = 2")
        follower.play(f"update {table} set n = n + 1", f"delete from {table}")
        follower.check()


@both_captures
def test_what_not_every_server_knows(postgresql: psycopg.Connection, capture: str) -> None:
    """XML, where the server was built with it, and endless intervals (17) survive like all other values."""
    kinds = {"interval": ["infinity", "-infinity"]} if postgresql.info.server_version >= 170000 else {}
    try:
        postgresql.execute("select '<a/>'::xml")
    except psycopg.errors.FeatureNotSupported:
        kinds["xml"] = []
    else:
        kinds["xml"] = ["<a b='1'/>", '<?xml version="1.0"?><é/>', "text &amp; more"]
    for number, (kind, values) in enumerate(kinds.items()):
        table = f"public.rare_{number}"
        follower = followed(postgresql, capture, f"create table {table} (id int primary key, c {kind})", table)
        for case in literals(kind, values):
            follower.play(f"insert into {table} values (1, {case}) on conflict (id) do update set c = {case}")
        follower.check()


# One column of every type whose text depends on what a session may set, and of types that hold such values.
COLOURED = {
    "real": "0.1", "float8": "0.30000000000000004", "money": "-1234.50", "bytea": "\\x00ff5c", "date": "0044-03-15 BC",
    "timestamp": "2026-02-03 04:05:06.7", "timestamptz": "2026-02-03 04:05:06.7+00",
    "interval": "1 mon -2 days 03:04:05.6",
    "timetz": "04:05:06+01", "tstzrange": "[2026-02-03 04:05:06+00,)", "datemultirange": "{[2026-02-03,2026-02-05)}",
    "float8[]": "{0.30000000000000004}", "interval[]": '{"1 mon 2 days"}',
    "bytea[]": '{"\\\\x00ff"}', "money[]": "{-1.50}",
    "point": "(0.30000000000000004,1e-7)", "box": "(1e300,0.1),(0,0)",
    "regclass": "audit.audit_logs", "regtype": "uuid",
    "regclass[]": "{audit.audit_logs,pg_class}", "regprocedure": "pg_catalog.length(text)", "json": '{"a":  1}',
    "numeric": "1.00", "text": "\\x é", "inet": "10.0.0.1/8", "aclitem": "=r/postgres", "tsvector": "a:1A 'b c'",
    f"{ODD}.nest": '("(1,a)",{},"a,b",null,0.30000000000000004,"2026-01-01 00:00:00+09","{x,NULL}")',
    f"{ODD}.floats": "[0.1,0.30000000000000004)", f"{ODD}.rows": '(1,"x","(,,,,0.1,infinity,)")',
    "xid8": "5", "oid": "7",
}  # fmt: skip
TEXTS = {
    "datestyle": ["SQL, DMY", "German", "Postgres, MDY", "ISO, DMY"],
    "timezone": ["Asia/Tokyo", "America/St_Johns", "<X>+15:59"],
    "lc_monetary": ["C"], "lc_numeric": ["C.utf8"], "lc_time": ["C.utf8"],
    "search_path": ["", "pg_temp", f"{ODD}, audit, pg_catalog"],
    "default_text_search_config": ["simple"], "client_encoding": ["LATIN1", "SQL_ASCII"],
    "timezone_abbreviations": ["India"],
    "plpgsql.extra_errors": ["all"], "plpgsql.extra_warnings": ["all"], "role": ["none"], "application_name": ["x"],
}  # fmt: skip


def choices(name: str, kind: str, low: str, high: str, options: list[str] | None, value: str) -> list[str]:
    """What a session could set this to, other than it is: every word, both ends of every range."""
    if kind == "bool":
        return ["off" if value == "on" else "on"]
    if kind in ("integer", "real"):
        return [low, high]
    return TEXTS.get(name, options or [])


def settings(connection: psycopg.Connection) -> list[tuple[str, str]]:
    """Each setting that a session can make, with each value worth trying."""
    query = """
        select lower(name), vartype, min_val, max_val, enumvals, setting from pg_settings
        where context in ('user', 'superuser') and name not like 'log\\_%' and name not like 'debug\\_%'
          and name <> all ('{{client_min_messages,exit_on_error,session_replication_role,trace_sort}}') order by name
    """
    extra = [("session_replication_role", "local"), ("plpgsql.check_asserts", "off"), ("debug_parallel_query", "on")]
    rows = connection.execute(query.replace("{{", "{").replace("}}", "}").encode()).fetchall()
    return extra + [(row[0], choice) for row in rows for choice in choices(*row)]


@both_captures
def test_no_setting_colours_the_record(postgresql: psycopg.Connection, capture: str) -> None:
    """Whatever a session sets, to whatever it can be set, what is recorded is the same, or the write is refused."""
    postgresql.execute(USER_TYPES.encode())
    columns = ", ".join(f"c{number} {kind}" for number, kind in enumerate(COLOURED))
    key = "k timestamptz, r regclass, b bytea, primary key (k, r, b)"
    postgresql.execute(
        f"create table public.things ({columns}, {key}); create table public.source (like public.things)".encode()
    )
    values = ", ".join(literals(kind, [value])[1] for kind, value in COLOURED.items())
    postgresql.execute(
        f"insert into public.source values ({values}, '2026-01-01 00:00+00', 'audit.actions', '\\xff')".encode()
    )
    postgresql.execute("select audit.watch('public.things', 'THING', %s)", (capture,))
    nothing = ", ".join(f"c{number} = null" for number in range(len(COLOURED)))
    statements = (
        "insert into public.things select * from public.source",
        f"update public.things set {nothing}",
        "delete from public.things",
    )

    def recorded() -> list[tuple[object, ...]]:
        mark = last_id(reader)
        with postgresql.transaction():
            for statement in statements:
                postgresql.execute(statement.encode())
        query = "select action, entity_id, changes::text from audit.audit_logs where id > %s order by id"
        return reader.execute(query, (mark,)).fetchall()

    with admin_connection(postgresql) as reader:
        plain, tried, refused = recorded(), settings(postgresql), set()
        assert len(plain) == 3 and len(tried) > 250
        for name, value in tried:
            try:
                postgresql.execute("select set_config(%s, %s, false)", (name, value))
                coloured = recorded()
            except psycopg.Error:
                refused.add(name)
            else:
                assert coloured == plain, (name, value)
            finally:
                postgresql.execute("reset all")
    assert refused <= {
        "default_transaction_read_only", "max_stack_depth", "transaction_deferrable", "transaction_isolation",
    }  # fmt: skip


def nondeterministic_collation(connection: psycopg.Connection) -> None:
    """Make public.ci, for which a equals A; a server built without ICU can have none but by declaration."""
    try:
        connection.execute(
            "create collation public.ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false)"
        )
    except psycopg.errors.FeatureNotSupported:
        connection.execute('create collation public.ci from "C.utf8"')
        connection.execute("update pg_collation set collisdeterministic = false where collname = 'ci'")


@both_captures
@pytest.mark.parametrize("kind", ["text", "varchar(20)", "char(20)"])
def test_nondeterministic_collations(postgresql: psycopg.Connection, capture: str, kind: str) -> None:
    """Where a equals A, one still changes into the other: in a column and in the key, which is then found by both."""
    nondeterministic_collation(postgresql)
    follower = followed(
        postgresql,
        capture,
        f"create table public.things (k {kind} collate public.ci, n int, c {kind} collate public.ci,"
        " primary key (k, n))",
    )
    follower.play(
        "insert into public.things values ('a', 1, 'x'), ('b', 1, 'y')",
        "update public.things set c = upper(c)",
        "update public.things set k = upper(k) where k = 'a'",
        "insert into public.things values ('B', 1, 'z') on conflict (k, n) do update set c = 'conflict'",
        "update public.things set c = c",
    )
    follower.check()
    assert follower.marks[2] - follower.marks[1] == 2 and follower.marks[5] == follower.marks[4]
    pairs = "select previous_entity_id::jsonb ->> 'k', entity_id::jsonb ->> 'k' from audit_private.key_changes"
    assert tuple(value.rstrip() for value in one(postgresql, pairs)) == ("a", "A")
