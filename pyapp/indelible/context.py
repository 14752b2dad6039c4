"""Who is asking, from where: one object per request, found by everything that runs inside the request."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Protocol, Unpack
from uuid import UUID

from indelible.models import EventFields
from indelible.settings import Settings


@dataclass(frozen=True, slots=True)
class Identity:
    """An authenticated user; `sealed` is the database's own short-lived proof, absent with a login of your own."""

    user_id: str
    sealed: str | None = None
    display_name: str | None = None


class Identify(Protocol):
    """Any application's way to know its user; may be async, may return just the user's id, None is nobody."""

    def __call__(self, request: Any, /) -> Identity | object | Awaitable[Identity | object] | None: ...


class Recorder(Protocol):
    """What a request may do with the audit service (services.audit.Audit)."""

    @property
    def settings(self) -> Settings: ...
    @property
    def database(self) -> Any: ...
    @property
    def sync_database(self) -> Any: ...
    async def record(self, action: str, **fields: Unpack[EventFields]) -> int | None: ...
    def record_sync(self, action: str, **fields: Unpack[EventFields]) -> int | None: ...
    def record_soon(self, action: str, **fields: Unpack[EventFields]) -> None: ...
    async def attempt(self, action: str, **fields: Unpack[EventFields]) -> "Attempt": ...
    def attempt_sync(self, action: str, **fields: Unpack[EventFields]) -> "Attempt": ...


@dataclass(slots=True, eq=False)
class Attempt:
    """A fail-closed action that is on record as attempted, in row `log_id` under `intent_id`.

    `success` gives the parameters of `finish_attempt`; the first transaction that begins during the action and commits
    records it, and says so in `succeeded`.
    """

    log_id: int
    intent_id: UUID
    success: Callable[[], tuple[Any, ...]] | None = None
    succeeded: bool = False


@dataclass(slots=True)
class RequestContext:
    """The facts of one HTTP request that its events and row changes are recorded with.

    Mutable, because sync endpoints run on a copy of the context variables and must still see one object.
    Addresses are validated and carry no zone. `request_id` is ours (32 hex digits), never the client's.
    """

    request_id: str
    ip_address: str | None = None
    peer_address: str | None = None
    user_id: str | None = None
    sealed: str | None = None
    display_name: str | None = None
    client_request_id: str | None = None
    traceparent: str | None = None
    method: str = ""
    audit: Recorder | None = None
    scope: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def path_params(self) -> Mapping[str, Any]:
        """The path's parameters; the router fills them in after the middleware has made this object."""
        found = self.scope.get("path_params", {})
        return found if isinstance(found, Mapping) else {}


_request: ContextVar[RequestContext | None] = ContextVar("indelible_request", default=None)
_service: ContextVar[Recorder | None] = ContextVar("indelible_service", default=None)
_attempts: ContextVar[tuple[Attempt, ...]] = ContextVar("indelible_attempts", default=())


def current() -> RequestContext | None:
    """The request being served, or None outside of one (scripts, start-up)."""
    return _request.get()


def current_audit() -> Recorder | None:
    """The request's audit service, or the one whose `with` block surrounds this code, or None."""
    request = _request.get()
    if request is not None and request.audit is not None:
        return request.audit
    return _service.get()


@contextmanager
def bind(context: RequestContext) -> Iterator[RequestContext]:
    """Make `context` the current request inside the block."""
    token = _request.set(context)
    try:
        yield context
    finally:
        _request.reset(token)


def bind_audit(audit: Recorder | None) -> Recorder | None:
    """Make `audit` what scripts record with from here on, in this context and its copies; returns what it was."""
    surrounding = _service.get()
    _service.set(audit)
    return surrounding


def open_attempts() -> tuple[Attempt, ...]:
    """The fail-closed actions that run, outermost first, and whose success is not on record yet."""
    return tuple(attempt for attempt in _attempts.get() if not attempt.succeeded)


@contextmanager
def attempting(attempt: Attempt | None) -> Iterator[None]:
    """The action of `attempt` runs inside the block."""
    if attempt is None:
        yield
        return
    token = _attempts.set((*_attempts.get(), attempt))
    try:
        yield
    finally:
        # A coroutine that the garbage collector closes ends in another context than it began in.
        with suppress(ValueError):
            _attempts.reset(token)
