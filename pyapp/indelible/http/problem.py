"""Errors as RFC 9457 problem documents: no SQL, no stack, no control character, nothing a client sent."""

import json
import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import asyncpg
import psycopg
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ExceptionHandler

from indelible.context import RequestContext
from indelible.db.outage import is_outage
from indelible.errors import DatabaseUnreachable, PermissionDenied, Problem, is_denial
from indelible.text import neutralise

CONTEXT_KEY = "indelible.context"
RETRY_SECONDS = "5"
_log = logging.getLogger("indelible.http")


def problem(
    status: int,
    title: str | None = None,
    detail: str | None = None,
    headers: Mapping[str, str] | None = None,
    *,
    errors: Sequence[Mapping[str, Any]] = (),
) -> Response:
    """An `application/problem+json` response; without a title, the status' own phrase is the title."""
    content = json.dumps(problem_document(status, title, detail, errors=errors)).encode()
    return Response(content, status, dict(headers or {}), "application/problem+json")


def problem_document(
    status: int, title: str | None = None, detail: str | None = None, *, errors: Sequence[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """The members of a problem, for where it is a part of an answer."""
    document: dict[str, Any] = {
        "type": "about:blank",
        "title": neutralise(title, 200) if title else _phrase(status),
        "status": status,
    }
    if detail:
        document["detail"] = neutralise(detail, 1000)
    if errors:
        document["errors"] = [dict(error) for error in errors]
    return document


def identifying_headers(context: RequestContext) -> dict[str, str]:
    """The headers every answer of a request carries: its ids, and its trace if the client sent a valid one."""
    headers = {
        "X-Request-ID": context.client_request_id or context.request_id,
        "Indelible-Request-ID": context.request_id,
    }
    if context.traceparent:
        headers["traceparent"] = context.traceparent
    return headers


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"


async def _http_exception(_request: Request, error: Any) -> Response:
    if error.status_code in (204, 304):
        return Response(status_code=error.status_code, headers=error.headers)
    # The detail of a 5xx is often the text of an exception: it stays inside.
    told = error.detail if error.status_code < 500 and error.detail != _phrase(error.status_code) else None
    return problem(error.status_code, None, told, error.headers)


async def _problem(_request: Request, error: Any) -> Response:
    return problem(error.status_code, error.title, error.detail, error.headers, errors=error.errors)


def unavailable() -> Response:
    """503: the database cannot be asked."""
    return problem(503, "Service temporarily unavailable", None, {"Retry-After": RETRY_SECONDS})


async def _database_error(_request: Request, error: Exception) -> Response:
    if is_denial(error):
        return problem(PermissionDenied.status_code, PermissionDenied.title)
    if not is_outage(error):
        raise error  # for the 500 below
    _log.error("database unreachable: %s", type(error).__name__)
    return unavailable()


async def _server_error(request: Request, error: Exception) -> Response:
    _log.error("unhandled %s", type(error).__name__)
    context = request.scope.get(CONTEXT_KEY)
    # Starlette answers a 500 outside of all middleware, so the ids are put on here.
    headers = identifying_headers(context) if isinstance(context, RequestContext) else {}
    return problem(500, headers=headers)


exception_handlers: dict[Any, ExceptionHandler] = {
    HTTPException: _http_exception,
    Problem: _problem,
    DatabaseUnreachable: _database_error,
    ConnectionError: _database_error,
    asyncpg.PostgresError: _database_error,
    psycopg.Error: _database_error,
    Exception: _server_error,
}


async def respond_to(request: Request, error: HTTPException | Problem) -> Response:
    """The answer to an error raised where no exception handler reaches."""
    handler = _problem if isinstance(error, Problem) else _http_exception
    return await handler(request, error)
