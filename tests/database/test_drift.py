"""Drift: capture follows its table from the next statement on, and what changed is on record, by column."""

import json
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tests.drifts import DRIFTS
from tests.support import Login, Row, events, last_id, one


@pytest.fixture(params=["row", "statement"])
def orders(request: pytest.FixtureRequest, owner: psycopg.Connection[Any]) -> psycopg.Connection[Any]:
    """The owner of a watched table shop.orders with one row."""
    owner.execute("create table shop.orders (id int primary key, name text default 'n', card text, amount int)")
    owner.execute("select audit.watch('shop.orders', 'ORDER', %s, mask => '{card}')", (request.param,))
    owner.execute("insert into shop.orders values (1, 'ann', '4000', 5)")
    return owner


def after(connection: psycopg.Connection[Any], mark: int) -> list[Row]:
    return events(connection, "id > %s and action not like 'AUDIT\\_%%'", mark)


def changes(connection: psycopg.Connection[Any], mark: int) -> dict[str, Any]:
    """What the one change of the schema since then was."""
    (event,) = events(connection, "id > %s and action = 'AUDIT_SCHEMA_CHANGED'", mark)
    found: dict[str, Any] = event["metadata"]["changes"]
    return found


@pytest.mark.parametrize(("ddl", "expected", "statement", "image"), DRIFTS, ids=[ddl for ddl, *_ in DRIFTS])
def test_capture_follows_the_table(
    postgresql: psycopg.Connection,
    orders: psycopg.Connection,
    ddl: str,
    expected: dict[str, Any],
    statement: str,
    image: tuple[Any, Any],
) -> None:
    """In the same transaction, in the next statement, every value is on record; and so is who changed the table."""
    mark = last_id(postgresql)
    with orders.transaction():
        orders.execute(f"alter table shop.orders {ddl}".replace("{{", "{").replace("}}", "}").encode())
        orders.execute(statement.format("shop.orders").encode())
    (event,) = after(postgresql, mark)
    assert ((event["changes"] or {}).get("old"), (event["changes"] or {}).get("new")) == image
    assert changes(postgresql, mark) == expected
    (record,) = events(postgresql, "action = 'AUDIT_SCHEMA_CHANGED' and id > %s", mark)
    assert record["db_user"] == orders.info.user
    assert (record["metadata"]["command"], record["metadata"]["entity_type"]) == ("ALTER TABLE", "ORDER")
    assert "secret" not in str(record) and "4000" not in str(record)


KEYS = [
    ("drop constraint orders_pkey", None),
    ("drop constraint orders_pkey, add primary key (id, name)", {"id": 1, "name": "ann"}),
    ("drop constraint orders_pkey, add primary key (name)", "ann"),
    ("rename id to number", "1"),
    ("alter id type bigint", "1"),
    ("drop id cascade", None),
]


@pytest.mark.parametrize(("ddl", "entity_id"), KEYS, ids=[ddl for ddl, _ in KEYS])
def test_the_key_is_followed(
    postgresql: psycopg.Connection, orders: psycopg.Connection, ddl: str, entity_id: Any
) -> None:
    """Adding, dropping and changing the primary key changes what a record calls its row."""
    mark = last_id(postgresql)
    orders.execute(f"alter table shop.orders {ddl}".encode())
    orders.execute("update shop.orders set amount = 6")
    (event,) = after(postgresql, mark)
    found = event["entity_id"]
    assert (json.loads(found) if isinstance(entity_id, dict) else found) == entity_id
    assert "key" in changes(postgresql, mark) or "type" in str(changes(postgresql, mark))


@pytest.mark.parametrize("column", ["card", "name"])
def test_a_secret_is_no_key(orders: psycopg.Connection, column: str) -> None:
    """A masked or excluded column that became the key would stand in every record: that DDL is refused, whole."""
    if column == "name":
        orders.execute("select audit.watch('shop.orders', exclude => '{name}')")
    with pytest.raises(psycopg.Error) as refusal:
        orders.execute(f"alter table shop.orders drop constraint orders_pkey, add primary key ({column})".encode())
    assert refusal.value.sqlstate == "ID007"
    orders.execute("select audit.watch('shop.orders', mask => '{}', exclude => '{}')")
    orders.execute(f"alter table shop.orders drop constraint orders_pkey, add primary key ({column})".encode())


def test_declarations_follow_their_columns(postgresql: psycopg.Connection, orders: psycopg.Connection) -> None:
    """What is masked stays masked under a new name, and when it is dropped and comes back."""
    for statement in ("rename card to pan", "rename name to card", "drop pan", "add pan text"):
        orders.execute(f"alter table shop.orders {statement}".encode())
    mark = last_id(postgresql)
    orders.execute("update shop.orders set pan = '4003', card = 'bea'")
    (event,) = after(postgresql, mark)
    assert event["changes"] == {"old": {"pan": "***", "card": "ann"}, "new": {"pan": "***", "card": "bea"}}
    assert one(postgresql, "select masked from audit_private.watches where entity_type = 'ORDER'") == (["pan"],)


def test_moving_and_giving_away(postgresql: psycopg.Connection, orders: psycopg.Connection, login: Login) -> None:
    """SET SCHEMA, a renamed schema and a new owner are on record, and capture goes on."""
    orders.execute("create table shop.other (id int)")
    heir = str(psycopg.conninfo.conninfo_to_dict(login())["user"])
    postgresql.execute(f"create schema store authorization {orders.info.user}".encode())
    for ddl, expected in (
        ("alter table shop.orders set schema store", {"name": ["shop.orders", "store.orders"]}),
        ('alter schema store rename to "Store\'s"', {"name": ["store.orders", '"Store\'s".orders']}),
        (f'alter table "Store\'s".orders owner to {heir}', {"owner": [orders.info.user, heir]}),
    ):
        mark = last_id(postgresql)
        postgresql.execute(ddl.encode())
        assert changes(postgresql, mark) == expected
        postgresql.execute('update "Store\'s".orders set amount = amount + 1' if "Store" in ddl else "select 1")
        assert len(after(postgresql, mark)) == ("Store" in ddl)
    postgresql.execute('drop schema "Store\'s" cascade')
    (event,) = events(postgresql, "action = 'AUDIT_WATCH_STOPPED' and id > %s", mark)
    assert event["entity_id"] == '"Store\'s".orders'


@pytest.mark.parametrize(
    ("ddl", "section", "expected"),
    [
        ("create trigger t before insert on {0} for each row execute function shop.f()", "triggers", {"added": ["t"]}),
        ("create rule r as on delete to {0} do instead nothing", "rules", {"added": ["r"]}),
        ("create policy p on {0} using (card = 'hush')", "policies", {"added": ["p"]}),
        ("alter table {0} add constraint c check (card <> 'hush')", "constraints", {"added": ["c"]}),
        ("alter table {0} drop constraint old", "constraints", {"removed": ["old"]}),
        ("drop trigger old on {0}", "triggers", {"removed": ["old"]}),
        ("alter table {0} disable trigger old", "triggers", {"changed": ["old"]}),
        ("drop rule old on {0}", "rules", {"removed": ["old"]}),
        ("drop policy old on {0}", "policies", {"removed": ["old"]}),
        ("drop function shop.f cascade", "triggers", {"removed": ["old"]}),
        ("alter table {0} enable row level security", "row_security", [False, True]),
        ("alter table {0} set unlogged", "persistence", ["p", "u"]),
        ("alter table {0} replica identity full", "replica_identity", ["d", "f"]),
        ("create table shop.child () inherits ({0})", "children", {"added": ["shop.child"]}),
    ],
)
def test_what_else_changes_what_is_written(
    postgresql: psycopg.Connection, orders: psycopg.Connection, ddl: str, section: str, expected: Any
) -> None:
    """Triggers, rules, policies, constraints and the like are on record by name, without what stands in them."""
    orders.execute(
        """
        create function shop.f() returns trigger language plpgsql as 'begin return new; end';
        create trigger old before insert on shop.orders for each row execute function shop.f();
        create rule old as on insert to shop.orders where new.id < 0 do instead nothing;
        create policy old on shop.orders using (true);
        alter table shop.orders add constraint old check (id > 0)
        """
    )
    mark = last_id(postgresql)
    orders.execute(ddl.format("shop.orders").encode())
    assert changes(postgresql, mark) == {section: expected}
    assert "hush" not in str(events(postgresql, "id > %s", mark))


def test_what_is_undone_is_not_on_record(postgresql: psycopg.Connection, orders: psycopg.Connection) -> None:
    """DDL is atomic with its record, and with the code of capture."""
    mark = last_id(postgresql)
    with orders.transaction(force_rollback=True):
        orders.execute("alter table shop.orders rename name to surname")
    orders.execute("update shop.orders set name = 'bea'")
    assert [row["action"] for row in events(postgresql, "id > %s", mark)] == ["ROW_UPDATED"]


def test_another_type_of_the_same_name(postgresql: psycopg.Connection, orders: psycopg.Connection) -> None:
    """A dropped type takes its column along, a renamed one stays; new values of an enum need nothing."""
    orders.execute("create type shop.mood as enum ('calm'); alter table shop.orders add mood shop.mood")
    orders.execute("alter type shop.mood add value 'evil'")
    mark = last_id(postgresql)
    orders.execute("update shop.orders set mood = 'evil'")
    assert after(postgresql, mark)[0]["changes"]["new"] == {"mood": "evil"}
    orders.execute("alter type shop.mood rename to temper")
    assert changes(postgresql, mark)["columns"] == [{"column": "mood", "type": ["shop.mood", "shop.temper"]}]
    mark = last_id(postgresql)
    orders.execute("drop type shop.temper cascade")
    assert changes(postgresql, mark)["columns"] == [{"column": "mood", "dropped": "shop.temper"}]
    orders.execute("update shop.orders set amount = 9")
    assert len(after(postgresql, mark)) == 1


def test_children_change_with_their_parents(postgresql: psycopg.Connection, owner: psycopg.Connection) -> None:
    """A column that a watched table inherits is followed when the parent's changes, two levels up."""
    owner.execute(
        """
        create table shop.top (id int, a text); create table shop.middle () inherits (shop.top);
        create table shop.leaf (b text) inherits (shop.middle); select audit.watch('shop.leaf', 'LEAF')
        """
    )
    owner.execute("alter table shop.top rename a to aa; alter table shop.top add c int default 3")
    mark = last_id(postgresql)
    owner.execute("insert into shop.leaf (id, aa) values (1, 'x')")
    assert after(postgresql, mark)[0]["changes"]["new"] == {"id": 1, "aa": "x", "b": None, "c": 3}
    owner.execute("alter table shop.top drop aa cascade")
    owner.execute("insert into shop.leaf (id) values (2)")
    assert after(postgresql, mark)[1]["changes"]["new"] == {"id": 2, "b": None, "c": 3}


def test_wide_tables_are_no_obstacle(postgresql: psycopg.Connection, owner: psycopg.Connection) -> None:
    """A change of more columns than an event's metadata can hold is on record all the same, abridged."""
    names = [f"column_with_a_rather_long_name_{number:04}" for number in range(1200)]
    owner.execute(f"create table shop.wide (id int primary key, {', '.join(f'{n} int' for n in names)})".encode())
    owner.execute("select audit.watch('shop.wide', 'WIDE')")
    mark = last_id(postgresql)
    owner.execute(f"alter table shop.wide {', '.join(f'drop {n}' for n in names)}".encode())
    (event,) = events(postgresql, "id > %s", mark)
    assert event["metadata"]["abridged"] == ["changes"]


def test_hostile_columns(postgresql: psycopg.Connection, owner: psycopg.Connection) -> None:
    """Names made to break out of quotes, and types made to run code, change nothing about that."""
    evil = sql.Identifier("$capture$ x'); drop table audit.actions; --\"\n%s")
    owner.execute(
        """
        create table shop.t (id int primary key, a int); select audit.watch('shop.t', 'T');
        create type shop.e as enum ('a');
        create function shop.evil(shop.e) returns json language plpgsql as
          $$ begin raise exception 'ran as %', current_user; end $$;
        create cast (shop.e as json) with function shop.evil(shop.e)
        """
    )
    owner.execute(sql.SQL("alter table shop.t add {} text").format(evil))
    owner.execute("alter table shop.t alter a type shop.e using 'a'::shop.e")
    mark = last_id(postgresql)
    owner.execute("insert into shop.t values (1, 'a', 'x')")
    assert after(postgresql, mark)[0]["changes"]["new"]["a"] == "a"


def test_dropping_a_table_ends_its_watch(postgresql: psycopg.Connection, orders: psycopg.Connection) -> None:
    """With the reason and the login; its capture code goes, and a new table of that name is another."""
    mark = last_id(postgresql)
    orders.execute("drop table shop.orders")
    (event,) = events(postgresql, "id > %s", mark)
    assert (event["action"], event["entity_id"]) == ("AUDIT_WATCH_STOPPED", "shop.orders")
    assert event["metadata"] == {"entity_type": "ORDER", "command": "DROP TABLE", "reason": "table_dropped"}
    assert event["db_user"] == orders.info.user
    assert one(postgresql, "select count(*) from pg_proc where prosrc like '%''ORDER''%'") == (0,)
    orders.execute("create table shop.orders (id int primary key); insert into shop.orders values (1)")
    assert after(postgresql, mark) == []
    orders.execute("select audit.watch('shop.orders', 'ORDER'); insert into shop.orders values (2)")
    assert len(after(postgresql, mark)) == 1


@pytest.mark.parametrize("statement", ["drop schema shop cascade", "drop owned by {me} cascade"])
def test_dropping_everything_ends_every_watch(
    postgresql: psycopg.Connection, orders: psycopg.Connection, statement: str
) -> None:
    """Whatever takes the table along."""
    orders.execute("create table shop.parts (id int primary key); select audit.watch('shop.parts', 'PART')")
    mark = last_id(postgresql)
    orders.execute(statement.format(me=orders.info.user).encode())
    ended = events(postgresql, "id > %s and action = 'AUDIT_WATCH_STOPPED'", mark)
    assert sorted(row["entity_id"] for row in ended) == ["shop.orders", "shop.parts"]
    postgresql.execute("create schema if not exists shop")


def test_other_values_of_the_same_type(postgresql: psycopg.Connection, orders: psycopg.Connection) -> None:
    """ALTER COLUMN TYPE with USING writes what it likes into every row; that it did is on record, and by whom."""
    mark = last_id(postgresql)
    orders.execute("alter table shop.orders alter column amount type int using 666")
    assert changes(postgresql, mark) == {"rewritten": ["shop.orders"]}
    assert {row["db_user"] for row in events(postgresql, "id > %s", mark)} == {orders.info.user}
    mark = last_id(postgresql)
    orders.execute("alter table shop.orders alter column name type varchar(20)")
    assert "rewritten" not in changes(postgresql, mark)


def test_a_capture_triggers_name_hides_no_trigger(postgresql: psycopg.Connection, orders: psycopg.Connection) -> None:
    """A trigger of the owner's is on record whatever it is called."""
    orders.execute("create function shop.f() returns trigger language plpgsql as 'begin return new; end'")
    mark = last_id(postgresql)
    orders.execute("create trigger indelible_capture_x before insert on shop.orders execute function shop.f()")
    assert changes(postgresql, mark) == {"triggers": {"added": ["indelible_capture_x"]}}


@pytest.mark.parametrize("end", ["drop table shop.whole", "select audit.unwatch('shop.whole')"])
def test_a_detached_partition_holds_nothing_back(owner: psycopg.Connection[Any], end: str) -> None:
    """A table whose partition was detached can be dropped, and its capture ended."""
    owner.execute("create table shop.whole (id int primary key) partition by list (id)")
    owner.execute("create table shop.one partition of shop.whole for values in (1)")
    owner.execute("select audit.watch('shop.whole')")
    owner.execute("alter table shop.whole detach partition shop.one")
    owner.execute(end.encode())
    owner.execute("insert into shop.one values (1); truncate shop.one")
