"""Logical replication into a watched table: what is applied is on record there, once, as by any other writer."""

import itertools
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tests.replaying import Follower, both_captures, records
from tests.support import events, one

SECONDS = 60
_marks = itertools.count(1)


class Source:
    """A plain second database of the same server, whose public.things is replicated into the test's database."""

    def __init__(self, subscriber: psycopg.Connection[Any], dsn: str) -> None:
        self.subscriber, self.dsn = subscriber, dsn
        self.connection = psycopg.connect(dsn, autocommit=True)
        self.slot = f"feed_{self.connection.info.dbname}"

    def publish(self, definition: str) -> None:
        """Make the table here and there, the same, and a table of marks to know how far replication is."""
        for connection in (self.connection, self.subscriber):
            connection.execute("create table public.marks (n int primary key)")
            connection.execute(definition.encode())
        self.connection.execute("create publication feed for table public.things, public.marks")
        # A subscription in the publisher's own cluster would wait for itself if it had to make the slot.
        self.connection.execute("select pg_create_logical_replication_slot(%s, 'pgoutput')", (self.slot,))

    def subscribe(self) -> None:
        """Begin to replicate, and wait until what is in the tables by now is copied."""
        subscription = (
            "create subscription feed connection {} publication feed with (create_slot = false, slot_name = {})"
        )
        self.subscriber.execute(sql.SQL(subscription).format(sql.Literal(self.dsn), sql.Literal(self.slot)))
        self.wait("select not exists (select from pg_subscription_rel where srsubstate <> 'r')")

    def play(self, follower: Follower, *statements: str) -> None:
        """Each statement executed here, awaited there, and noted."""
        for statement in statements:
            self.connection.execute(statement.encode())
            self.catch_up()
            follower.note()

    def catch_up(self) -> None:
        """Wait until the subscriber has everything that was committed here."""
        mark = next(_marks)
        self.connection.execute("insert into public.marks values (%s)", (mark,))
        self.wait(f"select exists (select from public.marks where n = {mark})")

    def wait(self, query: str) -> None:
        end = time.monotonic() + SECONDS
        while one(self.subscriber, query) == (False,):
            assert time.monotonic() < end, "replication has stopped: see the server's log"
            time.sleep(0.01)

    def close(self) -> None:
        """End the subscription, which takes its slot along."""
        self.subscriber.execute("drop subscription if exists feed")
        self.connection.execute(
            "select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = %s", (self.slot,)
        )
        self.connection.close()


@pytest.fixture
def source(postgresql: psycopg.Connection, server_dsn: str) -> Iterator[Source]:
    """The database to replicate from, gone after the test."""
    name = f"{postgresql.info.dbname}_source"
    postgresql.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    try:
        source = Source(postgresql, psycopg.conninfo.make_conninfo(server_dsn, dbname=name))
        yield source
        source.close()
    finally:
        postgresql.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@both_captures
def test_what_replication_applies(postgresql: psycopg.Connection, source: Source, capture: str) -> None:
    """Copied, inserted, updated, deleted and truncated rows, and changed keys, are on record once each."""
    source.publish("create table public.things (id int primary key, a text, n numeric, big text)")
    source.connection.execute("insert into public.things values (100, 'before', 1.0, null), (101, null, 2, null)")
    postgresql.execute("select audit.watch('public.things', 'THING', %s)", (capture,))
    follower = Follower(postgresql, "public.things", "THING")
    source.subscribe()
    source.play(
        follower,
        "insert into public.things select n, 'x', n, null from generate_series(1, 5) as n",
        "update public.things set big = s from (select string_agg(md5(n::text), '') from generate_series(1, 500) as n)"
        " as made (s) where id < 3",
        "update public.things set n = n * 1.00, a = 'untoasted' where id < 4",
        "update public.things set id = id + 1000 where id in (1, 100)",
        "update public.things set a = a",
        "begin; insert into public.things values (7, 'kept', 7, null); savepoint s; delete from public.things;"
        " rollback to s; update public.things set a = 'twice' where id = 7; commit",
        "insert into public.things values (7, 'again', 7, null), (8, 'new', 8, null)"
        " on conflict (id) do update set a = excluded.a",
        "delete from public.things where id in (2, 1001)",
        "truncate public.things",
        "insert into public.things values (1, 'after', 1, null)",
    )
    kept = records(postgresql, "THING")
    assert len({record.id for record in kept if record.entity_id == "1001" and record.action == "ROW_UPDATED"}) == 1
    moved = {(record.previous_entity_id, record.entity_id) for record in kept}
    assert {("1", "1001"), ("100", "1100")} == {(old, new) for old, new in moved if old != new}
    assert follower.marks[5] == follower.marks[4], "what changes nothing leaves nothing"
    assert {row["db_user"] for row in events(postgresql, "entity_type = 'THING'")} == {postgresql.info.user}
    follower.check()


@both_captures
def test_tables_without_a_key(postgresql: psycopg.Connection, source: Source, capture: str) -> None:
    """The same for a table without a key, whose rows replication finds by all their values."""
    source.publish("create table public.things (a text, n int); alter table public.things replica identity full")
    postgresql.execute("select audit.watch('public.things', 'THING', %s)", (capture,))
    follower = Follower(postgresql, "public.things", "THING")
    source.subscribe()
    source.play(
        follower,
        "insert into public.things values ('a', 1), ('a', 1), ('b', 2)",
        "update public.things set n = n + 1 where a = 'a'",
        "update public.things set a = 'c'",
        "delete from public.things where n = 2",
    )
    follower.check()
