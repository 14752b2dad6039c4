"""Keys of every form, or none: each record says which row it is about, before and after its key changed."""

import psycopg

from tests.replaying import both_captures, followed, records


@both_captures
def test_no_key(postgresql: psycopg.Connection, capture: str) -> None:
    """Without a key a record holds whole rows, old and new, so that it can be told which row was changed."""
    follower = followed(postgresql, capture, "create table public.things (a text, n int, j json)")
    follower.play(
        "insert into public.things values ('a', 1, '{}'), ('a', 1, '{}'), ('a', 1, '{ }')",
        "insert into public.things values (null, null, null), (null, null, null)",
        "update public.things set n = 2 where ctid = (select min(ctid) from public.things)",
        "update public.things set n = n + 1 where a = 'a'",
        "update public.things set a = 'b' where j::text = '{ }'",
        "update public.things set a = a",
        "delete from public.things where ctid = (select max(ctid) from public.things where a is null)",
        "update public.things set a = 'all', n = 0",
        "delete from public.things where ctid = (select min(ctid) from public.things)",
    )
    follower.check()
    assert {record.entity_id for record in records(postgresql, follower.entity_type)} == {None}
    assert follower.marks[6] == follower.marks[5], "what changes nothing leaves nothing"


@both_captures
def test_composite_keys(postgresql: psycopg.Connection, capture: str) -> None:
    """A key of several columns, out of table order, is found by all its values, whichever of them change."""
    follower = followed(
        postgresql,
        capture,
        "create table public.things (v text, b numeric, gone int, a text, d date, primary key (d, a, b));"
        "alter table public.things drop column gone",
    )
    follower.play(
        "insert into public.things values ('v', 1.0, 'x', '2026-01-01'), ('v', 2, '{\"a\": 1}', '0044-03-15 BC')",
        "update public.things set v = 'w'",
        "update public.things set b = 1.00 where a = 'x'",
        "update public.things set a = a || '\"', d = d + 1",
        "update public.things set b = b + 1, v = null",
        "delete from public.things where b = 2.00",
    )
    follower.check()
    kept = records(postgresql, follower.entity_type)
    assert len([record for record in kept if record.entity_id != record.previous_entity_id]) == 5


@both_captures
def test_both_identities_are_found(postgresql: psycopg.Connection, capture: str) -> None:
    """A row that changed its key, several rows at a time and back again, is found under each key that it had."""
    follower = followed(postgresql, capture, "create table public.things (id text primary key, n int)")
    follower.play(
        "insert into public.things values ('a', 1), ('b', 2), ('c', 3)",
        "update public.things set id = id || id",
        "update public.things set id = left(id, 1), n = 0 where id in ('aa', 'cc')",
    )
    follower.check()
    query = (
        "select previous_entity_id, entity_id from audit_private.key_changes where entity_type = %s order by changed_at"
    )
    pairs = postgresql.execute(query, (follower.entity_type,)).fetchall()
    assert sorted(pairs) == [("a", "aa"), ("aa", "a"), ("b", "bb"), ("c", "cc"), ("cc", "c")]
    moved = [
        (r.previous_entity_id, r.entity_id)
        for r in records(postgresql, follower.entity_type)
        if r.action == "ROW_UPDATED"
    ]
    assert sorted(moved) == sorted(pairs)


@both_captures
def test_long_keys(postgresql: psycopg.Connection, capture: str) -> None:
    """A key too long for an index is known by its digest, and changes from and to such a key are on record."""
    follower = followed(postgresql, capture, "create table public.things (id text primary key, n int)")
    long = "select string_agg(chr(20000 + n * 7), '') as id from generate_series(1, 800) as n"
    postgresql.execute(f"create table public.keys as {long}".encode())
    follower.play(
        "insert into public.things select id, 1 from public.keys",
        "update public.things set n = 2",
        "update public.things set id = 'short'",
        "update public.things set id = (select id || 'x' from public.keys)",
        "delete from public.things",
    )
    follower.check()
    named = {record.entity_id or "" for record in records(postgresql, follower.entity_type)}
    assert len([name for name in named if name.startswith("sha256:")]) == 2


@both_captures
def test_what_an_index_of_the_key_only_carries(postgresql: psycopg.Connection, capture: str) -> None:
    """Columns that the key's index includes are no part of the key."""
    follower = followed(postgresql, capture, "create table public.things (n int, id int, primary key (id) include (n))")
    follower.play(
        "insert into public.things values (1, 10)", "update public.things set n = 2", "delete from public.things"
    )
    follower.check()
    assert {r.previous_entity_id for r in records(postgresql, follower.entity_type)} == {"10"}


@both_captures
def test_a_key_that_comes_and_goes(postgresql: psycopg.Connection, capture: str) -> None:
    """Watched again after its key was added, changed or dropped, a table's rows are known by the key it has now."""
    postgresql.execute("create table public.things (id int, other int, n int)")
    seen = []
    for number, change in enumerate(
        (
            "add constraint first primary key (id)",
            "drop constraint first, add primary key (other, id)",
            "drop constraint things_pkey",
            "add unique (id)",
        )
    ):
        postgresql.execute(f"alter table public.things {change}".encode())
        follower = followed(postgresql, capture, "")
        follower.play(
            f"insert into public.things values ({number}, -{number}, 0)",
            "update public.things set n = n + 1",
            f"update public.things set id = 10 + id, other = 10 + other where id = {number}",
            f"delete from public.things where id = 10 + {number}",
        )
        follower.check()
        seen.append(records(postgresql, follower.entity_type)[0].entity_id)
    assert seen == ["0", '{"id": 1, "other": -1}', None, None]


def test_temporal_keys(postgresql: psycopg.Connection) -> None:
    """A key without overlaps (18) names its row by key and period."""
    period = "valid without overlaps" if postgresql.info.server_version >= 180000 else "valid"
    follower = followed(
        postgresql,
        "row",
        f"create table public.things (k int4range, valid daterange, n int, primary key (k, {period}))",
    )
    follower.play(
        "insert into public.things values ('[1,2)', '[2026-01-01,2026-02-01)', 1), ('[1,2)', '[2026-02-01,)', 2)",
        "update public.things set n = n + 1",
        "update public.things set valid = '[2026-01-01,2026-01-15)' where n = 2",
        "delete from public.things where upper_inf(valid)",
    )
    follower.check()
