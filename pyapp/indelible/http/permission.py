"""`requires_permission`: an endpoint that runs only if the database says that this user may."""

import inspect
import re
from collections.abc import Callable
from functools import wraps
from typing import Any, Final, TypeVar

from anyio import from_thread

from indelible.errors import PermissionDenied, Unauthenticated
from indelible.http.serving import serving
from indelible.services.permissions import Verdict, check_permission

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
PERMISSION: Final = re.compile(r"(?=.{3,100}$)[a-z][a-z0-9_]*(\.[a-z0-9_]+)+")


def requires_permission(permission: str) -> Callable[[Endpoint], Endpoint]:
    """Let an endpoint run only for users who hold `permission`, such as `"ftms.booking.create"`.

    Works on async and sync functions and on methods of an `HTTPEndpoint`; a sync one asks from its worker thread.
    The database records every refusal, with the permission that was asked for. Put it outside of `@audited`, or the
    refused action is recorded as `denied` as well.

    Raises:
        ValueError: `permission` is not lower-case words joined by dots; a class was given (TypeError).
        Unauthenticated: when called by nobody: 401.
        PermissionDenied: when called by a user who may not, is inactive, or has no role: 403, the same for all.
        DatabaseUnreachable: when the database gives no answer: 503.
    """
    if not PERMISSION.fullmatch(permission):
        raise ValueError(f"{permission!r} is not a permission such as 'ftms.booking.create'.")

    def decorate(endpoint: Endpoint) -> Endpoint:
        if inspect.isclass(endpoint):
            raise TypeError("requires_permission decorates the methods of an HTTPEndpoint, not the class.")
        guarded = _guard_async(endpoint, permission) if _is_async(endpoint) else _guard_sync(endpoint, permission)
        guarded.__permission__ = permission  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return decorate


async def require(permission: str) -> None:
    """Return if the current request's user holds `permission`; the errors of `requires_permission` otherwise."""
    context, audit = serving()
    verdict = await check_permission(audit, permission, context)
    if verdict is Verdict.UNAUTHENTICATED:
        raise Unauthenticated
    if verdict is not Verdict.GRANTED:
        raise PermissionDenied


def _guard_async(endpoint: Callable[..., Any], permission: str) -> Callable[..., Any]:
    @wraps(endpoint)
    async def guarded(*args: Any, **kwargs: Any) -> Any:
        await require(permission)
        return await endpoint(*args, **kwargs)

    return guarded


def _guard_sync(endpoint: Callable[..., Any], permission: str) -> Callable[..., Any]:
    @wraps(endpoint)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        # On the event loop itself this raises instead of waiting for ever for its own thread.
        from_thread.run(require, permission)
        return endpoint(*args, **kwargs)

    return guarded


def _is_async(endpoint: Callable[..., Any]) -> bool:
    return inspect.iscoroutinefunction(inspect.unwrap(endpoint)) or inspect.iscoroutinefunction(endpoint)
