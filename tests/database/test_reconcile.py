"""audit.reconcile: names each row that was changed behind the back of capture, and no other."""

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import errors

from tests.reconciling import Finding, baseline, reconcile, tamper, watched
from tests.support import Connect, Login, admin_connection, one


def test_each_kind_of_tampering_is_named(postgresql: psycopg.Connection) -> None:
    """changed with its columns and both values, missing with what is lost, unexpected with what is there."""
    watched(postgresql)
    baseline(postgresql)
    postgresql.execute("insert into public.things select g, 'x', 1.0 from generate_series(1, 5) as g")
    postgresql.execute("delete from public.things where id = 5")
    assert reconcile(postgresql) == []
    tamper(
        postgresql,
        "update public.things set name = 'y', n = 1.00 where id = 1",
        "delete from public.things where id = 2",
        "insert into public.things values (5, 'back', 1), (6, 'new', 1)",
    )
    before = {"id": 1, "name": "x", "n": 1.0}
    assert reconcile(postgresql) == [
        ("1", "changed", "n, name", before, {"id": 1, "name": "y", "n": 1.00}),
        ("2", "missing", None, {**before, "id": 2}, None),
        ("5", "unexpected", None, None, {"id": 5, "name": "back", "n": 1}),
        ("6", "unexpected", None, None, {"id": 6, "name": "new", "n": 1}),
    ]


def test_without_a_baseline_only_what_is_known_counts(postgresql: psycopg.Connection) -> None:
    """Rows that were there before are compared as far as updates told, and strangers are no finding."""
    postgresql.execute("create table public.things (id int primary key, name text, n numeric)")
    postgresql.execute("insert into public.things select g, 'x', 1 from generate_series(1, 5) as g")
    postgresql.execute("select audit.watch('public.things', 'THING')")
    postgresql.execute("update public.things set name = 'y' where id < 3")
    tamper(
        postgresql,
        "update public.things set n = 2",
        "update public.things set name = 'z' where id = 1",
        "delete from public.things where id in (2, 4)",
        "insert into public.things values (9)",
    )
    assert [row[:3] for row in reconcile(postgresql)] == [("1", "changed", "name"), ("2", "missing", None)]


def test_the_baseline_covers_what_was_there(postgresql: psycopg.Connection) -> None:
    """After a baseline the rows from before are compared whole."""
    postgresql.execute("create table public.things (id int primary key, name text)")
    postgresql.execute("insert into public.things select g, 'x' from generate_series(1, 5) as g")
    postgresql.execute("select audit.watch('public.things', 'THING')")
    baseline(postgresql)
    assert reconcile(postgresql) == []
    tamper(postgresql, "update public.things set name = 'y' where id = 1", "delete from public.things where id = 2")
    assert [row[:3] for row in reconcile(postgresql)] == [("1", "changed", "name"), ("2", "missing", None)]


@pytest.mark.parametrize("capture", ["row", "statement"])
def test_state_follows_a_changed_key(postgresql: psycopg.Connection, capture: str) -> None:
    """Through chains, and where keys are used again, each row is compared with its own past."""
    watched(postgresql)
    postgresql.execute("select audit.watch('public.things', capture => %s)", (capture,))
    postgresql.execute("insert into public.things select g, 'row ' || g, g from generate_series(1, 3) as g")
    for statement in ("id = 11 where id = 1", "id = 1 where id = 2", "id = 2 where id = 11", "id = 21 where id = 2"):
        postgresql.execute(f"update public.things set {statement}".encode())
    postgresql.execute("insert into public.things values (2, 'other', 0)")
    assert reconcile(postgresql) == []
    tamper(postgresql, "update public.things set name = '?' where id in (1, 21)")
    assert [(row[0], row[2], row[3]["name"]) for row in reconcile(postgresql)] == [
        ("1", "name", "row 2"),
        ("21", "name", "row 1"),
    ]


def test_masked_skipped_excluded_and_new_columns(postgresql: psycopg.Connection) -> None:
    """They are no finding and stand in none; a column is compared from when it was captured on."""
    postgresql.execute("create table public.things (id int primary key, a text, b text, c text, d text)")
    postgresql.execute("select audit.watch('public.things', 'THING', mask => '{a}', exclude => '{b}', skip => '{c}')")
    baseline(postgresql)
    postgresql.execute("insert into public.things values (1, 'secret', 'b', 'c', '1'), (2, 'secret', 'b', 'c', '2')")
    tamper(postgresql, "update public.things set a = '?', b = '?', c = '?'")
    assert reconcile(postgresql) == []
    postgresql.execute("alter table public.things alter d type int using d::int * 100, add e text default 'e'")
    postgresql.execute("select audit.watch('public.things', mask => '{}')")
    assert reconcile(postgresql) == []
    postgresql.execute("update public.things set d = 5, a = 'known' where id = 1")
    tamper(
        postgresql, "update public.things set a = 'hidden', d = 6, e = '?'", "delete from public.things where id = 2"
    )
    assert reconcile(postgresql) == [
        ("1", "changed", "a, d", {"id": 1, "a": "known", "d": 5}, {"id": 1, "a": "hidden", "d": 6, "e": "?"}),
        ("2", "missing", None, {"id": 2}, None),
    ]


@pytest.mark.parametrize("with_baseline", [False, True])
def test_tables_without_a_key_are_counted(postgresql: psycopg.Connection, with_baseline: bool) -> None:
    """Equal rows are told apart by their number; what was there before counts only with a baseline."""
    postgresql.execute("create table public.things (name text, n numeric)")
    postgresql.execute("insert into public.things values ('a', 1), ('a', 1), ('b', 1)")
    postgresql.execute("select audit.watch('public.things', 'THING')")
    postgresql.execute("insert into public.things values ('d', 4)")
    if with_baseline:
        baseline(postgresql)
    postgresql.execute("update public.things set n = 2 where name = 'a'")
    postgresql.execute("insert into public.things values ('c', 3), ('c', 3)")
    postgresql.execute("delete from public.things where name = 'b'")
    assert reconcile(postgresql) == []
    tamper(
        postgresql,
        "delete from public.things where ctid in (select ctid from public.things where name = 'c' limit 1)",
        "update public.things set n = 2.0 where ctid in (select ctid from public.things where name = 'a' limit 1)",
    )
    missing: list[Finding] = [
        (None, "missing", None, {"name": "a", "n": 2}, None),
        (None, "missing", None, {"name": "c", "n": 3}, None),
    ]
    extra: list[Finding] = [(None, "unexpected", None, None, {"name": "a", "n": 2.0})] if with_baseline else []
    assert sorted(reconcile(postgresql), key=str) == sorted(missing + extra, key=str)


STATEMENTS = st.one_of(
    st.builds(
        "insert into public.things values ({}, {}, 'x', {}) on conflict do nothing".format,
        st.integers(0, 9), st.integers(0, 5), st.integers(0, 9),
    ),
    st.builds("update public.things set n = n + 1 where id > {}".format, st.integers(0, 9)),
    st.builds("update public.things set name = null, n = {} where id = {}".format, st.integers(), st.integers(0, 9)),
    st.builds(
        "update public.things set id = {0}"
        " where (id, part) = (select id, part from public.things order by {1} limit 1)"
        " and (select count(*) from public.things where id = {0}) = 0".format,
        st.integers(0, 9), st.sampled_from(["id", "n", "id desc"]),
    ),
    st.builds(
        "update public.things set part = (part + {}) % 6 where id = {}".format, st.integers(1, 5), st.integers(0, 9)
    ),
    st.builds("delete from public.things where id = {}".format, st.integers(0, 9)),
    st.just("truncate public.things"),
    st.just("select audit.baseline('public.things', 1)"),
)  # fmt: skip

TABLES = {
    "row": "(id int, part int, name text, n numeric, primary key (id, part))",
    "statement": "(id int, part int, name text, n numeric, primary key (id, part))",
    "partitioned": "(id int, part int, name text, n numeric, primary key (id, part)) partition by range (part)",
    "keyless": "(id int, part int, name text, n numeric)",
}


@pytest.mark.parametrize("kind", TABLES)
def test_no_false_alarm(postgresql: psycopg.Connection, kind: str) -> None:
    """Whatever statements run, with capture on there is no finding; and one stolen row is one."""

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(before=st.lists(STATEMENTS.filter(lambda text: "audit." not in text), max_size=5),
           statements=st.lists(STATEMENTS, max_size=15))  # fmt: skip
    def check(before: list[str], statements: list[str]) -> None:
        postgresql.execute("drop table if exists public.things")
        postgresql.execute(f"create table public.things {TABLES[kind]}".encode())
        if kind == "partitioned":
            postgresql.execute("create table public.p1 partition of public.things for values from (0) to (3)")
            postgresql.execute("create table public.p2 partition of public.things for values from (3) to (6)")
        for statement in before:
            postgresql.execute(statement.encode())
        capture = "statement" if kind == "statement" else "row"
        postgresql.execute("select audit.watch('public.things', 'THING', %s)", (capture,))
        for statement in statements:
            postgresql.execute(statement.encode())
            assert reconcile(postgresql) == []
        baseline(postgresql)
        assert reconcile(postgresql) == []
        rows = one(postgresql, "select count(*) from public.things")[0]
        tamper(postgresql, "delete from public.things")
        assert [row[1] for row in reconcile(postgresql)] == ["missing"] * rows

    check()


def test_writers_cause_no_false_alarm(postgresql: psycopg.Connection, admin_dsn: str, connect: Connect) -> None:
    """A change that is not committed is neither in the table nor in the log."""
    watched(postgresql)
    postgresql.execute("insert into public.things select g, 'x', 1 from generate_series(1, 50) as g")
    with connect(admin_dsn) as writer:
        for statement in (
            "update public.things set id = id + 100",
            "delete from public.things",
            "truncate public.things",
        ):
            writer.execute("begin")
            writer.execute(statement.encode())
            if not statement.startswith("truncate"):
                assert reconcile(postgresql) == []
            writer.execute("commit")
            assert reconcile(postgresql) == []
            writer.execute("insert into public.things select g, 'x', 1 from generate_series(1, 50) as g")


def test_who_may_reconcile(postgresql: psycopg.Connection, login: Login, connect: Connect) -> None:
    """The owner; with SELECT, who alone reads, an investigator or administrator; not past row security."""
    watched(postgresql)
    calls = [f"select audit.{name}('public.things')" for name in ("reconcile", "recorded_rows", "comparison_source")]
    with connect(login()) as stranger, connect(login("audit_investigator")) as blind:
        postgresql.execute(f"grant select on public.things to {stranger.info.user}".encode())
        for connection in (stranger, blind):
            for call in calls:
                with pytest.raises(errors.InsufficientPrivilege, match=r"must be owner|is a part of"):
                    connection.execute(call.encode())
    for group in ("audit_investigator", "audit_admin"):
        with connect(login(group)) as reader:
            postgresql.execute(f"grant select on public.things to {reader.info.user}".encode())
            assert reconcile(reader) == []
            postgresql.execute("alter table public.things enable row level security")
            with pytest.raises(errors.InsufficientPrivilege, match="must be owner"):
                reconcile(reader)
            postgresql.execute("alter table public.things disable row level security")
            postgresql.execute("revoke select on public.things from audit_owner")
            assert reconcile(reader) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("select audit.watch('public.things', operations => '{insert,update}')", "not all of its operations"),
        ("select audit.unwatch('public.things')", "is not watched"),
        (
            "alter table public.things drop constraint things_pkey, add primary key (id) deferrable",
            "its key is deferrable",
        ),
    ],
)
def test_what_cannot_be_reconciled(postgresql: psycopg.Connection, change: str, words: str) -> None:
    """A table of which the log cannot say what it must hold is refused with the reason (ID012)."""
    watched(postgresql)
    postgresql.execute(change.encode())
    with pytest.raises(psycopg.Error, match=words) as refusal:
        reconcile(postgresql)
    assert refusal.value.sqlstate == "ID012"


def test_long_keys_hostile_names_and_types(postgresql: psycopg.Connection) -> None:
    """Keys that the log holds by their hash, and names and types of any kind, are compared like others."""
    postgresql.execute("create type public.mood as enum ('a''b', 'c')")
    postgresql.execute(
        """create table public.things ("present" text primary key, "image" public.mood, "$source$" float8, "a'b" jsonb,
        "f" timestamptz, "g" json, "h" bytea, "i" point, "j" int[])"""
    )
    postgresql.execute("select audit.watch('public.things', 'THING')")
    baseline(postgresql)
    postgresql.execute(
        """insert into public.things select repeat(k, 3000), 'a''b', '-0', '[1.0, null]', now(), '{"a" : 1}', 'x',
        '(1,2)', '{1,2}' from unnest(array['x', 'y']) as k"""
    )
    postgresql.execute(
        """update public.things set "a'b" = 'null', "$source$" = 1e20, "image" = 'c' where "present" < 'y'"""
    )
    with admin_connection(postgresql) as other:
        other.execute("set timezone = 'Asia/Tokyo'; set extra_float_digits = 0; set datestyle = 'German'")
        assert reconcile(other) == []
    tamper(postgresql, """update public.things set "a'b" = '"null"' where "present" < 'y'""")
    assert [row[1:3] for row in reconcile(postgresql)] == [("changed", "a'b")]
