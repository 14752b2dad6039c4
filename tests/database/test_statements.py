"""Every way to write to a table: each is on record row by row, so that the log leads there and back."""

import psycopg
import pytest
from psycopg import errors

from tests.replaying import both_captures, followed
from tests.support import admin_connection, events, last_id

THINGS = "create table public.things (id int primary key, a text, n int)"


def actions(connection: psycopg.Connection, after: int) -> list[tuple[str, str | None]]:
    rows = events(connection, "id > %s and entity_type ~ 'THING'", after)
    return [(row["action"], row["entity_id"]) for row in rows]


@both_captures
def test_on_conflict(postgresql: psycopg.Connection, capture: str) -> None:
    """ON CONFLICT leaves one record for each row that was really inserted or updated, none for the others."""
    follower = followed(postgresql, capture, THINGS)
    follower.play(
        "insert into public.things values (1, 'a', 1), (2, 'b', 2)",
        "insert into public.things values (1, 'x', 9), (3, 'c', 3) on conflict do nothing",
        "insert into public.things values (1, 'x', 9), (4, 'd', 4), (2, 'b', 2) on conflict (id) do update"
        " set a = excluded.a, n = things.n",
        "insert into public.things values (1, 'x', 9) on conflict (id) do update set a = 'never' where things.n > 5",
        # The row makes place for the one that is inserted after it.
        "insert into public.things values (1, 'x', 9), (5, 'e', 5) on conflict (id) do update set id = 11",
        "insert into public.things values (11, 'x', 9), (1, 'y', 10) on conflict (id) do update set id = 12",
    )
    follower.check()
    seen = [action for action, _ in actions(postgresql, follower.marks[0])]
    assert seen.count("ROW_INSERTED") == 6 and seen.count("ROW_UPDATED") == 3 and len(seen) == 9


@both_captures
def test_merge(postgresql: psycopg.Connection, capture: str) -> None:
    """MERGE is on record as what it did to each row, even where a row takes the key of one that it removed."""
    follower = followed(postgresql, capture, THINGS)
    follower.play(
        "insert into public.things select n, 'old', n from generate_series(1, 6) as n",
        """
        merge into public.things using generate_series(4, 9) as s (k) on things.id = s.k
        when matched and s.k = 4 then do nothing
        when matched and s.k = 5 then delete
        when matched then update set a = 'merged'
        when not matched and s.k = 7 then do nothing
        when not matched then insert values (s.k, 'new', s.k)
        """,
        """
        merge into public.things using (values (1, 1), (100, 1), (2, 20), (200, 2)) as s (k, becomes) on things.id = s.k
        when matched and s.k = 1 then delete
        when matched then update set id = s.becomes
        when not matched then insert values (s.becomes, 'in its place', 0)
        """,
    )
    if postgresql.info.server_version >= 170000:
        follower.play(
            """
            merge into public.things using (values (3)) as s (k) on things.id = s.k
            when matched then update set n = -1
            when not matched by source and id < 7 then delete
            when not matched by source then update set a = 'unmatched' returning merge_action(), things.*
            """
        )
    follower.check()


@both_captures
def test_data_modifying_ctes(postgresql: psycopg.Connection, capture: str) -> None:
    """One statement that writes to a table several times leaves a record for each row and each write, in order."""
    follower = followed(postgresql, capture, THINGS)
    follower.play(
        "insert into public.things select n, 'old', n from generate_series(1, 8) as n",
        """
        with one as (update public.things set a = 'one' where id = 1 returning id),
          two as (delete from public.things where id in (2, 3) returning *),
          three as (insert into public.things select id + 10, a, n from two returning id)
        update public.things set a = 'two', n = n + (select count(*) from three) where id in (4, 5)
        """,
        # The key that a deleted row leaves is taken at once.
        "with gone as (delete from public.things where id < 6 returning *)"
        " insert into public.things select id, 'again', 0 from gone",
        "with up as (update public.things set id = id + 100 where id < 6 returning *)"
        " update public.things set n = 7 from (select count(*) from up) as all_of_them where id = 6",
    )
    follower.check()


@both_captures
def test_joins_in_updates_and_deletes(postgresql: psycopg.Connection, capture: str) -> None:
    """UPDATE … FROM and DELETE … USING record a row once, however many rows it is joined to."""
    follower = followed(postgresql, capture, THINGS)
    follower.play(
        "insert into public.things select n, 'x', n from generate_series(1, 6) as n",
        "update public.things set a = s.a from (values (1, 'p'), (1, 'q'), (2, 'r')) as s (id, a)"
        " where s.id = things.id",
        "update public.things as one set n = other.n from public.things as other where other.id = one.id + 1",
        "delete from public.things using (values (3), (3), (4)) as s (id) where s.id = things.id",
    )
    follower.check()
    assert len(actions(postgresql, follower.marks[1])) == 2 + 5 + 2


@both_captures
def test_copy(postgresql: psycopg.Connection, capture: str) -> None:
    """COPY FROM is on record row by row; a COPY that fails leaves neither rows nor records."""
    follower = followed(postgresql, capture, THINGS)
    with postgresql.cursor() as cursor:
        with cursor.copy("copy public.things from stdin") as copy:
            for row in [(1, "a\tb\\n", 1), (2, None, 2), (3, "", 3)]:
                copy.write_row(row)
        follower.note()
        mark = last_id(postgresql)
        with pytest.raises(errors.UniqueViolation), cursor.copy("copy public.things (id, a) from stdin csv") as copy:
            copy.write('4,"x"\n1,"y"\n')
    assert actions(postgresql, mark) == [] and len(actions(postgresql, follower.marks[0])) == 3
    follower.check()


@both_captures
def test_what_was_rolled_back_did_not_happen(postgresql: psycopg.Connection, capture: str) -> None:
    """Savepoints and PL/pgSQL exception blocks that are rolled back take their records with them, and only theirs."""
    follower = followed(postgresql, capture, THINGS)
    with postgresql.transaction():
        postgresql.execute("insert into public.things values (1, 'a', 1), (2, 'b', 2)")
        follower.note()
        with postgresql.transaction(force_rollback=True):
            postgresql.execute("update public.things set id = id + 10, a = 'undone'")
            with postgresql.transaction():
                postgresql.execute("delete from public.things")
        postgresql.execute("update public.things set n = n + 1")
        follower.note()
    follower.play(
        """
        do $$ begin
          update public.things set a = 'kept' where id = 1;
          begin
            update public.things set a = 'lost', id = id + 20;
            insert into public.things values (21, 'twice', 0);
          exception when unique_violation then
            insert into public.things values (3, 'rescued', 0);
          end;
          delete from public.things where id = 2;
        end $$
        """
    )
    follower.check()
    assert actions(postgresql, follower.marks[2]) == [("ROW_UPDATED", "1"), ("ROW_INSERTED", "3"), ("ROW_DELETED", "2")]
    assert events(postgresql, "changes::text ~ 'undone|lost'") == []


@both_captures
def test_prepared_transactions(postgresql: psycopg.Connection, capture: str) -> None:
    """PREPARE TRANSACTION carries the records along: they are there when it is committed, by whomever, or never."""
    follower = followed(postgresql, capture, THINGS)
    database = postgresql.info.dbname
    for name, end in (("lost", "rollback"), ("kept", "commit")):
        with admin_connection(postgresql) as connection:
            connection.execute("begin")
            connection.execute("insert into public.things values (1, 'a', 1), (2, 'b', 2)")
            connection.execute("update public.things set id = id + 10 where id = 2")
            connection.execute(f"prepare transaction '{database}-{name}'".encode())
        assert actions(postgresql, follower.marks[-1]) == []
        postgresql.execute(f"{end} prepared '{database}-{name}'".encode())
        follower.note()
    follower.check()
    assert len(actions(postgresql, follower.marks[0])) == 3 and len(follower.states[-1]) == 2


@both_captures
def test_rules(postgresql: psycopg.Connection, capture: str) -> None:
    """Rules are on record as the writes that they are rewritten to."""
    follower = followed(
        postgresql,
        capture,
        """
        create table public.things (id int primary key, a text, n int);
        create table public.elsewhere (id int, a text, n int);
        create rule as_well as on insert to public.things
          do also update public.things set n = n + 1 where id = new.id - 1;
        create rule away as on delete to public.things where old.n = 0 do instead
          update public.things set a = 'kept' where id = old.id;
        create rule nothing as on update to public.things where new.n = 13 do instead nothing;
        create rule there as on insert to public.elsewhere do instead insert into public.things values (new.*);
        create rule too as on update to public.elsewhere do also delete from public.things where id = old.id;
        """,
    )
    follower.play(
        "insert into public.things values (1, 'a', 1), (2, 'b', 0)",
        "update public.things set n = 13 where id = 1",
        "delete from public.things",
        "insert into public.elsewhere values (300, 'there', 3)",
        "alter table public.elsewhere disable rule there",
        "insert into public.elsewhere values (300, 'here', 3), (1, 'here', 1)",
        "update public.elsewhere set n = 4",
    )
    follower.check()
    assert actions(postgresql, follower.marks[-2]) == [("ROW_DELETED", "300")]


@both_captures
def test_writes_through_views(postgresql: psycopg.Connection, capture: str) -> None:
    """A table is captured whatever view it is written through; the view itself is refused with a sentence."""
    follower = followed(
        postgresql,
        capture,
        """
        create table public.things (id int primary key, a text, n int);
        create view public.plain as select id as number, a from public.things where n > 0 with check option;
        alter view public.plain alter column a set default 'of the view';
        create view public.barrier with (security_barrier) as select * from public.things where n > 0;
        create view public.instead as select id, a, count(*) from public.things group by id, a;
        create function public.instead() returns trigger language plpgsql as $$ begin
          if tg_op = 'DELETE' then delete from public.things where id = old.id; return old; end if;
          insert into public.things values (new.id, new.a, 1)
            on conflict (id) do update set a = excluded.a;
          return new;
        end $$;
        create trigger instead instead of insert or update or delete on public.instead
          for each row execute function public.instead();
        """,
    )
    follower.play(
        "insert into public.barrier values (1, 'a', 1), (2, 'b', 2), (3, 'c', 3)",
        "update public.plain set a = 'through the view', number = number + 10 where number < 3",
        "delete from public.barrier where id = 11",
        "insert into public.instead values (5, 'e')",
        "update public.instead set a = 'instead' where id in (3, 5)",
        "delete from public.instead where id = 3",
    )
    follower.check()
    assert actions(postgresql, follower.marks[4]) == [
        ("ROW_UPDATED", "3"), ("ROW_UPDATED", "5"), ("ROW_DELETED", "3"),
    ]  # fmt: skip
    for view in ("plain", "barrier", "instead"):
        with pytest.raises(psycopg.Error, match=f"public.{view} cannot be watched") as refusal:
            postgresql.execute(f"select audit.watch('public.{view}', capture => '{capture}')".encode())
        assert refusal.value.sqlstate == "ID006"
