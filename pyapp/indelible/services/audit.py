"""The audit service: an independent session, so that a record survives the rollback of what it tells about."""

from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

from anyio.from_thread import start_blocking_portal
from psycopg_pool import ConnectionPool
from pydantic import SecretStr

from indelible.context import Recorder, bind_audit
from indelible.db.dsn import dsn_of
from indelible.db.sync import SyncConnection
from indelible.metrics import Metrics
from indelible.services.keeper import Keeper, open_keeper
from indelible.services.reading.feed import Feed
from indelible.services.recording import Recording
from indelible.services.sessions import SessionPools
from indelible.services.spool.records import SpoolCounts
from indelible.services.standing import Shares
from indelible.services.writer import EventWriter
from indelible.settings import Settings


class Audit(Recording):
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
        self._keeper: Keeper | None = None
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
    def in_flight(self) -> int:
        """How many events are neither in the database nor on disk nor given up yet."""
        return self._writer.in_flight if self._writer is not None else 0

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

    @property
    def database_away(self) -> bool:
        """Whether events go to the spool, because the database does not take them at present."""
        return self._writer is not None and self._writer.outage.lasting

    @property
    def has_spool(self) -> bool:
        """Whether there is to be one; it may fail all the same."""
        return self._keeper is not None

    async def look_at_spool(self) -> SpoolCounts | None:
        """What is in the spool of this host; None if there is none, or it fails."""
        return await self._keeper.counts() if self._keeper is not None else None

    async def __aenter__(self) -> Self:
        if self._sessions is not None:
            raise RuntimeError("this audit service is running already")
        self._sessions = SessionPools(self.settings)
        await self._sessions.open()
        self._keeper = await open_keeper(self.settings, self.metrics)
        self._writer = EventWriter(self._sessions, self.settings, self.metrics, self._keeper)
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
            sessions, keeper = self._sessions, self._keeper
            self._sessions = self._keeper = self._writer = None
            if keeper is not None:
                await keeper.close()
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
