"""The audit service: an independent session, so that a record survives the rollback of what it tells about."""

import asyncio
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self, Unpack

from anyio.from_thread import start_blocking_portal
from psycopg_pool import ConnectionPool
from pydantic import SecretStr

from indelible.context import Recorder, bind_audit, current
from indelible.db.dsn import dsn_of
from indelible.db.sync import SyncConnection
from indelible.metrics import Metrics
from indelible.models import Event, EventFields
from indelible.services.event import compose
from indelible.services.fallback import report_loss
from indelible.services.reading.feed import Feed
from indelible.services.sessions import SessionPools
from indelible.services.standing import Shares, Standing, standing_of
from indelible.services.writer import EventWriter
from indelible.settings import Settings


class Audit:
    """The audit service of one process; `async with Audit()` in a lifespan, `with Audit()` in a script.

    Args:
        settings: from the environment if not given.
        audit_dsn: login of the independent session, over the one in the settings.
        app_dsn: login of the business session, over the one in the settings.

    `metrics` and `settings` are there from the start. No pool connects before it is used, so an application starts
    while its database is down. Threads that a script starts itself find the service in a copy of its context
    (`contextvars.copy_context().run`), as those of Starlette and anyio do by themselves.

    Raises:
        ConfigurationError: no database is configured for the independent session, or a DSN is none.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        audit_dsn: SecretStr | str | None = None,
        app_dsn: SecretStr | str | None = None,
    ) -> None:
        given = {"audit_dsn": audit_dsn, "app_dsn": app_dsn}
        secrets = {name: SecretStr(dsn) if isinstance(dsn, str) else dsn for name, dsn in given.items() if dsn}
        self.settings = (settings or Settings()).model_copy(update=secrets)
        self.metrics = Metrics()
        dsn_of(self.settings, independent=True)
        if self.settings.dsn(independent=False) is not None:  # whoever only records needs no business session
            dsn_of(self.settings, independent=False)
        self._sessions: SessionPools | None = None
        self._writer: EventWriter | None = None
        self._feed: Feed | None = None
        self._surrounding: Recorder | None = None
        self._script = ExitStack()

    @property
    def pool(self) -> Any:
        """The asyncpg pool of the independent session."""
        return self._open_sessions().independent

    @property
    def shares(self) -> Shares:
        """Whose turn it is at `pool`."""
        return self._open_sessions().shares

    @property
    def database(self) -> Any:
        """The asyncpg pool of the business session, whose transactions carry the request's context.

        Raises:
            ConfigurationError: none is configured.
        """
        return self._open_sessions().business or dsn_of(self.settings, independent=False)

    @property
    def sync_database(self) -> "ConnectionPool[SyncConnection]":
        """The psycopg pool of the business session; `with transaction():` sets the context on it."""
        return self._open_sessions().sync()

    @property
    def feed(self) -> Feed:
        """The live tail of the log, for all its streams."""
        if self._feed is None:
            self._open_sessions()
            self._feed = Feed(self, self.settings.stream_limit)
        return self._feed

    def end_streams(self) -> None:
        """End the live tails, which otherwise keep a server from shutting down; for the thread of its event loop."""
        if self._feed is not None:
            self._feed.stop()

    async def record(self, action: str, **fields: Unpack[EventFields]) -> int | None:
        """Record one event and return its id, or None if it is not (yet) on record.

        Args:
            action: code from the catalogue, of origin service.
            fields: `entity_type`, `entity_id`, `description`, `outcome` ("success"), `metadata` (a dict; what cannot
                be stored is left out, and the event says so), `permission`.

        Never raises, and waits at most `settings.record_timeout` seconds; after that the write goes on in the
        background until `settings.record_deadline`. A failure is counted and logged (logger "indelible.audit").
        """
        event, standing = compose(action, current(), fields), standing_of(current())
        pending: asyncio.Future[int | None] | None = None
        writer = self._writer
        if writer is None:
            self._not_running(event)
        elif writer.loop is _running_loop():
            pending = writer.start(event, standing)
        elif (future := writer.start_from_thread(event, standing)) is not None:
            pending = asyncio.wrap_future(future)
        if pending is None:
            return None
        # asyncio.wait leaves the write running, both at the timeout and when the caller is cancelled.
        done, _ = await asyncio.wait({pending}, timeout=self.settings.record_timeout)
        return pending.result() if done and not pending.cancelled() else None

    def record_sync(self, action: str, **fields: Unpack[EventFields]) -> int | None:
        """`record` for sync code: on a worker thread it waits as long as `record` would.

        On a thread that runs an event loop it must not wait, so it hands the event over and returns None.
        """
        event, standing = compose(action, current(), fields), standing_of(current())
        writer, loop = self._writer, _running_loop()
        if writer is None:
            self._not_running(event)
            return None
        if loop is not None:
            _hand_over(writer, event, standing)
            return None
        future = writer.start_from_thread(event, standing)
        try:
            return future.result(self.settings.record_timeout) if future else None
        except TimeoutError:
            return None

    def record_soon(self, action: str, **fields: Unpack[EventFields]) -> None:
        """`record` without waiting at all, from any thread."""
        self._record_soon(compose(action, current(), fields), standing_of(current()))

    def record_unchecked(self, action: str, **fields: Unpack[EventFields]) -> None:
        """`record_soon` for what any client can cause before anything is checked: of a flood, most is only counted."""
        self._record_soon(compose(action, current(), fields), Standing.UNCHECKED)

    def _record_soon(self, event: Event, standing: Standing) -> None:
        if self._writer is None:
            self._not_running(event)
        else:
            _hand_over(self._writer, event, standing)

    async def __aenter__(self) -> Self:
        if self._sessions is not None:
            raise RuntimeError("this audit service is running already")
        self._sessions = SessionPools(self.settings)
        await self._sessions.open()
        self._writer = EventWriter(self._sessions, self.settings, self.metrics)
        self._surrounding = bind_audit(self)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        bind_audit(self._surrounding)
        feed, self._feed = self._feed, None
        try:
            if feed is not None:
                await feed.close()
            if self._writer is not None:
                await self._writer.drain()
        finally:
            sessions, self._sessions, self._writer = self._sessions, None, None
            if sessions is not None:
                await sessions.close()
        return None

    def __enter__(self) -> Self:
        with ExitStack() as script:
            portal = script.enter_context(start_blocking_portal())
            script.enter_context(portal.wrap_async_context_manager(self))
            self._script = script.pop_all()
        self._surrounding = bind_audit(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        bind_audit(self._surrounding)
        self._script.close()

    def _open_sessions(self) -> SessionPools:
        if self._sessions is None:
            raise RuntimeError("the audit service is not running: use `async with Audit()` or `with Audit()`")
        return self._sessions

    def _not_running(self, event: Event) -> None:
        report_loss(event, "not_running", None, self.metrics)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _hand_over(writer: EventWriter, event: Event, standing: Standing) -> None:
    if writer.loop is _running_loop():
        writer.start(event, standing)
    else:
        writer.start_from_thread(event, standing)
