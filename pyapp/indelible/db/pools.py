"""Connection pools. None of them connects before it is used, so an application starts while its database is down."""

from typing import Any

import asyncpg
from psycopg_pool import ConnectionPool

from indelible.db.connection import AuditedConnection
from indelible.db.dsn import dsn_of
from indelible.db.sync import SyncConnection, reset_connection
from indelible.errors import DatabaseUnreachable
from indelible.settings import Settings

# Longest wait for a connection of the business pool, in seconds.
ACQUIRE_SECONDS = 10.0
CONNECT_SECONDS = 5.0
IDLE_SECONDS = 300.0
_CANNOT_CONNECT = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


async def connect(*args: Any, **options: Any) -> Any:
    """`asyncpg.connect`, with every failure as DatabaseUnreachable."""
    try:
        return await asyncpg.connect(*args, **options)
    except _CANNOT_CONNECT as error:
        raise DatabaseUnreachable(type(error).__name__) from error


def async_pool(settings: Settings, *, independent: bool) -> Any:
    """The asyncpg pool of the independent or of the business session; await it before use (nothing connects yet)."""
    return asyncpg.create_pool(
        dsn_of(settings, independent=independent),
        min_size=0,
        max_size=settings.audit_pool_size if independent else settings.app_pool_size,
        max_inactive_connection_lifetime=IDLE_SECONDS,
        connect=connect,
        connection_class=AuditedConnection,
        timeout=CONNECT_SECONDS,
        # PgBouncer in transaction mode hands every transaction another server, which knows no prepared statement.
        statement_cache_size=0 if settings.transaction_pooling else 100,
    )


def sync_pool(settings: Settings) -> "ConnectionPool[SyncConnection]":
    """A psycopg pool of the business session, for sync endpoints; the first borrower makes it connect."""
    pool: ConnectionPool[SyncConnection] = ConnectionPool(
        dsn_of(settings, independent=False),
        kwargs={
            "connect_timeout": int(CONNECT_SECONDS),
            "prepare_threshold": None if settings.transaction_pooling else 5,
        },
        min_size=0,
        max_size=settings.app_pool_size,
        timeout=ACQUIRE_SECONDS,
        max_idle=IDLE_SECONDS,
        reset=reset_connection,
        open=True,
    )
    return pool
