"""Events on their way to the database: written in the background, bounded in number and time, drained on close."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import astuple, replace
from time import perf_counter
from typing import Any

import asyncpg

from indelible.errors import sqlstate_of
from indelible.metrics import Metrics
from indelible.models import Event
from indelible.queries import QUERIES
from indelible.services.admission import Admission
from indelible.services.fallback import reason_for, report_loss
from indelible.services.metadata import NOTE
from indelible.services.sessions import SessionPools
from indelible.services.standing import Standing
from indelible.services.summary import Summary
from indelible.settings import Settings

# Longest wait for a timed-out statement to be cancelled before its connection is closed, in seconds.
RELEASE_SECONDS = 1.0
# Invalid event (size), invalid or untranslatable text, program limit exceeded (depth, numbers).
_METADATA_STATES = ("ID005", "22P02", "22P05", "54000", "54001", "22003")
_REFUSED_METADATA = f'{{"{NOTE}": ["refused"]}}'


class EventWriter:
    """Writes events on the independent pool; lives on the event loop that it was made on."""

    def __init__(self, sessions: SessionPools, settings: Settings, metrics: Metrics) -> None:
        self.loop = asyncio.get_running_loop()
        self._sessions = sessions
        self._settings = settings
        self._metrics = metrics
        self._tasks: set[asyncio.Task[int | None]] = set()
        self._admission = Admission(settings)
        self._summary = Summary(self.loop, self._start_anyway, metrics)

    def start(self, event: Event, standing: Standing) -> "asyncio.Task[int | None] | None":
        """Begin to write `event`, on this writer's own loop; None if it had to be given up at once."""
        return self._launch(event, standing) if self._admit(event, standing) else None

    def start_from_thread(self, event: Event, standing: Standing) -> "Future[int | None] | None":
        """The same from any other thread."""
        if not self._admit(event, standing):
            return None
        outcome: Future[int | None] = Future()
        outcome.set_running_or_notify_cancel()

        def settle(task: "asyncio.Task[int | None]") -> None:
            outcome.set_result(None if task.cancelled() else task.result())

        try:
            self.loop.call_soon_threadsafe(self._launch, event, standing, settle)
        except RuntimeError:  # the loop is closed
            self._admission.release(standing)
            report_loss(event, "closed", None, self._metrics)
            return None
        return outcome

    async def drain(self) -> None:
        """Take no more events, wait for those in flight, and give up on what is not written by the deadline."""
        self._admission.close()
        self._summary.flush()
        deadline = self.loop.time() + self._settings.record_deadline
        while self._admission.in_flight > len(self._tasks) and self.loop.time() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0)  # a thread has just handed an event over: let it begin
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=deadline - self.loop.time())
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=2 * RELEASE_SECONDS)

    def _admit(self, event: Event, standing: Standing) -> bool:
        if self._admission.admit(standing):
            return True
        if self._admission.closed or standing is Standing.KNOWN:
            report_loss(event, "closed" if self._admission.closed else "saturated", None, self._metrics)
        else:
            self._summary.add(event)
        return False

    def _start_anyway(self, event: Event) -> None:
        """For summaries, which are few."""
        self._admission.take(Standing.KNOWN)
        self._launch(event, Standing.KNOWN)

    def _launch(
        self, event: Event, standing: Standing, settle: "Callable[[asyncio.Task[int | None]], None] | None" = None
    ) -> "asyncio.Task[int | None]":
        task = self.loop.create_task(self._write(event, standing))
        self._tasks.add(task)

        def finish(done: "asyncio.Task[int | None]") -> None:
            self._tasks.discard(done)
            self._admission.release(standing)
            if settle is not None:
                settle(done)

        task.add_done_callback(finish)
        return task

    async def _write(self, event: Event, standing: Standing) -> int | None:
        """The id of the written event, or None after having reported or summed up the loss."""
        began = perf_counter()
        try:
            async with asyncio.timeout(self._settings.record_deadline), self._sessions.shares.turn(standing):
                log_id = await self._send(event)
        except asyncio.CancelledError:
            report_loss(event, "closed", None, self._metrics)
            raise
        except Exception as error:  # noqa: BLE001  # whatever it is, business code must not see it
            if standing is Standing.UNCHECKED and not self._admission.closed:
                self._summary.add(event)
            else:
                report_loss(event, reason_for(error), error, self._metrics)
            return None
        finally:
            self._metrics.write_duration.observe(perf_counter() - began)
        self._metrics.recorded(event.action, event.outcome)
        return log_id

    async def _send(self, event: Event) -> int:
        connection = await self._sessions.independent.acquire()
        try:
            try:
                return await self._insert(connection, event)
            except asyncpg.PostgresError as error:
                if event.metadata is None or sqlstate_of(error) not in _METADATA_STATES:
                    raise
            return await self._insert(connection, replace(event, metadata=_REFUSED_METADATA))
        finally:
            # The pool closes a connection that it cannot reset in time.
            with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await self._sessions.independent.release(connection, timeout=RELEASE_SECONDS)

    async def _insert(self, connection: Any, event: Event) -> int:
        if not self._settings.transaction_pooling:
            return int(await connection.fetchval(QUERIES["record_event"], *astuple(event)))
        # Between preparing and executing, PgBouncer would hand over another server.
        async with connection.transaction():
            return int(await connection.fetchval(QUERIES["record_event"], *astuple(event)))
