"""The log for applications: events, one event, the history of one record, and which tables are covered.

All of it is for users with the permission `audit.event.read`, and each read is itself on record.
"""

import json
from typing import Annotated, Any, Final

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from indelible.errors import Problem
from indelible.http.describe import describe
from indelible.http.event_bodies import Coverage, EventPage, HistoryPage, ProvenEvent
from indelible.http.permission import requires_permission
from indelible.http.proofs import READ_EVENTS
from indelible.http.query import INVALID, parse_query, parse_values
from indelible.http.serving import serving
from indelible.services.question import ask, ask_all
from indelible.services.reading.cursor import read_cursor, write_cursor
from indelible.services.reading.filters import EventFilter
from indelible.services.reading.pages import Page, read_events, read_history
from indelible.services.reading.reader import reader_of

UNCACHED: Final = {"Cache-Control": "no-store"}


class Paging(BaseModel):
    """Which page of an answer."""

    model_config = EventFilter.model_config

    limit: Annotated[int, Field(ge=1, le=1000, description="Most events on the page.", examples=[100])] = 100
    cursor: Annotated[
        str | None,
        Field(pattern=r"^[A-Za-z0-9_-]{1,100}$", description="Where the page before said to go on."),
    ] = None


class EventsQuery(EventFilter, Paging):
    """Which events, and which page of them."""


@requires_permission(READ_EVENTS)
@describe("Events on record", returns=EventPage, query=EventsQuery)
async def list_events(request: Request) -> Response:
    """Events that match all filters, newest first. Reads of the log are left out unless asked for.

    Pages stay right while events arrive. There is no total: nobody counts ten million rows for a page of a hundred.
    """
    query = parse_query(request, EventsQuery)
    context, audit = serving()
    question = query.to_json()
    page = await read_events(audit, query, _before(query, question), query.limit, reader_of(context))
    return _page(page, question)


@requires_permission(READ_EVENTS)
@describe("One event", returns=ProvenEvent, problems=(404,))
async def read_event(request: Request) -> Response:
    """The event with its leaf in the transparency log, and where its proof is."""
    event_id = request.path_params["id"]
    context, audit = serving()
    row = await ask(audit, "read_event", event_id, *reader_of(context))
    if row is None:
        raise Problem(404, "Not found", "There is no such event.")
    leaf, size = row["leaf_index"], row["checkpoint_size"]
    proof = {
        "status": "sealed" if leaf is not None and leaf < (size or 0) else "pending",
        "leaf_index": leaf,
        "checkpoint_size": size,
        "url": f"/v1/audit/events/{event_id}/proof",
    }
    return _json(f'{row["event"].removesuffix("}")}, "proof": {json.dumps(proof)}}}')


@requires_permission(READ_EVENTS)
@describe("History of one record", returns=HistoryPage, query=Paging)
async def read_entity_history(request: Request) -> Response:
    """Business events and row changes of one record, newest first, with the difference by column.

    Records are named as in the log: the key's text or, for several columns, a JSON object by column name.
    """
    names = {"entity_type": request.path_params["type"], "entity_id": request.path_params["id"]}
    entity, query = parse_values(names, EventFilter), parse_query(request, Paging)
    context, audit = serving()
    question = f"history {entity.to_json()}"
    before = _before(query, question)
    page = await read_history(
        audit, (names["entity_type"], names["entity_id"]), before, query.limit, reader_of(context)
    )
    return _page(page, question)


@requires_permission(READ_EVENTS)
@describe("Coverage", returns=Coverage)
async def read_coverage(request: Request) -> Response:  # noqa: ARG001
    """Every table of the database, and whether and how its changes are captured."""
    context, audit = serving()
    rows = await ask_all(audit, "read_coverage", *reader_of(context))
    return _json(f'{{"tables": [{", ".join(row["coverage"] for row in rows)}]}}')


def _before(query: Any, question: str) -> int | None:
    """The id that the cursor names, if there is one.

    Raises:
        Problem: 422: it is none, or belongs to another question.
    """
    if query.cursor is None:
        return None
    before = read_cursor(query.cursor, question)
    if before is None:
        error = {"field": "cursor", "reason": "cursor", "message": "Not a cursor of this question"}
        raise Problem(422, INVALID, errors=[error])
    return before


def _page(page: Page, question: str) -> Response:
    cursor = None if page.next_before is None else write_cursor(page.next_before, question)
    more = json.dumps(cursor is not None)
    return _json(f'{{"events": [{", ".join(page.events)}], "has_more": {more}, "cursor": {json.dumps(cursor)}}}')


def _json(text: str) -> Response:
    """JSON that the database made stays as it is: Python would round its numbers."""
    return Response(text, media_type="application/json", headers=UNCACHED)
