"""`watch` and `unwatch` on the command line."""

import json

import psycopg

from .conftest import Outcome, Run


def recorded(dsn: str) -> list[tuple[object, ...]]:
    """Entity type, id and changes of all row changes."""
    with psycopg.connect(dsn) as connection:
        query = "select entity_type, entity_id, changes from audit.audit_logs where action like 'ROW_%' order by id"
        return connection.execute(query).fetchall()


def test_watch_records_and_unwatch_stops(run: Run, shop: str) -> None:
    """watch starts capture with entity type, excluded and masked columns; unwatch stops it; twice is fine."""
    options = ("--entity-type", "ORDER", "--exclude", "note", "--mask", "card")
    for _ in range(2):
        assert run("watch", "shop.orders", *options, database=shop) == Outcome(0, "shop.orders is watched.\n", "")
    with psycopg.connect(shop) as connection:
        connection.execute("insert into shop.orders values (7, 'tea', '4111', 'canary')")
    ((entity_type, entity_id, changes),) = recorded(shop)
    assert (entity_type, entity_id) == ("ORDER", "7")
    assert isinstance(changes, dict)
    assert changes["new"]["item"] == "tea"
    assert "4111" not in str(changes)
    assert "canary" not in str(changes)
    assert run("unwatch", "shop.orders", database=shop).out == "shop.orders is no longer watched.\n"
    assert run("unwatch", "shop.orders", database=shop) == Outcome(0, "shop.orders was not watched.\n", "")
    with psycopg.connect(shop) as connection:
        connection.execute("delete from shop.orders")
    assert len(recorded(shop)) == 1


def test_watch_records_what_is_there(run: Run, shop: str) -> None:
    """--baseline records the rows that the table holds, once, and does nothing with --dry-run."""
    with psycopg.connect(shop) as connection:
        connection.execute("insert into shop.orders select n, 'book' from generate_series(1, 25000) as n")
    assert run("watch", "shop.orders", "--baseline", "--dry-run", database=shop).code == 0
    assert recorded(shop) == []
    outcome = run("watch", "shop.orders", "--baseline", database=shop)
    assert outcome.out == "shop.orders is watched; 25000 rows were recorded.\n"
    assert len(recorded(shop)) == 25000
    assert json.loads(run("watch", "shop.orders", "--baseline", "--json", database=shop).out)["baseline"] == 0


def test_watch_says_what_is_no_record(run: Run, shop: str) -> None:
    """--skip names columns whose change alone is no record, --operations what is recorded at all."""
    run("watch", "shop.orders", "--skip", "note", "--operations", "insert,update", database=shop)
    with psycopg.connect(shop) as connection:
        connection.execute("insert into shop.orders values (7, 'tea', '4111', 'noted')")
        connection.execute("update shop.orders set note = 'again'")
        connection.execute("update shop.orders set item = item")
        connection.execute("delete from shop.orders")
    assert len(recorded(shop)) == 1
    run("watch", "shop.orders", "--skip", "", "--operations", "update", "--record-unchanged", database=shop)
    with psycopg.connect(shop) as connection:
        connection.execute("insert into shop.orders values (8, 'tea', '4111', 'noted')")
        connection.execute("update shop.orders set item = item")
        connection.execute("update shop.orders set note = 'again'")
    assert len(recorded(shop)) == 3


def test_watch_keeps_what_it_is_not_told(run: Run, shop: str) -> None:
    """Columns once excluded or masked stay so until other ones, or none, are named."""
    run("watch", "shop.orders", "--exclude", "note", "--mask", "card", database=shop)
    run("watch", "shop.orders", "--entity-type", "ORDER", database=shop)
    run("watch", "shop.orders", "--exclude", "", database=shop)
    with psycopg.connect(shop) as connection:
        connection.execute("insert into shop.orders values (7, 'tea', '4111', 'noted')")
    ((_, _, changes),) = recorded(shop)
    assert "4111" not in str(changes) and "noted" in str(changes)


def test_watch_keeps_the_way_of_capture(run: Run, shop: str) -> None:
    """A table captured by statement stays so when it is watched again, for a baseline say."""
    run("watch", "shop.orders", "--capture", "statement", database=shop)
    run("watch", "shop.orders", "--baseline", database=shop)
    with psycopg.connect(shop) as connection:
        row = connection.execute("select capture from audit.v_coverage where table_name = 'shop.orders'").fetchone()
    assert row == ("statement",)


def test_dry_run_prints_the_sql_and_does_nothing(run: Run, shop: str) -> None:
    """--dry-run shows what would be run; several columns may stand in one option."""
    outcome = run("watch", "shop.orders", "--dry-run", "--exclude", "note,card", database=shop)
    assert "create or replace trigger" in outcome.out
    assert "'note'" not in outcome.out
    assert "'card'" not in outcome.out
    document = json.loads(run("watch", "shop.orders", "--dry-run", "--json", database=shop).out)
    assert document["dry_run"] is True
    assert 'new."card"' in document["sql"]
    with psycopg.connect(shop) as connection:
        connection.execute("insert into shop.orders values (1)")
    assert recorded(shop) == []
