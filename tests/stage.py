"""A small business to audit in tests: one watched table, one action, and an audit service's settings."""

from collections.abc import Callable
from typing import Any

import psycopg
from psycopg import sql

from indelible import Settings
from indelible.context import RequestContext
from tests.support import Row, events

ACTION = "TEST_THING_DONE"


def set_stage(postgresql: psycopg.Connection[Any], login: Callable[..., str], **settings: Any) -> Settings:
    """Settings with a business login (pool of one) that owns nothing and an independent login."""
    app_dsn, audit_dsn = login("audit_app"), login("audit_app", "audit_writer")
    user = sql.Identifier(str(psycopg.conninfo.conninfo_to_dict(app_dsn)["user"]))
    postgresql.execute("select audit.define_action(%s, 'A thing was done.', 'service')", (ACTION,))
    postgresql.execute(
        """
        create table public.things (
          id int primary key,
          name text,
          constraint things_name_unique unique (name) deferrable initially deferred
        )
        """
    )
    postgresql.execute("select audit.watch('public.things', 'THING')")
    postgresql.execute(sql.SQL("grant select, insert, update, delete on public.things to {}").format(user))
    return Settings(
        **{"app_dsn": app_dsn, "audit_dsn": audit_dsn, "app_pool_size": 1, "audit_pool_size": 1, **settings}
    )


def alice(**fields: Any) -> RequestContext:
    """A request of alice's."""
    return RequestContext(**{"request_id": "a" * 32, "ip_address": "192.0.2.7", "user_id": "alice", **fields})


def who(postgresql: psycopg.Connection[Any], entity_id: object) -> tuple[Any, ...]:
    """User, address, request id and proof on record for the newest change of one thing."""
    row: Row = events(postgresql, "entity_type = 'THING' and entity_id = %s", str(entity_id))[-1]
    address = row["ip_address"]
    return row["user_id"], str(address) if address else None, row["request_id"], row["actor_proof"]


ALICE = ("alice", "192.0.2.7", "a" * 32, "service")
NOBODY = (None, None, None, "direct")


async def insert(connection: Any, number: int) -> None:
    await connection.execute("insert into public.things values ($1, $2)", number, f"thing {number}")


def stored(postgresql: psycopg.Connection[Any]) -> list[int]:
    return [row[0] for row in postgresql.execute("select id from public.things order by id").fetchall()]


async def clean(pool: Any) -> bool:
    """Whether the pool's only connection is out of any transaction, of any role, and carries no context."""
    async with pool.acquire(timeout=5) as connection:
        left = await connection.fetchrow(
            """
            select current_setting('indelible.context', true), current_user = session_user,
              (select count(*) from pg_class where relpersistence = 't' and relname = 'leftover')
            """
        )
        return not connection.is_in_transaction() and tuple(left) in ((None, True, 0), ("", True, 0))
