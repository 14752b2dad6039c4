"""Row capture: one record per changed row, exact values, and no way to make the owner run somebody's code."""

import psycopg
import pytest

from tests.support import Connect, Login, admin_connection, events, remove_guard


def make(connection: psycopg.Connection, columns: str, **options: list[str]) -> None:
    """A watched table public.things, open to all."""
    connection.execute(f"create table public.things ({columns})".encode())
    connection.execute("grant all on public.things to public")
    connection.execute(
        "select audit.watch('public.things', 'THING', exclude => %s, mask => %s)",
        (options.get("exclude", []), options.get("mask", [])),
    )
    connection.commit()


def changes(connection: psycopg.Connection) -> list[tuple[str, object, object]]:
    rows = events(connection, "entity_type = 'THING'")
    return [(row["action"], row["entity_id"], row["changes"]) for row in rows]


def test_each_changed_row_is_one_record(postgresql: psycopg.Connection) -> None:
    """Whole images on insert and delete; on update only what changed, old and new."""
    make(postgresql, "id int primary key, a text, b int")
    postgresql.execute("insert into public.things values (1, 'x', 1), (2, 'y', 2)")
    postgresql.execute("update public.things set b = b + 1")
    postgresql.execute("delete from public.things where id = 2")
    assert changes(postgresql) == [
        ("ROW_INSERTED", "1", {"new": {"id": 1, "a": "x", "b": 1}}),
        ("ROW_INSERTED", "2", {"new": {"id": 2, "a": "y", "b": 2}}),
        ("ROW_UPDATED", "1", {"old": {"b": 1}, "new": {"b": 2}}),
        ("ROW_UPDATED", "2", {"old": {"b": 2}, "new": {"b": 3}}),
        ("ROW_DELETED", "2", {"old": {"id": 2, "a": "y", "b": 3}}),
    ]


def test_atomic_with_the_change(postgresql: psycopg.Connection) -> None:
    """No change without its record, no record without the change."""
    make(postgresql, "id int primary key")
    with pytest.raises(psycopg.errors.UniqueViolation):
        postgresql.execute("insert into public.things values (1), (1)")
    postgresql.rollback()
    assert changes(postgresql) == []
    postgresql.execute("alter table audit.audit_logs add constraint broken check (entity_type <> 'THING') not valid")
    with pytest.raises(psycopg.errors.CheckViolation):
        postgresql.execute("insert into public.things values (2)")
    assert postgresql.execute("select count(*) from public.things").fetchone() == (0,)


def test_updates_that_change_nothing_leave_nothing(postgresql: psycopg.Connection) -> None:
    """An update to the same values, or of excluded columns alone, is no change."""
    make(postgresql, "id int primary key, a text, seen int", exclude=["seen"])
    postgresql.execute("insert into public.things values (1, 'x', 1)")
    postgresql.execute("update public.things set a = a, seen = seen + 1")
    assert [action for action, _, _ in changes(postgresql)] == ["ROW_INSERTED"]


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        ("numeric", "1.0", "1.00"),
        ("interval", "'1 day'", "'24 hours'"),
        ("float8", "0", "'-0'"),
        ("json", "'{\"a\": 1}'", "'{\"a\":1}'"),
        ("point", "'(1,2)'", "'(1,3)'"),
        ("jsonb", "'[1.0]'", "'[1.00]'"),
    ],
)
def test_equal_but_different_is_a_change(postgresql: psycopg.Connection, kind: str, before: str, after: str) -> None:
    """What reads differently has changed, whatever the type's equality says, or if it has none."""
    make(postgresql, f"id int primary key, a {kind}")
    postgresql.execute(f"insert into public.things values (1, {before})".encode())
    postgresql.execute(f"update public.things set a = {after}".encode())
    assert [action for action, _, _ in changes(postgresql)] == ["ROW_INSERTED", "ROW_UPDATED"]


def test_secrets_are_masked_or_left_out(postgresql: psycopg.Connection) -> None:
    """A masked column shows that it changed, an excluded one is not there; their values are nowhere."""
    make(postgresql, "id int primary key, pin text, card text", exclude=["card"], mask=["pin"])
    postgresql.execute("insert into public.things values (1, 'pin-1', 'card-1')")
    postgresql.execute("update public.things set pin = 'pin-2', card = 'card-2'")
    assert [images for _, _, images in changes(postgresql)] == [
        {"new": {"id": 1, "pin": "***"}},
        {"old": {"pin": "***"}, "new": {"pin": "***"}},
    ]
    assert not events(postgresql, "audit_logs::text ~ 'pin-[12]|card-[12]'")


def test_truncate_is_recorded(postgresql: psycopg.Connection, login: Login, connect: Connect) -> None:
    """TRUNCATE leaves a record with the login that did it."""
    make(postgresql, "id int primary key")
    with connect(login()) as connection:
        connection.execute("truncate public.things")
        name = connection.info.user
    (event,) = events(postgresql, "entity_type = 'THING'")
    assert (event["action"], event["db_user"]) == ("TABLE_TRUNCATED", name)


def test_replica_role_does_not_hide_a_change(postgresql: psycopg.Connection) -> None:
    """session_replication_role=replica switches ordinary triggers off, not capture."""
    make(postgresql, "id int primary key")
    with admin_connection(postgresql) as connection:
        connection.execute("set session_replication_role = replica")
        connection.execute("insert into public.things values (1)")
        connection.execute("truncate public.things")
    assert [action for action, _, _ in changes(postgresql)] == ["ROW_INSERTED", "ROW_DELETED", "TABLE_TRUNCATED"]


@pytest.mark.parametrize(
    ("columns", "values", "entity"),
    [
        ("a int, b text, primary key (b, a)", "(1, 'x')", '{"a": 1, "b": "x"}'),
        ("a int", "(1)", None),
        ("a uuid primary key", "('00000000-0000-0000-0000-000000000001')", "00000000-0000-0000-0000-000000000001"),
        ("a text primary key", "(repeat('é', 900))", "sha256:"),
        ("a timestamptz primary key", "('2026-01-01 00:00+00')", "2026-01-01 00:00:00+00"),
    ],
)
def test_entity_id_names_the_row(postgresql: psycopg.Connection, columns: str, values: str, entity: str | None) -> None:
    """The key's text for one column, an object for several, nothing without a key, a digest when too long to index."""
    make(postgresql, columns)
    postgresql.execute(f"insert into public.things values {values}".encode())
    ((_, entity_id, _),) = changes(postgresql)
    if entity and entity.startswith("sha256:"):
        assert isinstance(entity_id, str) and entity_id.startswith("sha256:") and len(entity_id) == 71
    else:
        assert entity_id == entity


HOSTILE_NAMES = [
    'Mixed "Case"', "sel'ect", "user", "$capture$", "$$", "a b;--", "é" * 31, "%s %1$s %I", "new", "v_old",
    "\\", "tg_op",
]  # fmt: skip


def test_hostile_names_are_only_names(postgresql: psycopg.Connection) -> None:
    """Names with quotes, dollars, percent signs and reserved words neither break capture nor run."""
    quoted = ['"' + name.replace('"', '""') + '"' for name in HOSTILE_NAMES]
    postgresql.execute(b'create schema "we""ird %s"')
    columns = ", ".join(f"{name} text" for name in quoted)
    table = '"we""ird %s"."ta\'ble $capture$"'
    postgresql.execute(f"create table {table} (id int primary key, {columns})".encode())
    postgresql.execute("select audit.watch(%s::text::regclass, %s)", (table, 'it\'s %s "odd"'))
    escaped = table.replace("%", "%%")
    postgresql.execute(f"insert into {escaped} values (1{', %s' * len(HOSTILE_NAMES)})".encode(), HOSTILE_NAMES)
    postgresql.execute(f"update {table} set {quoted[0]} = null".encode())
    postgresql.execute(f"delete from {table}".encode())
    rows = events(postgresql, "entity_type = %s", 'it\'s %s "odd"')
    assert rows[0]["changes"]["new"] == {"id": 1} | dict(zip(HOSTILE_NAMES, HOSTILE_NAMES, strict=True))
    assert rows[1]["changes"] == {"old": {HOSTILE_NAMES[0]: HOSTILE_NAMES[0]}, "new": {HOSTILE_NAMES[0]: None}}
    assert [row["action"] for row in rows] == ["ROW_INSERTED", "ROW_UPDATED", "ROW_DELETED"]


def test_wide_tables(postgresql: psycopg.Connection) -> None:
    """A function takes 100 arguments; a table of 1,000 columns is captured whole."""
    make(postgresql, "id int primary key, " + ", ".join(f"c{n} int default {n}" for n in range(1000)))
    postgresql.execute("insert into public.things (id) values (1)")
    ((_, _, images),) = changes(postgresql)
    assert images == {"new": {"id": 1} | {f"c{n}": n for n in range(1000)}}


def test_users_code_never_runs_as_the_owner(postgresql: psycopg.Connection, login: Login, connect: Connect) -> None:
    """A cast to json made to attack is not called by capture: the value is recorded as its text."""
    dsn = login()
    with connect(dsn) as attacker:
        name = attacker.info.user
        postgresql.execute(f"create schema lair authorization {name}".encode())
        attacker.execute("create type lair.mood as enum ('calm', 'evil')")
        attacker.execute(
            """
            create table lair.trace (ran_as text);
            grant all on lair.trace to public; grant usage on schema lair to public;
            create function lair.evil(lair.mood) returns json language plpgsql as $$
            begin insert into lair.trace values (current_user); return '1'; end $$;
            create cast (lair.mood as json) with function lair.evil(lair.mood);
            create function lair.evil_text(lair.mood) returns text language plpgsql as $$
            begin insert into lair.trace values (current_user); return '1'; end $$;
            create cast (lair.mood as text) with function lair.evil_text(lair.mood) as implicit;
            create domain lair.moods as lair.mood[];
            create type lair.pair as (a lair.mood, b text);
            create table lair.things
              (id int primary key, one lair.mood, many lair.mood[], dom lair.moods, pair lair.pair);
            """
        )
        attacker.execute("select audit.watch('lair.things', 'THING')")
        attacker.execute("insert into lair.things values (1, 'evil', '{evil}', '{calm}', row('evil', 'x'))")
        attacker.execute("update lair.things set one = 'calm', many = '{calm,evil}', pair = null")
        assert attacker.execute("select * from lair.trace").fetchall() == []
    postgresql.execute("drop schema lair cascade")
    assert [images for _, _, images in changes(postgresql)] == [
        {"new": {"id": 1, "one": "evil", "many": "{evil}", "dom": "{calm}", "pair": "(evil,x)"}},
        {
            "old": {"one": "evil", "many": "{evil}", "pair": "(evil,x)"},
            "new": {"one": "calm", "many": "{calm,evil}", "pair": None},
        },
    ]


def test_settings_of_the_client_do_not_colour_the_record(postgresql: psycopg.Connection) -> None:
    """Date style, time zone, float digits and the like leave what is recorded alone."""
    make(
        postgresql,
        "id int primary key, f float8, t timestamptz, i interval, b bytea, m money, d date, r tstzrange,"
        " a timestamptz[]",
    )
    values = (
        "0.1::float8 + 0.2, '2026-02-03 04:05:06+00', '1 mon 2 days 03:04:05', '\\x00ff', '1.50', '2026-02-03',"
        " '[2026-02-03 04:05:06+00,)', '{2026-02-03 04:05:06+00}'"
    )
    postgresql.execute(f"insert into public.things values (1, {values})".encode())
    with admin_connection(postgresql) as connection:
        for setting in (
            "extra_float_digits = -10", "timezone = 'Asia/Tokyo'", "datestyle = 'SQL, DMY'",
            "intervalstyle = 'sql_standard'", "bytea_output = 'escape'", "search_path = pg_temp",
        ):  # fmt: skip
            connection.execute(f"set {setting}".encode())
        connection.execute(f"insert into public.things values (2, {values})".encode())
    first, second = [images["new"] for _, _, images in changes(postgresql)]  # type: ignore[index]
    assert first | {"id": 2} == second
    assert first["f"] == 0.30000000000000004 and first["b"] == "\\x00ff"


def test_partitions_are_captured(postgresql: psycopg.Connection) -> None:
    """Capture of a partitioned table reaches partitions made later, and rows that move."""
    postgresql.execute("create table public.parts (a int, b text, primary key (a, b)) partition by list (a)")
    postgresql.execute("create table public.parts_1 partition of public.parts for values in (1)")
    postgresql.execute("select audit.watch('public.parts', 'THING')")
    postgresql.execute("create table public.parts_2 partition of public.parts for values in (2)")
    postgresql.execute("insert into public.parts values (1, 'x')")
    postgresql.execute("update public.parts set a = 2")
    postgresql.execute("delete from public.parts_2")
    assert [action for action, _, _ in changes(postgresql)] == [
        "ROW_INSERTED", "ROW_DELETED", "ROW_INSERTED", "ROW_DELETED",
    ]  # fmt: skip


def test_replaying_the_behaviour_follows_the_table(postgresql: psycopg.Connection, admin_dsn: str) -> None:
    """Where no event trigger does, migrate tells capture of columns that were added and dropped."""
    from indelible.db.migrate import migrate

    make(postgresql, "id int primary key, a text")
    remove_guard(postgresql)
    postgresql.execute("alter table public.things add column b text, drop column a")
    migrate(admin_dsn, sample=True)
    postgresql.execute("insert into public.things values (1, 'new')")
    assert changes(postgresql)[-1][2] == {"new": {"id": 1, "b": "new"}}
