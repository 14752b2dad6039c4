"""The application: `uvicorn --factory ftms.app:create_app`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware

from ftms.endpoints import ROUTES
from ftms.rules import HANDLERS
from indelible import Audit, AuditMiddleware, Settings, exception_handlers, standard_routes


def create_app(settings: Settings | None = None) -> Starlette:
    """FTMS with its logins, permissions and records; `settings` default to the environment."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[dict[str, Audit]]:
        async with Audit(settings) as audit:
            yield {"audit": audit}

    return Starlette(
        routes=[*standard_routes(title="FTMS: ferry bookings", version="1"), *ROUTES],
        middleware=[Middleware(AuditMiddleware)],
        exception_handlers={**exception_handlers, **HANDLERS},
        lifespan=lifespan,
    )
