"""Keys that refer, cascade and change places, and TRUNCATE: the log of every table concerned leads there and back."""

import psycopg
import pytest

from tests.replaying import both_captures, followed
from tests.support import admin_connection, events

FAMILY = """
    create table public.things (id int primary key, a text, n int);
    create table public.children (
      id int primary key, thing int default 0 references public.things on delete {delete} on update {update}, note text
    );
"""


@both_captures
@pytest.mark.parametrize("action", ["cascade", "set null", "set default"])
def test_foreign_keys_between_tables(postgresql: psycopg.Connection, capture: str, action: str) -> None:
    """What a foreign key does to the rows that refer is on record in their table."""
    things = followed(postgresql, capture, FAMILY.format(delete=action, update=action))
    children = followed(postgresql, capture, "", "public.children")
    for statement in (
        "insert into public.things select n, 'x', n from generate_series(0, 4) as n",
        "insert into public.children select n, n % 4 + 1, 'y' from generate_series(1, 12) as n",
        "update public.things set id = id + 10 where id in (1, 2)",
        "delete from public.things where id in (11, 3)",
    ):
        postgresql.execute(statement.encode())
        things.note()
        children.note()
    things.check()
    children.check()
    assert children.states[-1] != children.states[-2] != children.states[-3]


@both_captures
def test_a_table_that_refers_to_itself(postgresql: psycopg.Connection, capture: str) -> None:
    """Cascades within one table, down a tree, in the statement that also changes the rows below."""
    follower = followed(
        postgresql,
        capture,
        """
        create table public.things (
          id int primary key, above int references public.things on delete cascade on update cascade,
          beside int references public.things on delete set null on update cascade
            deferrable initially deferred, n int
        )
        """,
    )
    follower.play(
        "insert into public.things select n, nullif(n / 2, 0), nullif(n - 1, 0), 0 from generate_series(1, 15) as n",
        "update public.things set id = id + 100, n = n + 1 where id in (1, 2, 5)",
        "update public.things set id = id + 1000 where id > 13",
        "delete from public.things where id = 102",
        "delete from public.things where id in (3, 1015, 101)",
    )
    follower.check()


@both_captures
def test_deferred_keys_change_places(postgresql: psycopg.Connection, capture: str) -> None:
    """Rows that swap their keys in one statement, or share one until the end of a transaction, can be told apart."""
    follower = followed(
        postgresql,
        capture,
        "create table public.things (id int primary key deferrable initially immediate, a text, n int)",
    )
    follower.play(
        "insert into public.things values (1, 'one', 0), (2, 'two', 0), (3, 'three', 0)",
        "update public.things set id = 3 - id where id < 3",
        "update public.things set id = id + 1",
    )
    with postgresql.transaction():
        postgresql.execute("set constraints all deferred")
        for statement in (
            "insert into public.things values (2, 'newcomer', 9)",
            "update public.things set n = n + 1 where id = 2 and a = 'newcomer'",
            "update public.things set n = n + 5 where id = 2 and a <> 'newcomer'",
            "delete from public.things where id = 2 and a <> 'newcomer'",
        ):
            postgresql.execute(statement.encode())
            follower.note()
    follower.check()


@both_captures
def test_truncate_reaches_what_refers(postgresql: psycopg.Connection, capture: str) -> None:
    """TRUNCATE of several tables and TRUNCATE CASCADE are on record for every table that they empty."""
    followers = [followed(postgresql, capture, FAMILY.format(delete="cascade", update="cascade"))]
    followers.append(followed(postgresql, capture, "", "public.children"))
    followers.append(
        followed(postgresql, capture, "create table public.alone (id int primary key, a text)", "public.alone")
    )
    fill = (
        "insert into public.things values (1, 'a', 1), (2, 'b', 2)",
        "insert into public.children values (1, 1, 'x'), (2, 2, 'y')",
        "insert into public.alone values (1, 'z')",
    )
    for statement in (
        *fill, "truncate public.things, public.children, public.alone restart identity",
        *fill, "truncate public.things cascade", "truncate public.alone",
    ):  # fmt: skip
        postgresql.execute(statement.encode())
        for follower in followers:
            follower.note()
    for follower in followers:
        follower.check()
        rows = events(postgresql, "entity_type = %s and action = 'TABLE_TRUNCATED'", follower.entity_type)
        assert len(rows) == 2
    with postgresql.transaction(force_rollback=True):
        postgresql.execute("truncate public.things cascade")
    assert len(events(postgresql, "action = 'TABLE_TRUNCATED'")) == 6


@both_captures
def test_replica_sessions_leave_the_same_records(postgresql: psycopg.Connection, capture: str) -> None:
    """With session_replication_role=replica the table's own triggers and foreign keys rest, capture does not."""
    things = followed(postgresql, capture, FAMILY.format(delete="cascade", update="cascade"))
    children = followed(postgresql, capture, "", "public.children")
    with admin_connection(postgresql) as connection:
        connection.execute("set session_replication_role = replica")
        for statement in (
            "insert into public.things select n, 'x', n from generate_series(1, 5) as n",
            "insert into public.children values (1, 1, 'there'), (2, 99, 'nowhere')",
            "update public.things set id = id + 10, a = 'y' where id < 4",
            "insert into public.things values (11, 'z', 0), (6, 'new', 6) on conflict (id) do update set a = 'z'",
            "delete from public.things where id = 11",
            "truncate public.children",
        ):
            connection.execute(statement.encode())
            for follower in (things, children):
                follower.note()
    things.check()
    children.check()
