"""Pure ASGI middleware: finds out who is asking and from where, before anything else runs."""

import inspect
import logging
import secrets
from collections.abc import Iterable
from typing import Any

from anyio.to_thread import run_sync
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from indelible.address import spell_address
from indelible.context import Identify, Identity, Recorder, RequestContext, bind
from indelible.errors import Problem
from indelible.http.auth import identify_bearer
from indelible.http.forwarded import Forwarding
from indelible.http.ids import client_request_id, traceparent
from indelible.http.problem import CONTEXT_KEY, identifying_headers, respond_to, unavailable
from indelible.settings import Network, networks
from indelible.text import spelled

_log = logging.getLogger("indelible.http")


class AuditMiddleware:
    """Makes the request context, asks `identify` for the user, and puts the request's ids on the answer.

    Args:
        audit: the audit service; by default the lifespan state's `audit`.
        identify: your own login system, sync or async: takes the Starlette request, returns the user's id, an
            Identity or None. By default, bearer tokens of `standard_routes()`.
        trusted_proxies: networks whose forwarding header is believed; by default those of the settings.

    If `identify` raises, the request is answered with 503 (or with the HTTPException or Problem it raised): somebody
    who could not be identified never passes for nobody. Nobody is who `identify` returns None or "" for.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        audit: Recorder | None = None,
        identify: Identify | None = None,
        trusted_proxies: Iterable[str | Network] = (),
    ) -> None:
        self.app = app
        self._audit = audit
        self._identify = identify or identify_bearer
        self._trusted: tuple[Network, ...] = networks(tuple(trusted_proxies))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or CONTEXT_KEY in scope:
            await self.app(scope, receive, send)
            return
        context = scope[CONTEXT_KEY] = self._context(scope)

        async def send_identified(message: Message) -> None:
            await send(_identified(message, context))

        with bind(context):
            refusal = await self._find_user(Request(scope), context)
            await (refusal or self.app)(scope, receive, send_identified)

    def _context(self, scope: Scope) -> RequestContext:
        audit: Recorder | None = self._audit or (scope.get("state") or {}).get("audit")
        headers, peer = scope["headers"], (scope.get("client") or (None,))[0]
        settings = audit.settings if audit is not None else None
        forwarding = Forwarding(
            self._trusted or (settings.trusted_proxies if settings else ()),
            settings.forwarded_header if settings else "x-forwarded-for",
        )
        return RequestContext(
            request_id=secrets.token_hex(16),
            ip_address=forwarding.client(peer, headers),
            peer_address=spell_address(peer),
            client_request_id=client_request_id(headers),
            traceparent=traceparent(headers),
            method=scope["method"],
            audit=audit,
            scope=scope,
        )

    async def _find_user(self, request: Request, context: RequestContext) -> Response | None:
        """Put the user on `context`; a response if the request must not go on."""
        try:
            found = await _ask(self._identify, request)
        except (HTTPException, Problem) as error:
            return await respond_to(request, error)
        except Exception as error:  # noqa: BLE001  # whatever it was, nobody has been identified
            _log.error("identify raised %s", type(error).__name__)
            return unavailable()
        if isinstance(found, Identity):
            context.user_id, context.sealed = spelled(found.user_id), found.sealed
            context.display_name = found.display_name
        elif found is not None and found != "":
            context.user_id = spelled(found)
        return None


async def _ask(identify: Identify, request: Request) -> Any:
    call = getattr(identify, "__call__", identify)  # noqa: B004  # an object's own coroutine function
    if inspect.iscoroutinefunction(identify) or inspect.iscoroutinefunction(call):
        return await identify(request)  # type: ignore[misc]
    found = await run_sync(identify, request)
    return await found if inspect.isawaitable(found) else found


def _identified(message: Message, context: RequestContext) -> Message:
    """`message` with the request's ids; a copy, because applications send one response object many times."""
    if message["type"] != "http.response.start":
        return message
    ids = {name.lower().encode(): (name.encode(), value) for name, value in identifying_headers(context).items()}
    others = [(name, value) for name, value in message.get("headers", ()) if name.lower() not in ids]
    return {**message, "headers": [*others, *((name, value.encode()) for name, value in ids.values())]}
