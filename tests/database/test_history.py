"""audit.history, blame and undo_sql: the life of one row, who made it what it is, and how to take a change back."""

from typing import Any

import psycopg
import pytest

from tests.support import Connect, Login, last_id, notices, one, plan_of


@pytest.fixture
def story(postgresql: psycopg.Connection[Any]) -> psycopg.Connection[Any]:
    """Row 1 is made, changed twice and gets another key; row 2 is taken by another, which is deleted."""
    postgresql.execute("create table public.things (id int primary key, name text, n numeric, secret text)")
    postgresql.execute("select audit.watch('public.things', 'THING', mask => '{secret}')")
    for statement in (
        "insert into public.things values (1, 'a', 1.0, 's'), (2, 'b', 2, 's')",
        "update public.things set name = 'aa' where id = 1",
        "update public.things set n = 1.00, secret = 't' where id = 1",
        "update public.things set id = 3 where id = 2",
        "update public.things set id = 2 where id = 1",
        "delete from public.things where id = 3",
        "select audit.define_action('THING_PRAISED', 'A thing was praised.', 'service')",
        "select audit.record('THING_PRAISED', 'THING', '2')",
    ):
        postgresql.execute(statement.encode())
    return postgresql


def history(
    connection: psycopg.Connection[Any], key: str, columns: str = "action, entity_id, diff, known"
) -> list[Any]:
    return connection.execute(f"select {columns} from audit.history('public.things', %s)".encode(), (key,)).fetchall()


def test_every_version_with_its_difference(story: psycopg.Connection[Any]) -> None:
    """The row that has the key now, back through the key it had before, and the row that gave the key up."""
    first, leaver = {"id": 1, "name": "a", "n": 1.0, "secret": "***"}, {"id": 2, "name": "b", "n": 2, "secret": "***"}
    assert history(story, "2") == [
        ("ROW_INSERTED", "1", {column: {"new": value} for column, value in first.items()}, first),
        ("ROW_INSERTED", "2", {column: {"new": value} for column, value in leaver.items()}, leaver),
        ("ROW_UPDATED", "1", {"name": {"old": "a", "new": "aa"}}, {**first, "name": "aa"}),
        (
            "ROW_UPDATED",
            "1",
            {"n": {"old": 1.0, "new": 1.0}, "secret": {"old": "***", "new": "***"}},
            {**first, "name": "aa"},
        ),
        ("ROW_UPDATED", "3", {"id": {"old": 2, "new": 3}}, {**leaver, "id": 3}),
        ("ROW_UPDATED", "2", {"id": {"old": 1, "new": 2}}, {**first, "name": "aa", "id": 2}),
    ]
    assert [row[0] for row in history(story, "2", "version")] == [1, 2, 3, 4, 5, 6]
    assert [row[:2] for row in history(story, "3")][-1] == ("ROW_DELETED", "3")
    assert history(story, "none") == []


def test_history_names_columns_as_they_are_now(story: psycopg.Connection[Any]) -> None:
    """A renamed column is followed, one that was dropped keeps its name, and one that took its name is another."""
    story.execute("alter table public.things rename name to title; alter table public.things rename n to name")
    story.execute("update public.things set title = 'z'; alter table public.things drop column name")
    assert [row[0].get("title") for row in history(story, "2", "diff")][-1] == {"old": "aa", "new": "z"}
    assert history(story, "2", "diff")[2] == ({"title": {"old": "a", "new": "aa"}},)
    assert history(story, "2", "diff")[3][0]["n"] == {"old": 1.0, "new": 1.0}


def test_blame(story: psycopg.Connection[Any]) -> None:
    """Of each column the record that set it last, with login, time and place; of the row that has the key now."""
    rows = story.execute(
        "select column_name, value, action, db_user, actor_proof from audit.blame('public.things', '2')"
    ).fetchall()
    assert rows == [
        ("id", "2", "ROW_UPDATED", "postgres", "direct"),
        ("n", "1.00", "ROW_UPDATED", "postgres", "direct"),
        ("name", "aa", "ROW_UPDATED", "postgres", "direct"),
        ("secret", "***", "ROW_UPDATED", "postgres", "direct"),
    ]
    story.execute("insert into public.things values (3, 'new')")
    (inserted,) = one(story, "select max(id) from audit.audit_logs")
    assert story.execute("select distinct id from audit.blame('public.things', '3')").fetchall() == [(inserted,)]


def test_blame_knows_application_users(story: psycopg.Connection[Any], login: Login, connect: Connect) -> None:
    """Who, from where and in which request, as the context of the transaction proved them."""
    with connect(login("audit_app")) as application:
        story.execute(f"grant select, update on public.things to {application.info.user}".encode())
        with application.transaction():
            application.execute("select audit.set_context('ann', '192.0.2.7', 'request-1')")
            application.execute("update public.things set name = 'by ann'")
        query = (
            "select user_id, ip_address::text, request_id, db_user from audit.blame('public.things', '2') "
            "where column_name = 'name'"
        )
        assert one(story, query) == ("ann", "192.0.2.7/32", "request-1", application.info.user)


@pytest.mark.parametrize("key", ["id int primary key", "id text primary key", "id int, primary key (id, name)"])
def test_undo_takes_each_change_back(postgresql: psycopg.Connection[Any], key: str) -> None:
    """Run one after the other from the last to the first, the statements lead to the beginning, through any values."""
    columns = f"name text, j json, b jsonb, g int generated always as (1) stored, n numeric(5, 2), {key}"
    postgresql.execute(f"create table public.things ({columns})".encode())
    postgresql.execute("select audit.watch('public.things', 'THING')")
    states, ids = [], []
    for statement in (
        """insert into public.things (id, name, j, b, n) values ('1', 'it''s \\', '{"a" : 1}', '"x"', 1.5)""",
        "update public.things set b = 'null', j = null",
        "update public.things set id = '2'",
        "update public.things set n = null",
        "delete from public.things",
    ):
        states.append(postgresql.execute("select t::text from public.things as t").fetchall())
        postgresql.execute(statement.encode())
        ids.append(last_id(postgresql))
    for recorded, state in zip(ids[::-1], states[::-1], strict=True):
        (entity_id,) = one(postgresql, "select entity_id from audit.audit_logs where id = %s", recorded)
        (undo,) = one(postgresql, "select audit.undo_sql('public.things', %s, %s)", entity_id, recorded)
        assert postgresql.execute(undo.encode()).rowcount == 1
        assert postgresql.execute("select t::text from public.things as t").fetchall() == state


def test_undo_only_writes_a_statement(story: psycopg.Connection[Any]) -> None:
    """Nothing is executed; without an id it is the last change, and what is not on record is said."""
    told = notices(story)
    (undo,) = one(story, "select audit.undo_sql('public.things', '3')")
    assert undo == "insert into public.things (id, name, n) overriding system value values ('3', 'b', '2');"
    assert told == ["not restored, because the value is not on record or the column is gone: secret"]
    assert one(story, "select count(*) from public.things") == (1,)


@pytest.mark.parametrize(("key", "number"), [("7", None), ("2", 1)])
def test_nothing_to_undo(story: psycopg.Connection[Any], key: str, number: int | None) -> None:
    """A row that is not on record, or a record of another row, is refused (ID012)."""
    with pytest.raises(psycopg.Error, match="nothing to undo") as refusal:
        one(story, "select audit.undo_sql('public.things', %s, %s)", key, number)
    assert refusal.value.sqlstate == "ID012"


def test_long_and_composite_keys(postgresql: psycopg.Connection[Any]) -> None:
    """A key is found however long, and an object of several columns however it is spelled."""
    postgresql.execute("create table public.things (id text primary key, n int)")
    postgresql.execute("create table public.pairs (a int, b text, n int, primary key (a, b))")
    postgresql.execute("""create table public."long pairs" ("a ""b" text, j jsonb, n int, primary key ("a ""b", j))""")
    postgresql.execute("select audit.watch('public.things', 'THING'), audit.watch('public.pairs', 'PAIR')")
    postgresql.execute("""select audit.watch('public."long pairs"', 'LONG_PAIR')""")
    postgresql.execute("insert into public.things values (repeat('x', 3000), 1); update public.things set n = 2")
    postgresql.execute("insert into public.pairs values (1, 'it''s', 1); update public.pairs set n = 2")
    postgresql.execute("""
        insert into public."long pairs" values (repeat('x', 1000), 'null', 1), (repeat('x', 1000), '"y"', 1);
        update public."long pairs" set n = 2
    """)
    assert len(history(postgresql, "x" * 3000)) == 2
    for undo in (
        "select audit.undo_sql('public.things', repeat('x', 3000))",
        """select audit.undo_sql('public.pairs', '{ "b" : "it''s","a": 1}')""",
        """
        select audit.undo_sql('public."long pairs"', jsonb_build_object('a "b', repeat('x', 1000), 'j', '"y"')::text)
        """,
    ):
        assert postgresql.execute(one(postgresql, undo)[0].encode()).rowcount == 1
    assert one(postgresql, "select t.n, p.n from public.things as t, public.pairs as p") == (1, 1)
    assert postgresql.execute('select j, n from public."long pairs" order by n').fetchall() == [("y", 1), (None, 2)]


def test_what_was_never_watched(postgresql: psycopg.Connection[Any]) -> None:
    """It is refused (ID012); after unwatch the history stays readable."""
    postgresql.execute("create table public.things (id int primary key)")
    with pytest.raises(psycopg.Error, match="was never watched") as refusal:
        history(postgresql, "1")
    assert refusal.value.sqlstate == "ID012"
    postgresql.execute("select audit.watch('public.things', 'THING')")
    postgresql.execute("insert into public.things values (1)")
    postgresql.execute("select audit.watch('public.things', entity_type => 'OTHER')")
    postgresql.execute("update public.things set id = 1; delete from public.things")
    postgresql.execute("select audit.unwatch('public.things')")
    assert [row[0] for row in history(postgresql, "1", "action")] == ["ROW_INSERTED", "ROW_DELETED"]


def test_the_life_of_a_row_is_found_by_indexes(story: psycopg.Connection[Any]) -> None:
    """Neither the log nor the changes of keys are ever scanned."""
    plan = plan_of(story, "records_of", entity_types="array['THING']", key="'2'")
    assert "entity_id_entity_type_idx" in plan and "key_changes_previous_idx" in plan and "Seq Scan" not in plan
