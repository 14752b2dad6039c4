"""The log only grows: what grants, guards and partitions refuse, and to whom."""

import psycopg
import pytest
from psycopg import errors

from tests.support import Connect, Login, admin_connection, log_digest, one

WRITES = [
    "update audit.audit_logs set action = 'X_Y'",
    "delete from audit.audit_logs",
    "truncate audit.audit_logs",
    "insert into audit.audit_logs (created_at, action, actor_proof) values (now(), 'X_Y', 'sealed')",
    "copy audit.audit_logs (created_at, action, actor_proof) from stdin",
    "insert into audit.audit_logs (created_at) values (now()) on conflict (id, created_at) do update set xid = '1'",
    "merge into audit.audit_logs as log using (values (1)) as one on true when matched then delete",
    "with gone as (delete from audit.audit_logs returning *) select * from gone",
]
GROUPS = ["audit_app", "audit_writer", "audit_reader", "audit_investigator", "audit_admin", "audit_sealer", "iam_admin"]


def attempt(connection: psycopg.Connection, statement: str) -> None:
    """Runs a write; a COPY sends one row, so that it is the guard that stops it."""
    if not statement.startswith("copy"):
        connection.execute(statement.encode())
        return
    with connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        copy.write_row(["2026-01-01", "X_Y", "sealed"])


@pytest.mark.parametrize("statement", WRITES)
def test_no_group_writes_the_log(
    postgresql: psycopg.Connection, login: Login, connect: Connect, statement: str
) -> None:
    """Members of every group together are refused by grants, and the log stays as it was."""
    before = log_digest(postgresql)
    with connect(login(*GROUPS)) as connection, pytest.raises(errors.InsufficientPrivilege):
        attempt(connection, statement)
    assert log_digest(postgresql) == before


CHANGES = [
    statement for statement in WRITES if not statement.startswith("copy") and not statement.endswith("'sealed')")
]


@pytest.mark.parametrize("statement", CHANGES)
@pytest.mark.parametrize("replica", [False, True])
def test_even_a_superuser_is_stopped(postgresql: psycopg.Connection, statement: str, replica: bool) -> None:
    """Whom no grant binds is stopped by guards (ID001), with session_replication_role=replica as well."""
    before = log_digest(postgresql)
    with admin_connection(postgresql) as connection:
        connection.execute(f"set session_replication_role = {'replica' if replica else 'origin'}".encode())
        with pytest.raises(psycopg.Error) as refusal:
            connection.execute(statement.encode())
    assert refusal.value.sqlstate == "ID001"
    assert log_digest(postgresql) == before


@pytest.mark.parametrize("statement", CHANGES)
def test_the_owner_changes_no_row(postgresql: psycopg.Connection, statement: str) -> None:
    """audit_owner itself, who may insert, may not update, delete or truncate."""
    with admin_connection(postgresql) as connection:
        connection.execute("set role audit_owner")
        with pytest.raises(psycopg.Error) as refusal:
            connection.execute(statement.encode())
    assert refusal.value.sqlstate == "ID001"


@pytest.mark.parametrize("statement", WRITES)
def test_pg_write_all_data_does_not_pierce(
    postgresql: psycopg.Connection, login: Login, connect: Connect, statement: str
) -> None:
    """pg_write_all_data passes every grant; row security stops its inserts, guards the rest, on partitions too."""
    before = log_digest(postgresql)
    dsn = login("pg_write_all_data", "pg_read_all_data")
    for table in ["audit.audit_logs", *partitions(postgresql)]:
        with connect(dsn) as connection, pytest.raises(psycopg.Error) as refusal:
            attempt(connection, statement.replace("audit.audit_logs", table))
        assert refusal.value.sqlstate in ("ID001", "42501", "0A000"), table  # 0A000: COPY under row security
    assert log_digest(postgresql) == before


def test_pg_read_all_data_reads_nothing(postgresql: psycopg.Connection, login: Login, connect: Connect) -> None:
    """Row security keeps the log from whoever is not an investigator, on partitions too."""
    with connect(login("pg_read_all_data")) as connection:
        for table in ["audit.audit_logs", *partitions(postgresql)]:
            assert one(connection, f"select count(*) from {table}") == (0,), table
    assert one(postgresql, "select count(*) > 0 from audit.audit_logs") == (True,)


def partitions(connection: psycopg.Connection) -> list[str]:
    """Names of all partitions of the log, the net among them."""
    query = "select relid::regclass::text from pg_partition_tree('audit.audit_logs') where isleaf"
    return [name for (name,) in connection.execute(query)]


def test_every_partition_is_guarded(postgresql: psycopg.Connection, login: Login, connect: Connect) -> None:
    """Each partition refuses on its own: by grants to all groups, by guards to a superuser."""
    names = partitions(postgresql)
    assert len(names) == 6
    dsn = login(*GROUPS)
    for name in names:
        insert = f"insert into {name} (id, created_at, action, actor_proof) overriding system value"
        for statement in (f"truncate {name}", f"delete from {name}", f"update {name} set action = 'X_Y'"):
            with connect(dsn) as connection, pytest.raises(errors.InsufficientPrivilege):
                connection.execute(statement.encode())
            with admin_connection(postgresql) as connection, pytest.raises(psycopg.Error) as refusal:
                connection.execute(statement.encode())
            assert refusal.value.sqlstate == "ID001", statement
        with connect(dsn) as connection, pytest.raises(errors.InsufficientPrivilege):
            connection.execute(f"{insert} values (0, now(), 'X_Y', 'direct')".encode())


def test_guards_fire_always(postgresql: psycopg.Connection) -> None:
    """Row guards reach every partition as ENABLE ALWAYS, and each has its own statement guard."""
    rows = postgresql.execute(
        """
        select tree.relid::regclass::text, array_agg(trigger.tgname::text order by trigger.tgname)
        from pg_partition_tree('audit.audit_logs') as tree
        join pg_trigger as trigger on trigger.tgrelid = tree.relid and trigger.tgenabled = 'A'
        group by 1
        """
    ).fetchall()
    assert len(rows) == 7
    assert all(names == ["log_refuse_change", "log_refuse_statement"] for _, names in rows)
