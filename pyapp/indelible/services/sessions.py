"""The connection pools of one audit service: who speaks to the database, and on which login."""

import asyncio
import threading
from typing import Any

from psycopg_pool import ConnectionPool

from indelible.db.pools import async_pool, sync_pool
from indelible.db.sync import SyncConnection
from indelible.services.standing import Shares
from indelible.settings import Settings

# Longest wait for borrowed connections when the pools close, in seconds.
CLOSE_SECONDS = 2.0


class SessionPools:
    """Made on the event loop that uses them. None of the pools connects before it is used."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._sync: ConnectionPool[SyncConnection] | None = None
        self._sync_lock = threading.Lock()
        self.independent: Any = async_pool(settings, independent=True)
        self.shares = Shares(settings.audit_pool_size)
        self.business: Any = async_pool(settings, independent=False) if settings.dsn(independent=False) else None

    async def open(self) -> None:
        """Make the asyncpg pools ready for use."""
        for pool in self._async_pools():
            await pool

    def sync(self) -> "ConnectionPool[SyncConnection]":
        """The psycopg pool of the business session, opened when first asked for, from any thread."""
        with self._sync_lock:
            if self._sync is None:
                self._sync = sync_pool(self._settings)
            return self._sync

    async def close(self) -> None:
        """Close all of them; a connection that is still borrowed after CLOSE_SECONDS is cut off."""
        with self._sync_lock:
            sync, self._sync = self._sync, None
        if sync is not None:
            await asyncio.to_thread(sync.close, CLOSE_SECONDS)
        await asyncio.gather(*map(_close, self._async_pools()))

    def _async_pools(self) -> list[Any]:
        return [pool for pool in (self.independent, self.business) if pool is not None]


async def _close(pool: Any) -> None:
    try:
        await asyncio.wait_for(pool.close(), CLOSE_SECONDS)
    except TimeoutError:
        pool.terminate()
