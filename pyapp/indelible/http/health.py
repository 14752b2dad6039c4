"""What has become of the events of this process and of this host: the loss meter."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from indelible.http.describe import describe
from indelible.http.serving import serving
from indelible.services.audit import Audit
from indelible.services.spool.records import SpoolCounts

_EXAMPLE: dict[str, Any] = {
    "status": "ok",
    "database": "ok",
    "spool": {"state": "ok", "waiting": 0, "set_aside": 0, "damaged": 0, "bytes": 24576, "oldest": None},
    "events": {
        "accepted": 120,
        "stored": 100,
        "spooled": 20,
        "replayed": 20,
        "refused": 0,
        "dropped": 0,
        "summarised": 0,
        "unavailable": 0,
        "pending": 0,
    },
}


class Events(BaseModel):
    """Events of this process since its start.

    Each that was accepted is pending, or counted once more: stored, spooled, dropped, summarised, unavailable. Of
    what all processes of the host have spooled, the spool holds what is not replayed yet. `dropped` are on record
    nowhere; most of `refused`, which the database will not have, are among them.
    """

    accepted: int
    stored: int
    spooled: int
    replayed: int
    refused: int
    dropped: int
    summarised: int
    unavailable: int
    pending: int


class SpoolState(BaseModel):
    """The spool of this host: events that wait for the database, and those it refused. `off` where there is none."""

    state: Literal["ok", "failing", "off"]
    waiting: int = 0
    set_aside: int = 0
    damaged: int = 0
    bytes: int = 0
    oldest: str | None = None


class Health(BaseModel):
    """`degraded`: the database does not take events at present, the spool cannot be used, or something was lost."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    status: Literal["ok", "degraded"]
    database: Literal["ok", "away"]
    spool: SpoolState
    events: Events


@describe("What has become of the events", returns=Health, public=True)
async def read_health(request: Request) -> Response:  # noqa: ARG001
    """200 for as long as the process lives. Asks the database nothing, needs no token, tells of no single event."""
    _, audit = serving()
    spool = _spool(audit.has_spool, await audit.look_at_spool())
    events = _events(audit)
    healthy = not audit.database_away and spool.state != "failing" and not (events.dropped or spool.set_aside)
    health = Health(
        status="ok" if healthy else "degraded",
        database="away" if audit.database_away else "ok",
        spool=spool,
        events=events,
    )
    return JSONResponse(health.model_dump())


def _spool(there: bool, found: SpoolCounts | None) -> SpoolState:  # noqa: FBT001
    if found is None:
        return SpoolState(state="failing" if there else "off")
    return SpoolState(
        state="ok",
        waiting=found.waiting + found.leased,
        set_aside=found.set_aside,
        damaged=found.damaged,
        bytes=found.bytes,
        oldest=found.oldest.isoformat() if found.oldest else None,
    )


def _events(audit: Audit) -> Events:
    names = {name: f"audit_events_{name}_total" for name in Events.model_fields} | {
        "spooled": "audit_events_deferred_total"
    }
    counts = {name: audit.metrics.count(metric) for name, metric in names.items() if name != "pending"}
    return Events(**counts, pending=audit.in_flight)
