"""audit.baseline: every row that a table held is on record once capture began, whatever happens meanwhile."""

import contextlib

import psycopg
import pytest

from tests.support import Connect, Login, admin_connection, events, last_id, one


def fill(connection: psycopg.Connection, rows: int = 2000) -> None:
    """A table that held rows before it was watched."""
    connection.execute("create table public.things (id int primary key, name text, pin text)")
    connection.execute(
        "insert into public.things select n, repeat('x', 100), 'p' from generate_series(1, %s) as n", (rows,)
    )
    connection.execute("select audit.watch('public.things', 'THING', mask => array['pin'])")


def batch(connection: psycopg.Connection, rows: int = 10000) -> int:
    return int(one(connection, "select audit.baseline('public.things', %s::int)", rows)[0])


def run(connection: psycopg.Connection, rows: int = 10000) -> int:
    total = 0
    while recorded := batch(connection, rows):
        total += recorded
    return total


def test_each_row_is_recorded_and_the_end_once(postgresql: psycopg.Connection) -> None:
    """One ROW_BASELINE for each row with its image, one AUDIT_BASELINE_FINISHED, and 0 from then on."""
    fill(postgresql)
    assert run(postgresql, 500) == 2000
    assert batch(postgresql) == 0 == batch(postgresql)
    rows = events(postgresql, "action = 'ROW_BASELINE'")
    assert sorted(int(row["entity_id"]) for row in rows) == list(range(1, 2001))
    assert rows[0]["changes"] == {"new": {"id": 1, "name": "x" * 100, "pin": "***"}}
    (finished,) = events(postgresql, "action = 'AUDIT_BASELINE_FINISHED'")
    assert (finished["entity_id"], finished["metadata"]["rows"]) == ("public.things", 2000)


def test_a_batch_that_is_rolled_back_is_done_again(postgresql: psycopg.Connection, admin_dsn: str) -> None:
    """Killed in the middle of a batch, the next call goes on behind the last that was committed; no row is twice."""
    fill(postgresql)
    assert 0 < batch(postgresql, 500) < 2000
    other = psycopg.connect(admin_dsn, autocommit=True)
    other.execute("begin")
    assert batch(other, 500) > 0
    postgresql.execute("select pg_terminate_backend(%s, 5000)", (other.info.backend_pid,))
    other.close()
    run(postgresql, 500)
    assert one(
        postgresql, "select count(*), count(distinct entity_id) from audit.audit_logs where action = 'ROW_BASELINE'"
    ) == (2000, 2000)


@pytest.mark.parametrize(
    "meanwhile",
    [
        "update public.things set name = name || '!' where id > 1500",
        "delete from public.things where id < 300; vacuum public.things; update public.things set name = 'y'",
        "vacuum full public.things",
        "delete from public.things where id < 1000; vacuum full public.things",
        "truncate public.things; insert into public.things values (1, 'z', 'p')",
        "update public.things set id = id + 10000 where id > 1500",
    ],
)
def test_no_row_escapes_by_moving(postgresql: psycopg.Connection, meanwhile: str) -> None:
    """Rows that move to blocks which were read already are on record at the end, in their last state."""
    fill(postgresql)
    batch(postgresql, 500)
    for statement in meanwhile.split("; "):
        postgresql.execute(statement.encode())
    run(postgresql, 500)
    query = """
        select count(*) from public.things as thing where not exists (
          select from audit.audit_logs where action in ('ROW_BASELINE', 'ROW_INSERTED') and entity_id = thing.id::text
            and changes #>> '{new,name}' = thing.name
        )
    """
    assert one(postgresql, query) == (0,)


def test_partitions_and_hostile_names(postgresql: psycopg.Connection) -> None:
    """A partitioned table is recorded with all its leaves, whatever the names."""
    postgresql.execute(
        """
        create table public."Th'i""ngs" (
          "present" int, "$capture$" int, "a'b" text, primary key ("present", "$capture$")
        )
        partition by range ("present");
        create table public."p 1" partition of public."Th'i""ngs" for values from (0) to (10);
        create table public."p 2" partition of public."Th'i""ngs" for values from (10) to (20);
        insert into public."Th'i""ngs" select n, n, 'x' from generate_series(1, 19) as n;
        """
    )
    postgresql.execute("""select audit.watch('public."Th''i""ngs"', 'THING')""")
    assert one(postgresql, """select audit.baseline('public."Th''i""ngs"')""") == (19,)
    assert one(postgresql, """select audit.baseline('public."Th''i""ngs"')""") == (0,)
    row = events(postgresql, "action = 'ROW_BASELINE'")[0]
    assert row["changes"]["new"] == {"present": 1, "$capture$": 1, "a'b": "x"}


def test_writers_wait_and_nobody_is_waited_for_long(
    postgresql: psycopg.Connection, admin_dsn: str, connect: Connect
) -> None:
    """A writer in flight makes the batch give up with its lock timeout; nothing is recorded."""
    fill(postgresql, 10)
    with connect(admin_dsn) as writer, admin_connection(postgresql) as other:
        writer.execute("begin")
        writer.execute("update public.things set name = 'y' where id = 1")
        mark = last_id(postgresql)
        with pytest.raises(psycopg.errors.LockNotAvailable):
            batch(other)
        assert last_id(postgresql) == mark


def test_only_the_owner(postgresql: psycopg.Connection, login: Login, connect: Connect) -> None:
    """Strangers are refused by both halves, and the definer half without the lock (ID012)."""
    fill(postgresql, 10)
    postgresql.execute("grant all on public.things to public")
    with connect(login()) as stranger:
        for call in ("baseline('public.things')", "record_baseline_batch('public.things', 1)"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="must be owner"):
                stranger.execute(f"select audit.{call}".encode())
    with pytest.raises(psycopg.Error) as refusal:
        postgresql.execute("select audit.record_baseline_batch('public.things', 1)")
    assert refusal.value.sqlstate == "ID012"
    postgresql.execute("create table public.others (id int)")
    with pytest.raises(psycopg.Error, match="not watched"):
        postgresql.execute("select audit.baseline('public.others')")


CANARY = """
create table shop.seen (role text);
grant all on shop.seen to public;
grant usage on schema shop to public;
create function shop.canary(n int) returns int language plpgsql immutable as
  $$ begin insert into shop.seen values (current_user); return n; exception when others then
  raise warning 'canary as %', current_user; return n; end $$;
"""


@pytest.mark.parametrize(
    "trap",
    [
        """
        alter table shop.orders enable row level security;
        create policy p on shop.orders using (shop.canary(1) = 1);
        alter table shop.orders force row level security
        """,
        "create index on shop.orders ((shop.canary(1) + a))",
        "create index on shop.orders (a) where shop.canary(1) = a",
        "create statistics shop.s on (shop.canary(1) + a), b from shop.orders",
        "alter table shop.orders add check (shop.canary(1) <> a) not valid",
        "create domain shop.d as int check (shop.canary(value) > 0); alter table shop.orders alter a type shop.d",
    ],
)
def test_the_owners_code_never_runs_as_audit_owner(
    postgresql: psycopg.Connection, login: Login, connect: Connect, trap: str
) -> None:
    """Policies, index expressions, statistics, checks and domains: none is evaluated with audit_owner's rights."""
    with connect(login()) as owner:
        postgresql.execute(f"create schema shop authorization {owner.info.user}".encode())
        owner.execute("create table shop.orders (id int primary key, a int, b int)")
        owner.execute("insert into shop.orders values (1, 2, 3)")
        owner.execute(CANARY)
        owner.execute(trap)
        owner.execute("select audit.watch('shop.orders', 'ORDER')")
        dsn = psycopg.conninfo.make_conninfo(owner.info.dsn, password=owner.info.password)
    with connect(dsn) as owner:
        told: list[str] = []
        owner.add_notice_handler(lambda notice: told.append(str(notice.message_primary)))
        owner.execute("set constraint_exclusion = on")
        with contextlib.suppress(psycopg.Error):
            owner.execute("select audit.baseline('shop.orders')")
        assert "canary as audit_owner" not in told
    assert one(postgresql, "select count(*) from shop.seen where role = 'audit_owner'") == (0,)
