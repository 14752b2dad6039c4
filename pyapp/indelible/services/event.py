"""An event, composed from what the caller says and what the request knows."""

import secrets
import time
from datetime import UTC, datetime
from uuid import UUID

from indelible.address import spell_address
from indelible.codes import SUCCESS
from indelible.context import RequestContext
from indelible.models import Event, EventFields
from indelible.services.metadata import to_json
from indelible.text import spelled


def new_event_id() -> UUID:
    """A UUIDv7 (RFC 9562), so that events of about the same time stand side by side in the ledger."""
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    fraction = rest * 4096 // 1_000_000
    return UUID(int=(milliseconds & 0xFFFF_FFFF_FFFF) << 80 | 7 << 76 | fraction << 64 | 2 << 62 | secrets.randbits(62))


def compose(action: str, context: RequestContext | None, fields: EventFields, event_id: UUID | None = None) -> Event:
    """The event as it will be stored, with the user, address and request id of `context`. Never raises."""
    return Event(
        event_id=event_id or new_event_id(),
        action=spelled(action, 100),
        entity_type=_optional(fields.get("entity_type"), 200),
        entity_id=_optional(fields.get("entity_id"), 1000),
        description=_optional(fields.get("description"), 2000),
        outcome=spelled(fields.get("outcome", SUCCESS), 20),
        metadata=to_json(fields.get("metadata"), _provenance(context, fields.get("intent_id"))),
        permission=_optional(fields.get("permission"), 100),
        user_id=_optional(context.user_id, 200) if context else None,
        ip_address=spell_address(context.ip_address) if context else None,
        request_id=context.request_id if context else None,
        created_at=datetime.now(UTC),
        sealed=context.sealed if context else None,
    )


def _optional(value: object, limit: int) -> str | None:
    return None if value is None else spelled(value, limit)


def _provenance(context: RequestContext | None, intent_id: UUID | None) -> dict[str, str]:
    """What a request or a fail-closed action knows and no column holds."""
    facts: dict[str, str | None] = {"intent_id": str(intent_id) if intent_id else None}
    if context is not None:
        facts["client_request_id"] = context.client_request_id
        facts["traceparent"] = context.traceparent
        facts["peer_address"] = context.peer_address if context.peer_address != context.ip_address else None
    return {name: value for name, value in facts.items() if value is not None}
