"""Doctor: nothing to say about a sound database, and each way of going wrong is found with its remedy."""

import psycopg
import pytest

from tests.support import Connect, Login, events, last_id, one, remove_guard

SOUND = """
    create schema shop;
    create table shop.orders (id int primary key, name text);
    select audit.watch('shop.orders', 'SHOP_ORDER');
    create table shop.parts (id int primary key) partition by range (id);
    create table shop.part_1 partition of shop.parts for values from (0) to (10);
    select audit.watch('shop.parts', 'SHOP_PART');
"""


def findings(connection: psycopg.Connection, login: str = "") -> list[tuple[str, str]]:
    """What doctor finds; logins are the whole server's, so those of other tests are left out; no verdicts are kept."""
    rows = connection.execute("select finding, object, detail, remedy from audit.doctor()").fetchall()
    assert all(detail and remedy for _, _, detail, remedy in rows)
    of_logins = ("application can bypass", "owner open", "verdicts not kept")
    return [(finding, thing) for finding, thing, _, _ in rows if finding not in of_logins or thing == login]


def test_a_sound_database_has_no_findings(postgresql: psycopg.Connection, login: Login, connect: Connect) -> None:
    """With everything watched and guarded there is nothing to say, to an administrator's login as well."""
    postgresql.execute(SOUND.encode())
    login("audit_app", "audit_writer")
    with connect(login("audit_admin")) as connection:
        assert findings(connection) == []


@pytest.mark.parametrize(
    ("change", "finding", "thing"),
    [
        ("create table shop.forgotten (id int primary key)", "table not watched", "shop.forgotten"),
        ('alter table shop.orders disable trigger "!indelible_capture_update"', "capture disabled", "shop.orders"),
        ('alter table shop.orders enable trigger "!indelible_capture_update"', "capture disabled", "shop.orders"),
        ('drop trigger "!indelible_capture_truncate" on shop.orders', "capture disabled", "shop.orders"),
        ("alter table shop.orders add extra int", "capture drifted", "shop.orders"),
        ("alter table shop.orders drop name", "capture drifted", "shop.orders"),
        ("alter table shop.orders alter name type varchar(9)", "capture drifted", "shop.orders"),
        ("alter table shop.orders drop constraint orders_pkey", "table without key", "shop.orders"),
        ("grant select on audit_private.audit_logs_default to public", "log open", "audit_private.audit_logs_default"),
        ("grant insert on audit.audit_logs to audit_writer", "log open", "audit.audit_logs"),
        ("alter table audit.audit_logs disable trigger log_refuse_change", "guard missing", "audit.audit_logs"),
        ("drop trigger log_refuse_statement on audit.audit_logs", "guard missing", "audit.audit_logs"),
        ("alter table audit.audit_logs disable row level security", "row security off", "audit.audit_logs"),
        (
            "insert into audit.audit_logs (created_at, action, actor_proof) values ('2001-01-01', 'X_Y', 'direct')",
            "rows in the net",
            "audit_private.audit_logs_default",
        ),
        (
            "create function shop.unsafe() returns int language sql security definer as 'select 1'",
            "unsafe definer function",
            "shop.unsafe()",
        ),
        (
            (
                "create schema lair; grant create on schema lair to public; create function shop.unsafe() returns int "
                "language sql security definer set search_path = pg_catalog, \"lair\" as 'select 1'"
            ),
            "unsafe definer function",
            "shop.unsafe()",
        ),
        (
            (
                'create function shop.unsafe() returns int language sql security definer set search_path = "$user" '
                "as 'select 1'"
            ),
            "unsafe definer function",
            "shop.unsafe()",
        ),
    ],
)
def test_each_way_of_going_wrong_is_found(
    postgresql: psycopg.Connection, change: str, finding: str, thing: str
) -> None:
    """One change, and the finding names it; without the guard, which follows what is done to tables."""
    remove_guard(postgresql)
    postgresql.execute(SOUND.encode())
    assert findings(postgresql) == []
    postgresql.execute(change.encode())
    assert (finding, thing) in findings(postgresql)


@pytest.mark.parametrize(
    "remedy", ["select audit.watch('shop.orders')", "select audit.watch('shop.orders', 'SHOP_ORDER')"]
)
def test_the_remedy_heals(postgresql: psycopg.Connection, remedy: str) -> None:
    """Watching again ends drift and puts triggers back."""
    remove_guard(postgresql)
    postgresql.execute(SOUND.encode())
    postgresql.execute("alter table shop.orders add extra int, disable trigger all")
    assert len(findings(postgresql)) == 5
    postgresql.execute(remedy.encode())
    assert findings(postgresql) == []


@pytest.mark.parametrize(
    ("change", "declared"),
    [
        ("alter table shop.orders rename secret to hidden; alter table shop.orders rename note to words",
         (["hidden"], ["words"])),
        ("alter table shop.orders drop secret, drop note", ([], [])),
        ("alter table shop.orders drop name, disable trigger all", (["secret"], ["note"])),
        ("alter table shop.part_1 disable trigger all", (["secret"], ["note"])),
        ("create table shop.part_2 partition of shop.parts for values from (10) to (20)", (["secret"], ["note"])),
        ("drop function audit_private.capture_{part}_insert() cascade", (["secret"], ["note"])),
    ],
)  # fmt: skip
def test_the_words_of_the_remedy_heal(
    postgresql: psycopg.Connection, change: str, declared: tuple[list[str], list[str]]
) -> None:
    """Where no event trigger follows, what doctor tells an owner to run ends the finding; secrets stay masked."""
    remove_guard(postgresql)
    postgresql.execute(SOUND.encode())
    postgresql.execute("alter table shop.orders add secret text, add note text")
    postgresql.execute("select audit.watch('shop.orders', mask => '{secret}', exclude => '{note}')")
    query = "select masked, excluded, watch_id from audit_private.watches where entity_type = %s"
    part = one(postgresql, query, "SHOP_PART")[2]
    postgresql.execute(change.replace("{part}", str(part)).encode())
    rows = postgresql.execute("select remedy from audit.doctor() where object like 'shop.%'").fetchall()
    assert rows
    for (remedy,) in rows:
        postgresql.execute(remedy.partition("as its owner: ")[2].encode())
    assert findings(postgresql) == []
    assert one(postgresql, query, "SHOP_ORDER")[:2] == declared


def test_a_dropped_secret_that_comes_back_is_masked(postgresql: psycopg.Connection) -> None:
    """The owner's audit.watch remembers it as the event trigger does."""
    remove_guard(postgresql)
    postgresql.execute(SOUND.encode())
    postgresql.execute("alter table shop.orders add secret text")
    postgresql.execute("select audit.watch('shop.orders', mask => '{secret}')")
    for change in ("drop secret", "add secret text"):
        postgresql.execute(f"alter table shop.orders {change}".encode())
        postgresql.execute("select audit.watch('shop.orders')")
    postgresql.execute("insert into shop.orders values (1, 'name', 'hush')")
    (event,) = events(postgresql, "action = 'ROW_INSERTED' and entity_type = 'SHOP_ORDER'")
    assert event["changes"]["new"]["secret"] == "***"


@pytest.mark.parametrize(
    "power", ["superuser", "bypassrls", "replication", "owner", "audit_owner", "pg_write_all_data"]
)
def test_an_application_that_could_bypass_is_found(
    postgresql: psycopg.Connection, login: Login, connect: Connect, power: str
) -> None:
    """An application's login that is more than a member of its groups is named."""
    postgresql.execute(SOUND.encode())
    groups = [power] if power.startswith(("audit", "pg_")) else []
    option = power if power in ("superuser", "bypassrls", "replication") else ""
    with connect(login("audit_app", *groups, options=option)) as connection:
        name = connection.info.user
    if power == "owner":
        postgresql.execute(f"alter table shop.orders owner to {name}".encode())
    expected = [("application can bypass", name)] + [("owner open", name)] * (power == "audit_owner")
    assert findings(postgresql, name) == expected
    postgresql.execute("alter table shop.orders owner to current_user")


def test_an_application_in_a_group_of_its_own_is_found(
    postgresql: psycopg.Connection, login: Login, connect: Connect
) -> None:
    """A login that is in audit_app through another role acts for users, and is looked at like any other."""
    group = f"test_{last_id(postgresql)}_group"
    postgresql.execute(f"create role {group} in role audit_app".encode())
    try:
        with connect(login(group, options="bypassrls")) as connection:
            assert findings(postgresql, connection.info.user) == [("application can bypass", connection.info.user)]
    finally:
        postgresql.execute(f"drop role {group}".encode())


def test_exceptions_are_declared_with_a_reason(postgresql: psycopg.Connection) -> None:
    """A table that needs no capture is left out once somebody says why, on record; without a reason it is not."""
    postgresql.execute(SOUND.encode())
    postgresql.execute("create table shop.cache (id int primary key)")
    assert findings(postgresql) == [("table not watched", "shop.cache")]
    mark = last_id(postgresql)
    for reason in ("", None, "x" * 501):
        with pytest.raises(psycopg.Error) as refusal:
            postgresql.execute("select audit.allow_unwatched('shop.cache', %s)", (reason,))
        assert refusal.value.sqlstate == "ID005"
    postgresql.execute("select audit.allow_unwatched('shop.cache', 'Can be computed again.')")
    postgresql.execute("select audit.allow_unwatched('shop.cache', 'Can be computed again.')")
    (event,) = events(postgresql, "id > %s", mark)
    assert (event["action"], event["entity_id"]) == ("AUDIT_COVERAGE_EXCEPTED", "shop.cache")
    assert findings(postgresql) == []


def test_coverage_tells_of_every_table(postgresql: psycopg.Connection, login: Login, connect: Connect) -> None:
    """Watched, as a partition, by choice, or not at all."""
    postgresql.execute(SOUND.encode())
    postgresql.execute("create table shop.cache (id int); select audit.allow_unwatched('shop.cache', 'A cache.')")
    postgresql.execute("create table shop.forgotten (id int)")
    with connect(login("audit_reader")) as connection:
        rows = connection.execute("select table_name, coverage from audit.v_coverage where table_name like 'shop.%'")
        assert dict(rows.fetchall()) == {
            "shop.orders": "watched",
            "shop.parts": "watched",
            "shop.part_1": "watched as a partition",
            "shop.cache": "unwatched by choice",
            "shop.forgotten": "unwatched",
        }


def test_virtual_columns_are_named(postgresql: psycopg.Connection) -> None:
    """What a trigger cannot see is said, where the server has it (18)."""
    postgresql.execute(SOUND.encode())
    stored = "stored" if postgresql.info.server_version < 180000 else "virtual"
    postgresql.execute(f"alter table shop.orders add doubled int generated always as (id * 2) {stored}".encode())
    postgresql.execute("select audit.watch('shop.orders')")
    expected = [("columns not captured", "shop.orders")] if stored == "virtual" else []
    assert findings(postgresql) == expected
