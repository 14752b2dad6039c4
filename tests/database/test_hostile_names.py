"""Names that break what spells them without care: of schemas, tables, columns, keys and entity types."""

import re

import psycopg
import pytest
from psycopg import sql

from tests.replaying import both_captures, followed, records
from tests.support import events, last_id, one

# Each is a name of its own, and all of them are columns of one table.
NAMES = [
    '"', '""', "'", "''", "`", "\\", "\\'", "$$", "$capture$", "$capture$ language sql; --", "%", "%s", "%1$I", "%%",
    "{}", "{0}", "$1", ":name", "?", ";", "--", "/*", "*/", " ", "  ", " leading", "trailing ", "a b", "a.b", 'a"."b',
    "a,b", "(a)", "[0]", "a::text", "new\nline", "carriage\rreturn", "tab\t", "\x01", "\x7f", "A", "a", "É", "é",
    "e\u0301", "\u202eright to left", "\u200b", "\ufeff", "😀" * 15 + "abc", "é" * 31 + "x", "n" * 63, "1", "1e5",
    "null", "NULL", "true", "'; select 1; --", "E'\\x'", 'U&"\\0041"', "oid", "old", "new", "OLD", "tg_op", "tg_relid",
    "found", "place", "indelible_old", "indelible_new", "sha256:", "@", "#", "~", "!", "^",
]  # fmt: skip


SYSTEM = {"ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"}


def quoted(name: str) -> str:
    return sql.Identifier(name).as_string()


def table_of(columns: list[str], table: str, *, key: list[str]) -> str:
    """CREATE TABLE with these columns, all text, and a key of some of them."""
    definitions = ", ".join(f"{quoted(name)} text" for name in columns)
    return f"create table {table} ({definitions}, primary key ({', '.join(map(quoted, key))}))"


def exercise(connection: psycopg.Connection, capture: str, columns: list[str], table: str, key: list[str]) -> None:
    """Insert, update column by column, change the key, delete; and follow the log."""
    follower = followed(connection, capture, table_of(columns, table, key=key), table)
    names = ", ".join(map(quoted, columns))
    row = ", ".join(f"'v{place}'" for place in range(len(columns)))
    follower.play(
        f"insert into {table} ({names}) values ({row}), ({row.replace('v', 'w')})",
        f"update {table} set " + ", ".join(f"{quoted(name)} = null" for name in columns[1::3] if name not in key),
        f"update {table} set {quoted(key[-1])} = 'another' where {quoted(columns[0])} = 'v0'",
        f"update {table} set {quoted(columns[-1])} = 'last' where {quoted(key[-1])} = 'another'",
        f"delete from {table} where {quoted(key[-1])} <> 'another'",
    )
    follower.check()
    inserted = records(connection, follower.entity_type)[0]
    assert inserted.new == {name: f"v{place}" for place, name in enumerate(columns)}


@both_captures
def test_columns(postgresql: psycopg.Connection, capture: str) -> None:
    """Quotes, dollars, percent signs, backslashes, newlines and 63 bytes in names of columns are only names."""
    exercise(postgresql, capture, NAMES, "public.things", key=["$capture$", "place", "'", "old"])


@both_captures
def test_words_of_the_generated_code(postgresql: psycopg.Connection, capture: str) -> None:
    """A column may be called like any keyword, and like any word that occurs in the code that captures it."""
    words = {word for (word,) in postgresql.execute("select word from pg_get_keywords()")}
    columns = ["id", "place"]
    for _ in range(2):  # the second time the code has seen names that it would rather have had itself
        table = "public.words_" + str(len(columns))
        postgresql.execute(table_of(columns, table, key=["id"]).encode())
        (source,) = one(postgresql, "select audit.watch(%s::text::regclass, null, %s, dry_run => true)", table, capture)
        words |= set(re.findall(r"[a-z_][a-z_0-9]*", source.lower())) - {
            "ctid",
            "xmin",
            "xmax",
            "cmin",
            "cmax",
            "tableoid",
        }
        columns = sorted(word for word in words if len(word) < 64)
    assert {"v_actor", "v_now", "declare", "jsonb_build_object", "insert"} <= set(columns)
    exercise(postgresql, capture, columns, "public.things", key=["old", "v_actor", "place", "v_now"])


TABLES = [
    '"%s ""$$\'\\"."drop table \'""%I"', f'"{"é" * 31}x"."{"😀" * 15}abc"', f'"{"S" * 63}"."{"T" * 63}"',
    '"select"."table"',
    '"new\nline"."tab\t"', '"audit "."audit_logs"', '"audit_private "."old"',
    '"public"."indelible_old"', '"PUBLIC"."new"',
    '"1"."2"',
]  # fmt: skip


@both_captures
def test_schemas_and_tables(postgresql: psycopg.Connection, capture: str) -> None:
    """Whatever schema and table are called, they are watched, captured and let go again."""
    for table in TABLES:
        postgresql.execute(f"create schema if not exists {table[: table.index('.') + 1].rstrip('.')}".encode())
        exercise(postgresql, capture, ["id", "a", "new", "c"], table, key=["id"])
        postgresql.execute("select audit.unwatch(%s::text::regclass)", (table,))
        coverage = "select coverage from audit.v_coverage where table_name = %s::text::regclass::text"
        assert one(postgresql, coverage, table) == ("unwatched",)


def test_names_longer_than_an_entity_type(postgresql: psycopg.Connection) -> None:
    """Two tables whose names are alike for 200 characters are not taken for one: the second needs a type of its own."""
    tables = [quoted('"' * 63) + "." + quoted('"' * 62 + last) for last in "ab"]
    postgresql.execute(f"create schema {quoted(chr(34) * 63)}".encode())
    mark = last_id(postgresql)
    for table in tables:
        postgresql.execute(f"create table {table} (id int primary key)".encode())
    postgresql.execute("select audit.watch(%s::text::regclass)", (tables[0],))
    with pytest.raises(psycopg.Error) as refusal:
        postgresql.execute("select audit.watch(%s::text::regclass)", (tables[1],))
    assert refusal.value.sqlstate == "ID006"
    postgresql.execute("select audit.watch(%s::text::regclass, 'SECOND')", (tables[1],))
    for table in tables:
        postgresql.execute(f"insert into {table} values (1)".encode())
    kinds = [row["entity_type"] for row in events(postgresql, "action = 'ROW_INSERTED' and id > %s", mark)]
    assert kinds == [tables[0][:200], "SECOND"]


@both_captures
def test_masks_and_exclusions(postgresql: psycopg.Connection, capture: str) -> None:
    """Whatever a column is called, declared to be masked or left out its values are nowhere in the log."""
    columns = ", ".join(f"{quoted(name)} text" for name in NAMES)
    postgresql.execute(f"create table public.things (id int primary key, {columns})".encode())
    for masked, excluded in ((NAMES[::2], NAMES[1::2]), (NAMES[1::2], NAMES[::2])):
        declared = (capture, excluded, masked)
        postgresql.execute("select audit.watch('public.things', 'THING', %s, exclude => %s, mask => %s)", declared)
        secrets = ", 'secret'" * len(NAMES)
        postgresql.execute(f"insert into public.things values (1{secrets})".encode())
        changed = ", ".join(f"{quoted(name)} = 'secret 2'" for name in NAMES)
        postgresql.execute(f"update public.things set {changed}".encode())
        postgresql.execute("delete from public.things")
        mask = dict.fromkeys(masked, "***")
        assert [row["changes"] for row in events(postgresql, "entity_type = 'THING'")][-3:] == [
            {"new": {"id": 1, **mask}}, {"old": mask, "new": mask}, {"old": {"id": 1, **mask}},
        ]  # fmt: skip
    assert not events(postgresql, "audit_logs::text like '%%secret%%'")
