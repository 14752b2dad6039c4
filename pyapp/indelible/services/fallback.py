"""What happens to an event that could not be written: it is counted, and named in one line of JSON in the log."""

import json
import logging

from indelible.db.outage import is_outage
from indelible.errors import REFUSALS, sqlstate_of
from indelible.metrics import Metrics
from indelible.models import Event

_log = logging.getLogger("indelible.audit")
# Insufficient privilege; undefined schema, function or table.
_STATES = {"42501": "not_permitted", "3F000": "not_installed", "42883": "not_installed", "42P01": "not_installed"}


def reason_for(error: BaseException) -> str:
    """One of a dozen words for why an event was not written: the label of audit_write_failures_total."""
    if isinstance(error, TimeoutError):
        return "timeout"
    if is_outage(error):
        return "unreachable"
    state = sqlstate_of(error)
    if state is not None:
        return REFUSALS.get(state) or _STATES.get(state, "database_error")
    return "internal"


def report_loss(
    event: Event,
    reason: str,
    error: BaseException | None = None,
    metrics: Metrics | None = None,
    *,
    state: str | None = None,
) -> None:
    """Count and log an event that is not on record. Metadata, user and address stay out of the log.

    `state` is the SQLSTATE of a refusal that was answered rather than raised.
    """
    if metrics is not None:
        metrics.lost(reason)
    line = {
        "event": "audit_write_failed",
        "reason": reason,
        "action": event.action,
        "outcome": event.outcome,
        "entity_type": event.entity_type,
        "entity_id": event.entity_id,
        "permission": event.permission,
        "request_id": event.request_id,
        "created_at": event.created_at.isoformat(),
        "error": type(error).__name__ if error else None,
        "event_id": str(event.event_id),
        "sqlstate": sqlstate_of(error) if error else state,
    }
    _log.error("%s", json.dumps({name: value for name, value in line.items() if value is not None}))
