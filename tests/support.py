"""What several tests need: types of the fixtures, and how the log is read in a test."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import psycopg
from psycopg.rows import dict_row

Login = Callable[..., str]
Connect = Callable[..., AbstractContextManager[psycopg.Connection[Any]]]
Row = dict[str, Any]


def admin_connection(postgresql: psycopg.Connection) -> psycopg.Connection:
    """A second superuser session in the test's database, in autocommit."""
    return psycopg.connect(
        psycopg.conninfo.make_conninfo(postgresql.info.dsn, password=postgresql.info.password), autocommit=True
    )


def remove_guard(connection: psycopg.Connection) -> None:
    """Leave the database as a login without superuser leaves it: no event trigger follows its tables."""
    connection.execute(
        """
        drop event trigger audit_watch_end; drop event trigger audit_watch_drop;
        drop event trigger audit_watch_rewrite; drop schema audit_guard cascade;
        drop publication indelible_verdicts; delete from audit_private.guards
        """
    )


def log_digest(connection: psycopg.Connection) -> tuple[int, str | None]:
    """Count and digest of the whole log, as a superuser sees it."""
    row = connection.execute(
        "select count(*), md5(string_agg(log::text, '|' order by id)) from audit.audit_logs as log"
    ).fetchone()
    assert row is not None
    return row[0], row[1]


def events(connection: psycopg.Connection, where: str = "true", *parameters: object) -> list[Row]:
    """Rows of the log that match, in order of recording."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            f"select * from audit.audit_logs where {where} order by id".encode(), parameters
        ).fetchall()


def facts(event: Row) -> Row:
    """The metadata of an event, but for the id that it was recorded under."""
    return {name: value for name, value in (event["metadata"] or {}).items() if name != "event_id"}


def last_id(connection: psycopg.Connection) -> int:
    """The id of the newest row: events after it belong to what the test does."""
    row = connection.execute("select coalesce(max(id), 0) from audit.audit_logs").fetchone()
    assert row is not None
    return int(row[0])


def one(connection: psycopg.Connection, query: str, *parameters: object) -> tuple[Any, ...]:
    """The only row of a query."""
    rows = connection.execute(query.encode(), parameters or None).fetchall()
    assert len(rows) == 1, rows
    return rows[0]


def notices(connection: psycopg.Connection[Any]) -> list[str]:
    """A list that grows by each NOTICE that the connection is sent."""
    told: list[str] = []
    connection.add_notice_handler(lambda diagnostic: told.append(diagnostic.message_primary or ""))
    return told


def plan_of(connection: psycopg.Connection[Any], function: str, **arguments: str) -> str:
    """The plan of the query in a SQL function of ours, with these literals for its parameters, which it qualifies."""
    (source,) = one(connection, "select prosrc from pg_proc where oid = %s::regproc", f"audit_private.{function}")
    source = source.rpartition("return query\n")[2].partition(";\nend")[0]
    for name, literal in arguments.items():
        source = source.replace(f"{function}.{name}", literal)
    with connection.transaction(force_rollback=True):
        # The test's log is small: what matters is whether an index serves at all.
        connection.execute("set local enable_seqscan = off")
        return "\n".join(line for (line,) in connection.execute(f"explain {source}".encode()))
