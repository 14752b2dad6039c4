"""audit.reconcile after DDL: where the log cannot say any longer what a row must be, nobody is accused."""

import psycopg
import pytest

from tests.reconciling import baseline, reconcile, tamper, watched
from tests.support import remove_guard


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
