"""Capture itself: disabling, dropping, replacing its triggers is on record with the login, and so is their return."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.support import Connect, Login, events, last_id, one


@pytest.fixture
def owner(postgresql: psycopg.Connection, login: Login, connect: Connect) -> Iterator[psycopg.Connection[Any]]:
    """A login that owns schema shop and the watched tables shop.orders and shop.parts, which is partitioned."""
    with connect(login()) as connection:
        postgresql.execute(f"create schema shop authorization {connection.info.user}".encode())
        connection.execute(
            """
            create table shop.orders (id int primary key, name text);
            create table shop.parts (id int primary key, name text) partition by range (id);
            create table shop.part_1 partition of shop.parts for values from (0) to (10);
            create function shop.nothing() returns trigger language plpgsql as 'begin return null; end';
            select audit.watch('shop.orders', 'ORDER'); select audit.watch('shop.parts', 'PART');
            """
        )
        yield connection
    postgresql.execute("drop schema shop cascade")


def told(connection: psycopg.Connection[Any], mark: int) -> list[tuple[str, Any]]:
    """Codes and triggers of what is on record since then."""
    return [
        (row["action"].removeprefix("AUDIT_CAPTURE_"), row["metadata"].get("triggers"))
        for row in events(connection, "id > %s and action like 'AUDIT\\_%%'", mark)
    ]


UPDATE = "!indelible_capture_update"
EVERY = [f"!indelible_capture_{verb}" for verb in ("delete", "insert", "truncate", "update")]
REPLACED = (
    f'create or replace trigger "{UPDATE}" after update on shop.orders for each row execute function shop.nothing()'
)


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        (f'alter table shop.orders disable trigger "{UPDATE}"', {UPDATE: "disabled"}),
        (f'alter table shop.orders enable trigger "{UPDATE}"', {UPDATE: "enabled as O"}),
        (f'alter table shop.orders enable replica trigger "{UPDATE}"', {UPDATE: "enabled as R"}),
        ("alter table shop.orders disable trigger user", dict.fromkeys(EVERY, "disabled")),
        ("alter table shop.orders disable trigger all, add more int", dict.fromkeys(EVERY, "disabled")),
        (f'drop trigger "{UPDATE}" on shop.orders', {UPDATE: "missing"}),
        (REPLACED, {UPDATE: "replaced"}),
    ],
)
@pytest.mark.parametrize("by", ["owner", "superuser"])
def test_switching_capture_off_and_on_is_on_record(
    postgresql: psycopg.Connection, owner: psycopg.Connection, statement: str, found: dict[str, str], by: str
) -> None:
    """Which triggers, how, and whose login; once. Watching again puts them back, and that is on record too."""
    actor = owner if by == "owner" else postgresql
    mark = last_id(postgresql)
    actor.execute(statement.encode())
    (event,) = events(postgresql, "id > %s and action = 'AUDIT_CAPTURE_DISABLED'", mark)
    assert (event["db_user"], event["entity_id"]) == (actor.info.user, "shop.orders")
    assert event["metadata"]["triggers"] == found
    mark = last_id(postgresql)
    actor.execute("comment on table shop.orders is 'unrelated'")
    assert told(postgresql, mark) == []
    owner.execute("select audit.watch('shop.orders')")
    restored = told(postgresql, mark)
    assert {code for code, _ in restored} == {"ENABLED"}
    assert sorted(name for _, names in restored for name in names) == sorted(found)
    mark = last_id(postgresql)
    owner.execute("insert into shop.orders values (1, 'a'); update shop.orders set name = 'b'")
    assert [row["action"] for row in events(postgresql, "id > %s", mark)] == ["ROW_INSERTED", "ROW_UPDATED"]


def test_one_after_the_other(postgresql: psycopg.Connection, owner: psycopg.Connection) -> None:
    """Each step is its own record, of what it did alone."""
    mark = last_id(postgresql)
    for verb in ("insert", "delete"):
        owner.execute(f'alter table shop.orders disable trigger "!indelible_capture_{verb}"'.encode())
    owner.execute('alter table shop.orders enable always trigger "!indelible_capture_insert"')
    assert told(postgresql, mark) == [
        ("DISABLED", {"!indelible_capture_insert": "disabled"}),
        ("DISABLED", {"!indelible_capture_delete": "disabled"}),
        ("ENABLED", ["!indelible_capture_insert"]),
    ]


@pytest.mark.parametrize("capture", ["row", "statement"])
def test_watch_itself_tells_no_tale(postgresql: psycopg.Connection, owner: psycopg.Connection, capture: str) -> None:
    """Starting, changing and ending a watch attaches and drops triggers, and that is no tampering."""
    owner.execute("create table shop.more (id int primary key)")
    mark = last_id(postgresql)
    owner.execute("select audit.watch('shop.more', capture => %s)", (capture,))
    owner.execute("select audit.watch('shop.more', capture => %s)", ({"row": "statement"}.get(capture, "row"),))
    owner.execute("select audit.watch('shop.more', entity_type => 'MORE'), audit.unwatch('shop.more')")
    actions = [row["action"] for row in events(postgresql, "id > %s", mark)]
    started, changed, stopped = ("AUDIT_WATCH_STARTED", "AUDIT_WATCH_CHANGED", "AUDIT_WATCH_STOPPED")
    assert actions == [started, changed, changed, stopped]


def test_replica_triggers_of_statement_capture(postgresql: psycopg.Connection, owner: psycopg.Connection) -> None:
    """All seven triggers of statement capture are looked after."""
    owner.execute("select audit.watch('shop.orders', capture => 'statement')")
    mark = last_id(postgresql)
    owner.execute("alter table shop.orders disable trigger user")
    ((code, triggers),) = told(postgresql, mark)
    assert code == "DISABLED" and len(triggers) == 7


def test_renaming_a_capture_trigger_is_refused(owner: psycopg.Connection) -> None:
    """Under another name it would be nobody's; the owner drops it, on record, or leaves it."""
    with pytest.raises(psycopg.Error) as refusal:
        owner.execute(f'alter trigger "{UPDATE}" on shop.orders rename to harmless'.encode())
    assert refusal.value.sqlstate == "ID013"


def test_tables_that_move_can_be_emptied(postgresql: psycopg.Connection, owner: psycopg.Connection) -> None:
    """TRUNCATE reads what it removes as audit_owner: in another schema, too, and in a partition that was made there."""
    owner.execute("insert into shop.orders values (1, 'a')")
    postgresql.execute(f"create schema store authorization {owner.info.user}".encode())
    owner.execute("alter table shop.orders set schema store")
    owner.execute("create table store.part_2 partition of shop.parts for values from (10) to (20)")
    owner.execute("insert into shop.parts values (11, 'a')")
    mark = last_id(postgresql)
    owner.execute("truncate store.orders; truncate store.part_2")
    actions = [row["action"] for row in events(postgresql, "id > %s", mark)]
    assert actions == ["ROW_DELETED", "TABLE_TRUNCATED"] * 2
    postgresql.execute("drop schema store cascade")


def test_partitions_made_on_behalf_of_the_owner(
    postgresql: psycopg.Connection, owner: psycopg.Connection, login: Login, connect: Connect
) -> None:
    """A maintenance job that calls the owner's definer function makes captured partitions, triggers and all."""
    owner.execute(
        """
        create function shop.make() returns void
        language plpgsql security definer set search_path = pg_catalog, pg_temp as
        'begin create table shop.part_9 partition of shop.parts for values from (90) to (99); end';
        """
    )
    owner.execute("grant usage on schema shop to public")
    with connect(login()) as job:
        job.execute("select shop.make()")
    mark = last_id(postgresql)
    owner.execute("insert into shop.parts values (91, 'a'); truncate shop.part_9")
    actions = [row["action"] for row in events(postgresql, "id > %s", mark)]
    assert actions == ["ROW_INSERTED", "ROW_DELETED", "TABLE_TRUNCATED"]


# DDL around partitions, and a statement after it that must be on record.
PARTITIONS = [
    ("create table shop.part_2 partition of shop.parts for values from (10) to (20)", {"added": ["shop.part_2"]}),
    ("alter table shop.parts attach partition shop.loose for values from (10) to (20)", {"added": ["shop.loose"]}),
    (
        (
            "create table shop.part_2 partition of shop.parts for values from (10) to (20) partition by list (id);"
            "create table shop.part_2_all partition of shop.part_2 default"
        ),
        {"added": ["shop.part_2_all"]},
    ),
    ("create table shop.rest partition of shop.parts default", {"added": ["shop.rest"]}),
]


@pytest.mark.parametrize(("ddl", "expected"), PARTITIONS, ids=range(len(PARTITIONS)))
@pytest.mark.parametrize("through", ["shop.parts", "the partition"])
def test_new_partitions_are_captured(
    postgresql: psycopg.Connection, owner: psycopg.Connection, ddl: str, expected: dict[str, list[str]], through: str
) -> None:
    """Rows of a partition that was made or attached after watch are on record, whichever way they come."""
    owner.execute("create table shop.loose (name text, id int primary key)")
    mark = last_id(postgresql)
    for statement in ddl.split(";"):
        owner.execute(statement.encode())
    record = events(postgresql, "id > %s and action = 'AUDIT_SCHEMA_CHANGED'", mark)[-1]
    assert (record["entity_id"], record["metadata"]["changes"]) == ("shop.parts", {"partitions": expected})
    table = through if through == "shop.parts" else expected["added"][0]
    owner.execute(
        f"insert into {table} (id, name) values (11, 'a'); update {table} set name = 'b' where id = 11".encode()
    )
    owner.execute(f"delete from {table} where id = 11; insert into {table} (id) values (12)".encode())
    owner.execute(f"truncate {table}".encode())
    recorded = events(postgresql, "id > %s and entity_type = 'PART'", mark)
    actions = [row["action"] for row in recorded if row["action"] != "TABLE_TRUNCATED"]
    assert actions == ["ROW_INSERTED", "ROW_UPDATED", "ROW_DELETED", "ROW_INSERTED", "ROW_DELETED"]
    assert {row["entity_id"] for row in recorded if row["action"] != "TABLE_TRUNCATED"} == {"11", "12"}
    assert one(postgresql, "select count(*) from audit.doctor() where finding like 'capture%%'") == (0,)


@pytest.mark.parametrize(
    "ddl", ["alter table shop.parts detach partition shop.part_1", "drop table shop.part_1", ("alter table shop.parts "
    "detach partition shop.part_1 concurrently")]
)  # fmt: skip
def test_partitions_that_leave_are_on_record(
    postgresql: psycopg.Connection, owner: psycopg.Connection, ddl: str
) -> None:
    """Rows that leave with a partition leave no record each, so that the partition left is on record."""
    mark = last_id(postgresql)
    owner.execute(ddl.encode())
    (record,) = events(postgresql, "id > %s and action like 'AUDIT\\_%%'", mark)
    assert (record["action"], record["db_user"]) == ("AUDIT_SCHEMA_CHANGED", owner.info.user)
    assert record["metadata"]["changes"]["partitions"] == {"removed": ["shop.part_1"]}


def test_a_column_of_a_partitioned_table(postgresql: psycopg.Connection, owner: psycopg.Connection) -> None:
    """Columns change with all partitions, also with those that were attached in another order of columns."""
    owner.execute("create table shop.loose (name text, id int primary key)")
    owner.execute("alter table shop.parts attach partition shop.loose for values from (10) to (20)")
    owner.execute("alter table shop.parts rename name to title; alter table shop.parts add extra int default 1")
    mark = last_id(postgresql)
    owner.execute("insert into shop.parts (id, title) values (1, 'a'), (11, 'b')")
    images = [row["changes"]["new"] for row in events(postgresql, "id > %s", mark)]
    assert images == [{"id": 1, "title": "a", "extra": 1}, {"id": 11, "title": "b", "extra": 1}]


def test_a_new_owner_makes_partitions(
    postgresql: psycopg.Connection, owner: psycopg.Connection, login: Login, connect: Connect
) -> None:
    """Who is given a partitioned table can go on making captured partitions of it at once."""
    with connect(login()) as heir:
        postgresql.execute(f"grant all on schema shop to {heir.info.user}".encode())
        postgresql.execute(f"alter table shop.parts owner to {heir.info.user}".encode())
        mark = last_id(postgresql)
        heir.execute("create table shop.part_3 partition of shop.parts for values from (30) to (40)")
        heir.execute("insert into shop.parts values (31, 'a')")
        assert [row["action"] for row in events(postgresql, "id > %s", mark)] == [
            "AUDIT_SCHEMA_CHANGED",
            "ROW_INSERTED",
        ]
        heir.execute("drop table shop.part_3")
        postgresql.execute(f"alter table shop.parts owner to {owner.info.user}".encode())


def test_capture_of_one_partition_switched_off(postgresql: psycopg.Connection, owner: psycopg.Connection) -> None:
    """The cloned triggers of a partition are looked after as well: on record, and found by doctor."""
    mark = last_id(postgresql)
    owner.execute('alter table shop.part_1 disable trigger "!indelible_capture_insert"')
    ((code, triggers),) = told(postgresql, mark)
    assert (code, triggers) == ("DISABLED", {"!indelible_capture_insert on shop.part_1": "disabled"})
    owner.execute("alter table shop.part_1 rename to part_one")
    found = "select object, detail, remedy from audit.doctor() where finding = 'capture disabled'"
    thing, detail, remedy = one(postgresql, found)
    assert (thing, detail) == ("shop.part_one", "trigger !indelible_capture_insert is disabled")
    owner.execute(remedy.removeprefix("as its owner: ").encode())
    assert told(postgresql, mark)[-1] == ("ENABLED", ["!indelible_capture_insert on shop.part_one"])


def test_statement_capture_does_not_become_a_partition(
    postgresql: psycopg.Connection, owner: psycopg.Connection
) -> None:
    """What is written through a parent fires no statement trigger of the partition: that ATTACH is refused."""
    owner.execute("select audit.watch('shop.orders', capture => 'statement')")
    owner.execute("create table shop.all_orders (id int, name text) partition by range (id)")
    attach = b"alter table shop.all_orders attach partition shop.orders for values from (0) to (10)"
    with pytest.raises(psycopg.Error) as refusal:
        owner.execute(attach)
    assert refusal.value.sqlstate == "ID006"
    owner.execute("select audit.watch('shop.orders', capture => 'row')")
    owner.execute(attach)
    mark = last_id(postgresql)
    owner.execute("insert into shop.all_orders values (1, 'a')")
    assert [row["action"] for row in events(postgresql, "id > %s", mark)] == ["ROW_INSERTED"]


def test_a_superusers_ddl_on_the_log_is_on_record(postgresql: psycopg.Connection) -> None:
    """A superuser may take the log's guards down; without switching event triggers off first not in silence."""
    mark = last_id(postgresql)
    postgresql.execute("alter table audit.audit_logs disable trigger log_refuse_change")
    postgresql.execute("drop trigger log_refuse_statement on audit_private.audit_logs_default")
    found = [(row["action"], row["entity_type"], row["entity_id"]) for row in events(postgresql, "id > %s", mark)]
    assert found == [
        ("AUDIT_SCHEMA_CHANGED", "AUDIT_TABLE", "audit.audit_logs"),
        ("AUDIT_SCHEMA_CHANGED", "AUDIT_TABLE", "audit_private.audit_logs_default"),
    ]
