"""Tables with triggers of their own: what is on record is what happened in the end, and in its order."""

import psycopg
import pytest
from psycopg import errors

from tests.replaying import both_captures, followed
from tests.support import events

THINGS = "create table public.things (id int primary key, a text, n int, chosen bool);"


def trigger(timing: str, body: str, name: str = "aaa", scope: str = "each row") -> str:
    """A trigger of the table's owner; `aaa` fires before most others of the same kind."""
    return f"""
        create function public.{name}() returns trigger language plpgsql as $$ begin
          {body}
        end $$;
        create trigger {name} {timing} on public.things for {scope} execute function public.{name}();
    """


@both_captures
def test_what_before_triggers_make_of_a_row(postgresql: psycopg.Connection, capture: str) -> None:
    """A row is on record as BEFORE triggers left it, and not at all where they suppressed it."""
    body = """
        if tg_op = 'DELETE' then return case when old.n > 0 then old end; end if;
        if new.n = 13 then return null; end if;
        new.a := upper(new.a); new.n := new.n + 100;
        return new;
    """
    follower = followed(postgresql, capture, THINGS + trigger("before insert or update or delete", body))
    follower.play(
        "insert into public.things values (1, 'a', 1), (2, 'b', 13), (3, 'c', -200), (4, null, null)",
        "update public.things set n = 13 where id = 1",
        "update public.things set a = 'x', n = n - 100",
        "delete from public.things",
    )
    follower.check()
    inserted = [
        row["changes"]["new"]["a"] for row in events(postgresql, "action = 'ROW_INSERTED' and entity_type ~ 'THING'")
    ]
    assert inserted == ["A", "C", None]


@both_captures
@pytest.mark.parametrize("name", ["aaa", "zzz"])
def test_a_row_that_its_own_trigger_updates_again(postgresql: psycopg.Connection, capture: str, name: str) -> None:
    """An AFTER trigger's update of the row that fired it is on record after the change that fired it."""
    body = """
        if new.n < 10 then
          update public.things set n = new.n + 10, a = a || '!' where id = new.id;
        elsif new.n > 90 then
          delete from public.things where id = new.id;
        end if;
        return null;
    """
    follower = followed(postgresql, capture, THINGS + trigger("after insert or update", body, name))
    follower.play(
        "insert into public.things values (1, 'a', 1), (2, 'b', 2), (3, 'c', 93)",
        "update public.things set n = n - 10 where id = 1",
        "update public.things set n = 5, a = 'z'",
        "update public.things set id = id + 20, n = id",
    )
    # Statement triggers fire after all row triggers, and after what these did.
    follower.check(by_ids=capture == "row")


@both_captures
def test_rows_that_triggers_of_other_rows_update(postgresql: psycopg.Connection, capture: str) -> None:
    """Rows that an AFTER trigger changed before their turn: their records follow one another by their old values."""
    body = """
        if new.chosen then
          update public.things set chosen = false, n = n + 1 where id <> new.id and chosen;
        end if;
        return null;
    """
    follower = followed(postgresql, capture, THINGS + trigger("after insert or update", body))
    follower.play(
        "insert into public.things values (1, 'a', 1, true), (2, 'b', 2, true), (3, 'c', 3, true)",
        "update public.things set chosen = true, a = 'again'",
    )
    follower.check(by_ids=False)


@both_captures
def test_rows_that_before_triggers_update(postgresql: psycopg.Connection, capture: str) -> None:
    """The same for rows that a BEFORE trigger changes while the statement that wrote them goes on."""
    body = """
        if new.chosen then
          update public.things set chosen = false, n = n + 1 where id < new.id and chosen;
        end if;
        return new;
    """
    follower = followed(postgresql, capture, THINGS + trigger("before insert or update", body))
    follower.play(
        "insert into public.things values (1, 'a', 1, true), (2, 'b', 2, true), (3, 'c', 3, true)",
        "insert into public.things select n, 'more', n, true from generate_series(4, 6) as n",
    )
    follower.check(by_ids=False)


@both_captures
@pytest.mark.parametrize("name", ["aaa", "zzz"])
def test_statement_triggers_that_write_again(postgresql: psycopg.Connection, capture: str, name: str) -> None:
    """What a statement trigger writes to the same table is on record after the statement, whatever its name."""
    body = """
        if pg_trigger_depth() = 1 then
          update public.things set n = n * 2 where n < 100;
          delete from public.things where n > 50;
        end if;
        return null;
    """
    definition = THINGS + trigger("after insert or update", body, name, "each statement")
    follower = followed(postgresql, capture, definition)
    follower.play(
        "insert into public.things select n, 'x', n * 10 from generate_series(1, 4) as n",
        "update public.things set n = n + 1, id = id + 10",
    )
    follower.check()


@both_captures
def test_before_statement_triggers_that_write_first(postgresql: psycopg.Connection, capture: str) -> None:
    """What a BEFORE statement trigger writes is on record before the statement."""
    body = """
        if pg_trigger_depth() = 1 then
          delete from public.things where n < 0;
          insert into public.things values (100, 'first', 0) on conflict (id) do update set n = things.n + 1;
        end if;
        return null;
    """
    follower = followed(postgresql, capture, THINGS + trigger("before insert or update", body, "aaa", "each statement"))
    follower.play(
        "insert into public.things values (1, 'a', -1), (2, 'b', 2)",
        "update public.things set n = n + 1 where id = 2",
    )
    follower.check()


@both_captures
def test_constraint_triggers(postgresql: psycopg.Connection, capture: str) -> None:
    """What deferred constraint triggers write at the end is on record, and a violation undoes it all."""
    follower = followed(
        postgresql,
        capture,
        THINGS
        + """
        create function public.late() returns trigger language plpgsql as $$ begin
          if new.n < 0 then raise check_violation; end if;
          update public.things set a = 'late', n = n + 1 where id = new.id and a is distinct from 'late';
          return null;
        end $$;
        create constraint trigger late after insert or update on public.things
          deferrable initially deferred for each row execute function public.late();
        """,
    )
    with postgresql.transaction():
        postgresql.execute("insert into public.things values (1, 'a', 1), (2, 'b', 2)")
        postgresql.execute("update public.things set n = n + 10")
    follower.note()
    with pytest.raises(errors.CheckViolation), postgresql.transaction():
        postgresql.execute("update public.things set n = case id when 1 then -1 else 5 end")
    follower.note()
    assert follower.marks[-1] == follower.marks[-2]
    follower.check()


def test_followers_notice_a_lie(postgresql: psycopg.Connection) -> None:
    """The instrument itself: a change without its record, and a record out of order, are noticed."""
    follower = followed(postgresql, "row", THINGS)
    follower.play("insert into public.things values (1, 'a', 1)")
    postgresql.execute("alter table public.things disable trigger all")
    follower.play("update public.things set n = 2")
    with pytest.raises(AssertionError, match="forwards to"):
        follower.check()
    assert follower.differences()
