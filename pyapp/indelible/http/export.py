"""Events as a file, streamed; every export is on record, when it begins and with how many rows it ended."""

from datetime import UTC, datetime
from typing import Final

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from indelible.errors import ConfigurationError, Problem
from indelible.http.describe import describe
from indelible.http.export_response import ExportResponse, Lane
from indelible.http.permission import requires_permission
from indelible.http.query import parse_query
from indelible.http.serving import serving
from indelible.services.export.formats import FORMATS, FormatName
from indelible.services.export.parquet import require_pyarrow
from indelible.services.reading.filters import EventFilter

EXPORT_EVENTS: Final = "audit.event.export"
MEDIA_TYPES: Final = tuple(dict.fromkeys(each.media_type.partition(";")[0] for each in FORMATS.values()))


class ExportQuery(EventFilter):
    """Which events, and as what."""

    format: FormatName = Field(description="As what.", examples=["jsonl"])


class Export:
    """The endpoint, with the lane that all exports of a process share."""

    def __init__(self) -> None:
        self._lane = Lane()

    @requires_permission(EXPORT_EVENTS)
    @describe("Export events", query=ExportQuery, problems=(501, 505), text='{"id":1}\n', media_type=MEDIA_TYPES)
    async def export(self, request: Request) -> Response:
        """All events that match all filters, the oldest first, as they stand at this moment, streamed.

        csv, jsonl or parquet; ocsf, ecs or cef for a SIEM. An answer that breaks off, without its last chunk, is not
        complete. Reads of the log are left out unless asked for.
        """
        query = parse_query(request, ExportQuery)
        _require_ability(request, query.format)
        if request.method == "HEAD":
            return Response(None, headers=_headers(query.format), media_type=FORMATS[query.format].media_type)
        context, audit = serving()
        return ExportResponse(audit, context, query.format, query.to_json(), _headers(query.format), self._lane)


def _require_ability(request: Request, kind: FormatName) -> None:
    """Problem if there can be no such answer, or its end could not be told from a broken connection."""
    if request.scope.get("http_version") == "1.0":
        raise Problem(505, None, "An export needs HTTP/1.1: in HTTP/1.0 its end looks like a broken connection.")
    if kind == "parquet":
        try:
            require_pyarrow()
        except ConfigurationError as error:
            raise Problem(501, "Not installed", str(error)) from error


def _headers(kind: FormatName) -> dict[str, str]:
    name = f"audit-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.{FORMATS[kind].suffix}"
    return {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
