"""Ways in which the database of the audit service goes away, and whether its events have come to rest."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import psycopg

from indelible import Audit, Receipt
from indelible.models import Fate
from tests.proxy import Proxy
from tests.stage import ACTION
from tests.support import Row, events

Postgresql = psycopg.Connection[Any]


def recorded(postgresql: Postgresql) -> list[Row]:
    return events(postgresql, "action = %s", ACTION)


def ids(postgresql: Postgresql) -> list[str]:
    return [row["metadata"]["event_id"] for row in recorded(postgresql)]


async def until(condition: Callable[[], bool]) -> None:
    with anyio.fail_after(60):
        while not condition():  # noqa: ASYNC110
            await anyio.sleep(0.02)


async def acknowledged(audit: Audit, number: int = 1, **fields: Any) -> list[Receipt]:
    """Receipts of so many events at once, until each of them is durable: a slow machine may be late with a receipt."""
    receipts = await asyncio.gather(*(audit.submit(ACTION, entity_id=n, **fields) for n in range(number)))
    await until(lambda: audit.in_flight == 0)
    assert {receipt.fate for receipt in receipts} <= {Fate.STORED, Fate.SPOOLED, Fate.PENDING}
    return list(receipts)


def balanced(audit: Audit) -> bool:
    """Whether each event that was accepted is somewhere."""
    count = {
        name: audit.metrics.count(f"audit_events_{name}_total")
        for name in ("accepted", "stored", "deferred", "dropped", "summarised", "unavailable")
    }
    return count.pop("accepted") == sum(count.values()) + audit.in_flight


async def back_to_rest(audit: Audit) -> None:
    """Nothing on its way, nothing on disk."""
    await until(lambda: audit.in_flight == 0)
    with anyio.fail_after(60):
        while (counts := await audit.look_at_spool()) is None or counts.waiting + counts.leased > 0:  # noqa: ASYNC110
            await anyio.sleep(0.05)


async def refused(proxy: Proxy, _: Postgresql) -> Callable[[], None]:
    """Connections are refused, as by a server that is down."""
    proxy.refuse()
    return proxy.accept


async def hung(proxy: Proxy, _: Postgresql) -> Callable[[], None]:
    """Connections stay open, and nobody answers."""
    proxy.pause()
    return proxy.resume


async def unheard(proxy: Proxy, _: Postgresql) -> Callable[[], None]:
    """What is sent is committed, and the answers are lost with their connections."""
    proxy.keep_answers()

    def mend() -> None:
        proxy.refuse()
        proxy.accept()

    return mend


async def locked(_: Proxy, postgresql: Postgresql) -> Callable[[], None]:
    """Somebody holds a lock on the log."""
    postgresql.execute("begin")
    postgresql.execute("lock table audit.audit_logs")

    def mend() -> None:
        postgresql.execute("commit")

    return mend


async def read_only(proxy: Proxy, postgresql: Postgresql) -> Callable[[], None]:
    """The database takes no writes, as a standby or one whose disk is nearly full."""
    postgresql.execute(f'alter database "{postgresql.info.dbname}" set default_transaction_read_only = on'.encode())
    proxy.refuse()
    proxy.accept()

    def mend() -> None:
        postgresql.execute(f'alter database "{postgresql.info.dbname}" reset default_transaction_read_only'.encode())

    return mend


async def migrated_away(_: Proxy, postgresql: Postgresql) -> Callable[[], None]:
    """The audit login has lost its rights, as between two steps of a deployment."""
    postgresql.execute("revoke execute on all functions in schema audit from audit_writer")

    def mend() -> None:
        postgresql.execute("grant execute on all functions in schema audit to audit_writer")

    return mend


Break = Callable[[Proxy, Postgresql], Awaitable[Callable[[], None]]]


OUTAGES: list[Break] = [refused, hung, unheard, locked, read_only, migrated_away]
