"""audit.watch and audit.unwatch: whose they are, what they refuse, and that doing it twice does nothing."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import errors

from tests.support import Connect, Login, admin_connection, events, last_id, one


@pytest.fixture
def owner(postgresql: psycopg.Connection, login: Login, connect: Connect) -> Iterator[psycopg.Connection]:
    """A login that owns schema shop and table shop.orders, and is in no group of Indelible."""
    dsn = login()
    with connect(dsn) as connection:
        postgresql.execute(f"create schema shop authorization {connection.info.user}".encode())
        connection.execute("create table shop.orders (id bigint primary key, name text, secret text, note text)")
        yield connection


def capture_triggers(connection: psycopg.Connection, table: str) -> dict[str, tuple[int, str]]:
    query = """
        select tgname::text, oid::bigint, tgenabled::text from pg_trigger
        where tgrelid = %s::regclass and not tgisinternal
    """
    return {name: (oid, enabled) for name, oid, enabled in connection.execute(query, (table,))}


def test_the_owner_watches_without_any_grant(postgresql: psycopg.Connection, owner: psycopg.Connection) -> None:
    """Owning the table is enough: audit_owner may read what is watched, and nothing more, until unwatch."""
    before = postgresql.execute("select relacl from pg_class where oid = 'shop.orders'::regclass").fetchone()
    assert before == (None,)
    owner.execute("select audit.watch('shop.orders', 'SHOP_ORDER', mask => array['secret'])")
    triggers = capture_triggers(postgresql, "shop.orders")
    assert sorted(triggers) == [f"!indelible_capture_{verb}" for verb in ("delete", "insert", "truncate", "update")]
    assert all(enabled == "A" for _, enabled in triggers.values())
    assert held_by_owner(postgresql) == (["SELECT"], True)
    owner.execute("select audit.unwatch('shop.orders')")
    assert held_by_owner(postgresql)[0] == []


def held_by_owner(connection: psycopg.Connection) -> tuple[list[str], bool]:
    """The privileges of audit_owner on shop.orders, and whether it may look into the schema."""
    verbs = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
    query = "select has_table_privilege('audit_owner', 'shop.orders', %s)"
    held = [verb for verb in verbs if one(connection, query, verb) == (True,)]
    return held, one(connection, "select has_schema_privilege('audit_owner', 'shop', 'usage')") == (True,)


def test_watching_twice_changes_nothing(postgresql: psycopg.Connection, owner: psycopg.Connection) -> None:
    """The second call touches no trigger, which would lock out writers, and leaves no record."""
    owner.execute("select audit.watch('shop.orders', 'SHOP_ORDER')")
    before, mark = capture_triggers(postgresql, "shop.orders"), last_id(postgresql)
    owner.execute("select audit.watch('shop.orders', 'SHOP_ORDER')")
    assert capture_triggers(postgresql, "shop.orders") == before
    assert last_id(postgresql) == mark


@pytest.mark.parametrize(
    "statement", ['disable trigger "!indelible_capture_update"', 'enable trigger "!indelible_capture_update"']
)
def test_watching_again_repairs(postgresql: psycopg.Connection, owner: psycopg.Connection, statement: str) -> None:
    """A disabled, weakened or dropped trigger is put back."""
    owner.execute("select audit.watch('shop.orders', 'SHOP_ORDER')")
    owner.execute(f"alter table shop.orders {statement}".encode())
    owner.execute('drop trigger "!indelible_capture_delete" on shop.orders')
    owner.execute("select audit.watch('shop.orders', 'SHOP_ORDER')")
    assert {enabled for _, enabled in capture_triggers(postgresql, "shop.orders").values()} == {"A"}
    assert len(capture_triggers(postgresql, "shop.orders")) == 4


def test_what_is_not_said_stays_as_declared(postgresql: psycopg.Connection, owner: psycopg.Connection) -> None:
    """Watching again without the masks keeps them; only an empty array takes them off, on record."""
    owner.execute("select audit.watch('shop.orders', 'SHOP_ORDER', 'statement', array['note'], array['secret'])")
    mark = last_id(postgresql)
    owner.execute("select audit.watch('shop.orders')")
    owner.execute("insert into shop.orders values (1, 'a', 'hidden', 'left out')")
    (event,) = events(postgresql, "id > %s", mark)
    assert event["changes"]["new"] == {"id": 1, "name": "a", "secret": "***"}
    owner.execute("select audit.watch('shop.orders', mask => '{}')")
    (event,) = events(postgresql, "id > %s", event["id"])
    assert event["action"] == "AUDIT_WATCH_CHANGED" and event["metadata"]["mask"] == []


@pytest.mark.parametrize("replica", [False, True])
def test_capture_can_be_changed_without_a_gap(
    postgresql: psycopg.Connection, owner: psycopg.Connection, replica: bool
) -> None:
    """By row or by statement, and back: each changed row is one record, for replication's sessions as well."""
    mark = last_id(postgresql)
    number = 0
    for capture in ("row", "statement", "row"):
        owner.execute("select audit.watch('shop.orders', 'SHOP_ORDER', %s)", (capture,))
        assert len(capture_triggers(postgresql, "shop.orders")) == (7 if capture == "statement" else 4)
        with admin_connection(postgresql) as connection:
            connection.execute(f"set session_replication_role = {'replica' if replica else 'origin'}".encode())
            connection.execute(
                "insert into shop.orders select n, 'x' from generate_series(%s::int, %s) n", (number, number + 2)
            )
            connection.execute("update shop.orders set name = 'y' where id >= %s", (number,))
            connection.execute("update shop.orders set id = id + 100 where id = %s", (number,))
            connection.execute("delete from shop.orders where id > %s", (number,))
        number += 10
    actions = [row["action"] for row in events(postgresql, "id > %s and entity_type = 'SHOP_ORDER'", mark)]
    once = ["ROW_INSERTED"] * 3 + ["ROW_UPDATED"] * 4 + ["ROW_DELETED"] * 3
    assert actions == once * 3


def test_a_changed_key_is_found_by_both(postgresql: psycopg.Connection, owner: psycopg.Connection) -> None:
    """The record stands under the new key, names the old one, and both are indexed."""
    for capture in ("row", "statement"):
        owner.execute("select audit.watch('shop.orders', 'SHOP_ORDER', %s)", (capture,))
        owner.execute("delete from shop.orders")
        owner.execute("insert into shop.orders values (1)")
        owner.execute("update shop.orders set id = 2")
        (event,) = events(postgresql, "action = 'ROW_UPDATED' and id > %s", last_id(postgresql) - 1)
        assert (event["entity_id"], event["metadata"]) == ("2", {"previous_entity_id": "1"})
    pairs = postgresql.execute(
        "select entity_type, previous_entity_id, entity_id from audit_private.key_changes"
    ).fetchall()
    assert pairs == [("SHOP_ORDER", "1", "2")] * 2


def test_start_change_and_stop_are_on_record(postgresql: psycopg.Connection, owner: psycopg.Connection) -> None:
    """Who watches less than before, or no more, has said so."""
    mark = last_id(postgresql)
    owner.execute("select audit.watch('shop.orders', 'SHOP_ORDER')")
    owner.execute("select audit.watch('shop.orders', 'SHOP_ORDER', exclude => array['note'])")
    owner.execute("insert into shop.orders values (1, 'a', 'b', 'c')")
    owner.execute("select audit.unwatch('shop.orders')")
    owner.execute("insert into shop.orders values (2, 'a', 'b', 'c')")
    owner.execute("select audit.unwatch('shop.orders')")
    rows = events(postgresql, "id > %s", mark)
    assert [row["action"] for row in rows] == [
        "AUDIT_WATCH_STARTED", "AUDIT_WATCH_CHANGED", "ROW_INSERTED", "AUDIT_WATCH_STOPPED",
    ]  # fmt: skip
    assert rows[1]["metadata"]["exclude"] == ["note"] and "note" not in rows[2]["changes"]["new"]
    assert {row["db_user"] for row in rows} == {owner.info.user}
    assert capture_triggers(postgresql, "shop.orders") == {}


def test_strangers_watch_and_unwatch_nothing(
    postgresql: psycopg.Connection, owner: psycopg.Connection, login: Login, connect: Connect
) -> None:
    """Neither the halves nor the whole can be called on a table of somebody else's."""
    owner.execute("select audit.watch('shop.orders', 'SHOP_ORDER')")
    postgresql.execute("grant usage on schema shop to public; grant all on shop.orders to public")
    mark = last_id(postgresql)
    with connect(login("audit_app", "audit_writer", "audit_admin", "audit_investigator")) as stranger:
        for call in (
            "audit.watch('shop.orders', 'SHOP_ORDER', exclude => array['name'])",
            "audit.prepare_watch('shop.orders', 'X', 'row', array['name'], '{}', false)",
            "audit.attach_capture('shop.orders')",
            "audit.unwatch('shop.orders')",
            "audit.finish_unwatch('shop.orders')",
        ):
            with pytest.raises(errors.InsufficientPrivilege):
                stranger.execute(f"select {call}".encode())
    assert last_id(postgresql) == mark and len(capture_triggers(postgresql, "shop.orders")) == 4


def test_a_set_role_owner_is_an_owner(postgresql: psycopg.Connection, owner: psycopg.Connection) -> None:
    """A migrating login that says SET ROLE owner is treated as the owner."""
    with admin_connection(postgresql) as connection:
        connection.execute(f"set role {owner.info.user}".encode())
        connection.execute("select audit.watch('shop.orders', 'SHOP_ORDER')")
    assert len(capture_triggers(postgresql, "shop.orders")) == 4


@pytest.mark.parametrize("place", ["hall.orders", "shop.parts"])
def test_in_a_schema_of_somebody_else(postgresql: psycopg.Connection, owner: psycopg.Connection, place: str) -> None:
    """Who cannot let audit_owner into the schema, of the table or of a partition, is told what its owner has to say."""
    postgresql.execute(f"create schema hall; grant create, usage on schema hall to {owner.info.user}".encode())
    owner.execute("create table hall.orders (id int primary key)")
    owner.execute("create table shop.parts (id int primary key) partition by range (id)")
    owner.execute("create table hall.part partition of shop.parts default")
    watch = f"select audit.watch('{place}', 'THING')".encode()
    with pytest.raises(errors.InsufficientPrivilege, match="audit_owner may not use schema hall") as refusal:
        owner.execute(watch)
    assert refusal.value.diag.message_hint is not None
    postgresql.execute(refusal.value.diag.message_hint.removeprefix("As the owner of the schema: ").encode())
    owner.execute(watch)
    owner.execute(f"insert into {place} values (1); truncate {place}".encode())
    actions = {row["action"] for row in events(postgresql, "entity_type = 'THING'")}
    assert actions == {"ROW_INSERTED", "ROW_DELETED", "TABLE_TRUNCATED"}
    postgresql.execute("revoke usage on schema hall from audit_owner")
    (remedy,) = one(postgresql, "select remedy from audit.doctor() where detail like 'audit_owner may not%'")
    assert remedy == "as the owner of the schema: grant usage on schema hall to audit_owner"


def test_capture_functions_cannot_be_borrowed(postgresql: psycopg.Connection, owner: psycopg.Connection) -> None:
    """No owner can hang the capture of one table on another and so forge its changes."""
    owner.execute("select audit.watch('shop.orders', 'SHOP_ORDER')")
    owner.execute("create table shop.fake (id bigint primary key, name text, secret text, note text)")
    (function,) = one(
        postgresql,
        "select tgfoid::regprocedure::text from pg_trigger"
        " where tgrelid = 'shop.orders'::regclass and tgname = '!indelible_capture_insert'",
    )
    with pytest.raises(errors.InsufficientPrivilege):
        owner.execute(
            f"create trigger forge after insert on shop.fake for each row execute function {function}".encode()
        )


@pytest.mark.parametrize(
    ("target", "sqlstate"),
    [
        ("shop.a_view", "ID006"),
        ("shop.a_matview", "ID006"),
        ("shop.a_sequence", "ID006"),
        ("audit.audit_logs", "ID006"),
        ("audit_private.secrets", "ID006"),
        ("pg_catalog.pg_class", "ID006"),
        ("pg_temp.scratch", "ID006"),
        ("shop.missing", "42P01"),
    ],
)
def test_only_ordinary_tables_are_watched(postgresql: psycopg.Connection, target: str, sqlstate: str) -> None:
    """Views, sequences, temporary and system tables, and the log itself are refused with a sentence."""
    postgresql.execute(
        "create schema shop; create view shop.a_view as select 1; create materialized view shop.a_matview as select 1;"
        "create sequence shop.a_sequence; create temp table scratch (a int)"
    )
    with pytest.raises(psycopg.Error) as refusal:
        postgresql.execute("select audit.watch(%s::text::regclass)", (target,))
    assert refusal.value.sqlstate == sqlstate


@pytest.mark.parametrize(
    ("arguments", "sqlstate"),
    [
        ("exclude => array['nope']", "ID007"),
        ("mask => array['nope']", "ID007"),
        ("exclude => array['id']", "ID007"),
        ("mask => array['id']", "ID007"),
        ("mask => array['ctid']", "ID007"),
        ("capture => 'column'", "ID006"),
        ("entity_type => 'IAM_USER'", "ID006"),
        ("entity_type => 'FTMS_BOOKING'", "ID006"),
    ],
)
def test_wrong_declarations_are_refused(owner: psycopg.Connection, arguments: str, sqlstate: str) -> None:
    """Unknown columns, the key, unknown ways of capture and a taken entity type are refused; nothing is half done."""
    with pytest.raises(psycopg.Error) as refusal:
        owner.execute(f"select audit.watch('shop.orders', {arguments})".encode())
    assert refusal.value.sqlstate == sqlstate
    assert capture_triggers(owner, "shop.orders") == {}


def test_dry_run_shows_and_does_nothing(postgresql: psycopg.Connection, owner: psycopg.Connection) -> None:
    """A dry run returns the SQL to read, and that is all."""
    mark = last_id(postgresql)
    (source,) = one(owner, "select audit.watch('shop.orders', dry_run => true)")
    assert "create or replace function audit_private.capture_" in source
    assert 'enable always trigger "!indelible_capture_insert"' in source
    assert capture_triggers(postgresql, "shop.orders") == {} and last_id(postgresql) == mark
