"""Partitions are made ahead, the net catches what has none, and nothing is lost between them."""

import threading

import psycopg
import pytest

from tests.support import Connect, Login, admin_connection, events


def bounds(connection: psycopg.Connection) -> list[str]:
    query = "select relid::regclass::text from pg_partition_tree('audit.audit_logs') where isleaf order by 1"
    return [name for (name,) in connection.execute(query)]


def drop_partitions(connection: psycopg.Connection) -> None:
    """As if maintain had been forgotten for long: only the net is left, with everything in it."""
    connection.execute(
        """
        do $$ declare v_name regclass; begin
          set local role audit_owner;
          for v_name in select relid from pg_partition_tree('audit.audit_logs')
            where isleaf and relid <> 'audit_private.audit_logs_default'::regclass loop
            execute format('alter table audit.audit_logs detach partition %s', v_name);
            execute format('insert into audit.audit_logs overriding system value select * from %s', v_name);
            execute format('drop table %s', v_name);
          end loop;
        end $$
        """
    )


def test_partitions_are_made_ahead(postgresql: psycopg.Connection, login: Login, connect: Connect) -> None:
    """Last month to three months ahead, and the net; doing it again does nothing."""
    assert len(bounds(postgresql)) == 6
    with connect(login("audit_admin")) as connection:
        assert connection.execute("select * from audit.maintain()").fetchall() == []


def test_the_net_is_emptied_without_losing_a_row(
    postgresql: psycopg.Connection, login: Login, connect: Connect
) -> None:
    """Rows that fell into the net move to their months unchanged, and the new partitions are guarded."""
    drop_partitions(postgresql)
    before = {row["id"]: row for row in events(postgresql)}
    assert bounds(postgresql) == ["audit_private.audit_logs_default"] and before
    with connect(login("audit_admin")) as connection:
        tasks = connection.execute("select * from audit.maintain()").fetchall()
    assert tasks[0] == ("net", f"{len(before)} rows moved into their months")
    after = {row["id"]: row for row in events(postgresql)}
    assert {key: after[key] for key in before} == before
    assert len(bounds(postgresql)) == 6
    assert postgresql.execute("select count(*) from audit_private.audit_logs_default").fetchone() == (0,)
    for name in bounds(postgresql):
        with pytest.raises(psycopg.Error) as refusal:
            postgresql.execute(f"truncate {name}".encode())
        assert refusal.value.sqlstate == "ID001"


def test_months_long_forgotten_leave_the_net(postgresql: psycopg.Connection, login: Login, connect: Connect) -> None:
    """What doctor says of the net is over after maintain, however long nobody maintained."""
    postgresql.execute(
        """insert into audit.audit_logs (created_at, action, actor_proof)
        values ('2021-03-31 23:59:59Z', 'TEST_DONE', 'direct'), ('2022-06-01Z', 'TEST_DONE', 'direct')"""
    )
    finding = "select remedy from audit.doctor() where finding = 'rows in the net'"
    assert postgresql.execute(finding.encode()).fetchall() == [("indelible maintain",)]
    postgresql.execute("set timezone = 'Asia/Tokyo'")
    with connect(login("audit_admin")) as connection:
        tasks = connection.execute("select task, detail from audit.maintain()").fetchall()
    assert tasks[0] == ("net", "2 rows moved into their months")
    assert postgresql.execute(finding.encode()).fetchall() == []
    assert {f"audit_private.audit_logs_{month}" for month in ("2021_03", "2022_06")} < set(bounds(postgresql))


def test_default_privileges_do_not_open_a_new_partition(
    postgresql: psycopg.Connection, login: Login, connect: Connect
) -> None:
    """A default privilege set by the owner would reach new tables; the new partition takes it back."""
    drop_partitions(postgresql)
    postgresql.execute(
        "alter default privileges for role audit_owner in schema audit_private grant all on tables to public"
    )
    with connect(login("audit_admin")) as connection:
        connection.execute("select audit.maintain()")
    for name in bounds(postgresql):
        for privilege in ("select", "insert", "update", "delete", "truncate", "trigger"):
            row = postgresql.execute("select has_table_privilege('audit_reader', %s, %s)", (name, privilege)).fetchone()
            assert row == (False,), (name, privilege)


def test_writers_lose_nothing_while_the_net_is_emptied(
    postgresql: psycopg.Connection, login: Login, connect: Connect
) -> None:
    """Events recorded during maintenance are all there afterwards."""
    postgresql.execute("select audit.define_action('TEST_DONE', 'A test.', 'service')")
    drop_partitions(postgresql)
    recorded: list[int] = []
    stop = threading.Event()
    dsn = login("audit_writer")

    def write() -> None:
        with psycopg.connect(dsn, autocommit=True) as connection:
            while not stop.is_set():
                recorded.extend(number for (number,) in connection.execute("select audit.record('TEST_DONE')"))

    writers = [threading.Thread(target=write) for _ in range(2)]
    for writer in writers:
        writer.start()
    try:
        with connect(login("audit_admin")) as connection:
            connection.execute("select audit.maintain()")
            connection.execute("select audit.maintain()")
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    stored = {row["id"] for row in events(postgresql, "action = 'TEST_DONE'")}
    assert recorded and stored == set(recorded)


def test_only_one_maintains_at_a_time(postgresql: psycopg.Connection) -> None:
    """Two maintainers at once: the second waits, gives up within its lock timeout, and harms nothing."""
    with admin_connection(postgresql) as first, first.transaction():
        first.execute("select audit.maintain()")
        with admin_connection(postgresql) as second, pytest.raises(psycopg.errors.LockNotAvailable):
            second.execute("select audit.maintain()")


def test_months_that_are_over_get_their_indexes(postgresql: psycopg.Connection) -> None:
    """Once, and none of the months that writers still reach."""
    postgresql.execute("set timezone = 'UTC'; set role audit_owner")
    postgresql.execute("select audit_private.make_partition('2020-01-01'); reset role")
    first = postgresql.execute("select task, detail from audit.maintain()").fetchall()
    again = postgresql.execute("select task, detail from audit.maintain()").fetchall()
    month = "audit_private.audit_logs_2020_01"
    assert first == [("index", f"time of {month}"), ("index", f"addresses of {month}")] and again == []
    query = (
        "select indexrelid::regclass::text from pg_index where indrelid = 'audit_private.audit_logs_2020_01'::regclass"
    )
    found = postgresql.execute(query).fetchall()
    assert {(f"{month}_created_at_idx",), (f"{month}_ip_address_idx",)} < set(found)
