"""The spool as the event loop sees it: what touches the disk runs in a thread of its own, one after the other."""

import asyncio
import json
import logging
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from indelible.errors import SpoolError
from indelible.metrics import Metrics
from indelible.models import Event
from indelible.services.spool.payload import to_payload
from indelible.services.spool.records import SpoolCounts, SpooledEvent
from indelible.services.spool.spool import Spool
from indelible.services.standing import Standing
from indelible.settings import Settings

Result = TypeVar("Result")
# Longer than any batch takes; after that another process may take the events over.
LEASE_SECONDS = 60.0
_log = logging.getLogger("indelible.spool")


class Keeper:
    """Keeps events on disk while the database does not take them; lives on the event loop that it is used on.

    A spool that fails is counted, and logged when it begins to fail; it is tried again with the next events.
    """

    def __init__(self, folder: Path, max_bytes: int, metrics: Metrics) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._metrics = metrics
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="spool")
        self._spool: Spool | None = None
        self._failing = False
        self._bytes = 0

    @property
    def failing(self) -> bool:
        """Whether it could not do what it was asked for last."""
        return self._failing

    def admits(self, standing: Standing) -> bool:
        """Whether events of this standing may be put: strangers' have half of the space, and users' all of it."""
        return standing is Standing.KNOWN or self._bytes < self._max_bytes // 2

    async def put(self, events: Sequence[Event]) -> bool:
        """Whether `events` are on disk now."""
        try:
            await self._run(lambda spool: spool.put([(event.event_id, to_payload(event)) for event in events]))
        except SpoolError:
            return False
        return True

    async def claim(self, limit: int) -> list[SpooledEvent]:
        """The oldest events that nobody else is bringing to the database; none if the spool fails."""
        try:
            return await self._run(lambda spool: spool.claim(limit, LEASE_SECONDS))
        except SpoolError:
            return []

    async def done(self, event_ids: Iterable[UUID]) -> None:
        """They are in the database. If that cannot be noted, they are brought there again, and known."""
        with suppress(SpoolError):
            await self._run(lambda spool: spool.done(event_ids))

    async def release(self, event_ids: Iterable[UUID], delay: float = 0) -> None:
        """They are not, and anybody may try them after `delay` seconds."""
        with suppress(SpoolError):
            await self._run(lambda spool: spool.release(event_ids, delay))

    async def set_aside(self, event_ids: Iterable[UUID], reason: str) -> None:
        """They never will be: kept for a person to look at."""
        with suppress(SpoolError):
            await self._run(lambda spool: spool.set_aside(event_ids, reason))

    async def counts(self) -> SpoolCounts | None:
        """What is in the spool, for the metrics too; None if it fails."""
        try:
            found = await self._run(lambda spool: spool.counts())
        except SpoolError:
            return None
        self._bytes = found.bytes
        self._metrics.spooled.set(found.waiting + found.leased)
        self._metrics.set_aside.set(found.set_aside)
        self._metrics.spool_bytes.set(found.bytes)
        return found

    async def close(self) -> None:
        """Let go of the files and of the leases."""
        with suppress(SpoolError):
            await self._run(lambda spool: spool.close())
        self._thread.shutdown(wait=False)

    async def _run(self, work: Callable[[Spool], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._do, work)

    def _do(self, work: Callable[[Spool], Result]) -> Result:
        try:
            self._spool = self._spool or Spool.open(self._folder, max_bytes=self._max_bytes)
            result = work(self._spool)
        except SpoolError as error:
            self._metrics.spool_failures.inc()
            if not self._failing:
                _log.error("%s", json.dumps({"event": "audit_spool_failed", "error": str(error)}))
            self._failing = True
            raise
        self._failing = False
        return result


async def open_keeper(settings: Settings, metrics: Metrics) -> Keeper | None:
    """The keeper of the settings' spool; without one a warning is all there is."""
    if settings.spool_dir is None:
        _log.warning("%s", json.dumps({"event": "audit_spool_absent", "setting": "INDELIBLE_SPOOL_DIR"}))
        return None
    keeper = Keeper(settings.spool_dir, settings.spool_max_bytes, metrics)
    await keeper.counts()
    return keeper
