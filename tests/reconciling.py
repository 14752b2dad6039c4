"""What tests of audit.reconcile share: a table of things, and how to change it behind the back of capture."""

from typing import Any

import psycopg

from tests.support import one

Finding = tuple[str | None, str, str | None, Any, Any]


def reconcile(connection: psycopg.Connection, table: str = "public.things") -> list[Finding]:
    return connection.execute("select * from audit.reconcile(%s::regclass)", (table,)).fetchall()


def baseline(connection: psycopg.Connection) -> None:
    while one(connection, "select audit.baseline('public.things')") != (0,):
        pass


def watched(connection: psycopg.Connection, columns: str = "id int primary key, name text, n numeric") -> None:
    connection.execute(f"create table public.things ({columns})".encode())
    connection.execute("select audit.watch('public.things', 'THING')")


def tamper(connection: psycopg.Connection, *statements: str) -> None:
    """Change the table with capture switched off."""
    for statement in (
        "alter table public.things disable trigger all",
        *statements,
        "alter table public.things enable trigger all",
        "select audit.watch('public.things')",
    ):
        connection.execute(statement.encode())
