"""audit.reconcile after DDL: where the log cannot say any longer what a row must be, nobody is accused."""

import psycopg
import pytest

from tests.reconciling import baseline, reconcile, tamper, watched
from tests.support import admin_connection, one, remove_guard


@pytest.mark.parametrize("guarded", [True, False])
@pytest.mark.parametrize("column", ["mood", "moods", "fine", "pair"])
@pytest.mark.parametrize("key", ["id", "id, mood", ""])
def test_values_that_are_written_differently_now(
    postgresql: psycopg.Connection, column: str, key: str, guarded: bool
) -> None:
    """A renamed label, an attribute more: no row was changed; from the next record on the column counts again."""
    postgresql.execute(
        """create type public.mood as enum ('calm', 'evil'); create domain public.fine as public.mood;
        create type public.pair as (a public.mood, b int)"""
    )
    if not guarded:
        remove_guard(postgresql)
    watched(postgresql, f"id int, mood public.mood, {column}_ {column.replace('moods', 'mood[]')}, n int")
    if key:
        postgresql.execute(f"alter table public.things add primary key ({key})".encode())
        postgresql.execute("select audit.watch('public.things')")
    value = {"moods": "'{calm}'", "pair": "'(calm,1)'"}.get(column, "'calm'")
    baseline(postgresql)
    postgresql.execute(f"insert into public.things values (1, 'calm', {value}, 1), (2, 'calm', {value}, 2)".encode())
    postgresql.execute("alter type public.mood rename value 'calm' to 'quiet'")
    if column == "pair":
        postgresql.execute("alter type public.pair add attribute c text")
    if not guarded:
        postgresql.execute("select audit.watch('public.things')")
    baseline(postgresql)
    assert reconcile(postgresql) == []
    postgresql.execute("update public.things set mood = 'evil' where id = 1")
    assert reconcile(postgresql) == []
    tamper(postgresql, "update public.things set n = 5 where id = 1")
    assert {row[1] for row in reconcile(postgresql)} == ({"changed"} if key else {"missing", "unexpected"})


@pytest.mark.parametrize("key", ["primary key", ""])
def test_names_of_objects(postgresql: psycopg.Connection, key: str) -> None:
    """A value that is the name of an object reads differently once that is renamed, moved or dropped: not compared."""
    postgresql.execute("create table public.other (); create domain public.place as regclass")
    watched(postgresql, f"id int {key}, a regclass, b regclass[], c public.place, n int")
    baseline(postgresql)
    postgresql.execute(
        "insert into public.things select 1, o, array[o], o, 1 from (select 'public.other'::regclass) as t(o)"
    )
    postgresql.execute("alter table public.other rename to another")
    assert reconcile(postgresql) == []
    tamper(postgresql, "update public.things set n = 2")
    assert {row[1] for row in reconcile(postgresql)} == ({"changed"} if key else {"missing", "unexpected"})


def test_a_mask_that_is_lifted_while_others_write(postgresql: psycopg.Connection) -> None:
    """Their records are masked and nobody waits for them: the value is unknown until the next record of it."""
    watched(postgresql)
    postgresql.execute("select audit.watch('public.things', mask => '{name}')")
    postgresql.execute("insert into public.things values (1, 'x', 1), (2, 'y', 1)")
    with admin_connection(postgresql) as owner:
        owner.execute("begin; select audit.watch('public.things', mask => '{}')")
        postgresql.execute("update public.things set name = 'hidden'")
        owner.execute("commit")
    assert reconcile(postgresql) == []
    postgresql.execute("update public.things set name = 'known' where id = 1")
    tamper(postgresql, "update public.things set name = '?'", "update public.things set n = 2 where id = 2")
    assert [row[:3] for row in reconcile(postgresql)] == [("1", "changed", "name"), ("2", "changed", "n")]


@pytest.mark.parametrize("guarded", [True, False])
@pytest.mark.parametrize("key", ["primary key", ""])
def test_a_partition_that_comes_with_rows(postgresql: psycopg.Connection, key: str, guarded: bool) -> None:
    """Its rows are no finding until the baseline, called again, has them on record; those of the others are."""
    if not guarded:
        remove_guard(postgresql)
    postgresql.execute(
        f"""create table public.things (id int {key}, name text) partition by range (id);
        create table public.p1 partition of public.things for values from (0) to (10);
        select audit.watch('public.things', 'THING');
        insert into public.things values (1, 'x')""".encode()
    )
    baseline(postgresql)
    postgresql.execute(
        f"""create table public.p2 (id int {key}, name text); insert into public.p2 values (11, 'old'), (12, 'old');
        alter table public.things attach partition public.p2 for values from (10) to (20);
        select audit.watch('public.things');
        insert into public.things values (2, 'y'), (13, 'new');
        update public.things set name = 'z' where id = 12""".encode()
    )
    assert reconcile(postgresql) == []
    tamper(postgresql, "insert into public.things values (3, '?')")
    if key:
        assert [row[:2] for row in reconcile(postgresql)] == [("3", "unexpected")]
    tamper(postgresql, "delete from public.things where id = 3")
    baseline(postgresql)
    assert reconcile(postgresql) == []
    tamper(postgresql, "delete from public.things where id in (11, 12)", "insert into public.things values (14, '?')")
    assert sorted(row[1] for row in reconcile(postgresql)) == ["missing", "missing", "unexpected"]


@pytest.mark.parametrize("key", ["primary key", ""])
def test_a_partition_that_comes_empty(postgresql: psycopg.Connection, key: str) -> None:
    """Needs no new baseline: what is not on record of it is unexpected from its first row on; back again, it is new."""
    watched(postgresql, f"id int {key}, name text) partition by range (id")
    postgresql.execute("create table public.p1 partition of public.things for values from (0) to (10)")
    baseline(postgresql)
    postgresql.execute("create table public.p2 partition of public.things for values from (10) to (20)")
    postgresql.execute("insert into public.things values (11, 'x')")
    tamper(postgresql, "insert into public.things values (12, '?')")
    assert [row[1] for row in reconcile(postgresql)] == ["unexpected"]
    assert one(postgresql, "select audit.baseline('public.things')") == (0,)
    postgresql.execute("alter table public.things detach partition public.p2")
    postgresql.execute("alter table public.things attach partition public.p2 for values from (10) to (20)")
    assert reconcile(postgresql) == []
    assert one(postgresql, "select audit.baseline('public.things')") == (2,)
    assert reconcile(postgresql) == []
