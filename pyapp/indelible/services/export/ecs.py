"""Elastic Common Schema 9, one event a line; what ECS has no field for is in `indelible`, an object of our own.

`changes` and `metadata` are text there: their members differ from table to table, and would clash in an index.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from indelible.codes import DENIED, FAILURE, SUCCESS
from indelible.services.export.jsonl import spell_object
from indelible.services.export.kind import Kind, Verb, kind_of, verb_of
from indelible.services.export.product import NAME, VERSION
from indelible.services.export.row import EventRow, in_chunks, spell_time

ECS_VERSION: Final = "9.0.0"

_CATEGORY: Final = {
    Kind.LOGIN: "authentication",
    Kind.LOGOUT: "authentication",
    Kind.DENIAL: "iam",
    Kind.USER: "iam",
    Kind.ROLE: "iam",
    Kind.CHANGE: "database",
    Kind.AUDIT: "configuration",
    Kind.BUSINESS: "api",
}
_TYPES: Final = {
    Kind.LOGIN: ["start"],
    Kind.LOGOUT: ["end"],
    Kind.DENIAL: ["info", "denied"],
    Kind.USER: ["user", "change"],
    Kind.ROLE: ["admin", "change"],
    Kind.AUDIT: ["change"],
}
_BY_VERB: Final = {
    Verb.CREATE: "creation",
    Verb.READ: "access",
    Verb.UPDATE: "change",
    Verb.DELETE: "deletion",
    Verb.OTHER: "info",
}
_OUTCOME: Final = {SUCCESS: "success", FAILURE: "failure", DENIED: "failure"}
_OWN: Final = (
    "db_user", "actor_proof", "entity_type", "entity_id", "permission", "transaction_id", "changes", "metadata",
    "time_source",
)  # fmt: skip


def encode_ecs(rows: Iterable[EventRow]) -> Iterator[bytes]:
    """One event for each row."""
    return in_chunks(rows, spell_ecs)


def spell_ecs(row: EventRow) -> str:
    """The line of one row."""
    document: dict[str, Any] = {
        "@timestamp": spell_time(row.created_at),
        "ecs": {"version": ECS_VERSION},
        "message": row.description or row.action,
        "event": _event(row),
        "user": {"name": row.user_id or row.db_user},
        "related": {"user": _related(row)},
        "observer": {"product": NAME, "vendor": NAME, "version": VERSION},
        "indelible": {name: value for name in _OWN if (value := getattr(row, name)) is not None},
    }
    if kind_of(row) is Kind.USER:
        document["user"]["target"] = {"name": row.entity_id}
    if row.ip_address:
        document["source"] = {"ip": row.ip_address}
        document["related"]["ip"] = [row.ip_address]
    if row.request_id:
        document["http"] = {"request": {"id": row.request_id}}
    return spell_object(document) + "\n"


def _event(row: EventRow) -> dict[str, Any]:
    event = {
        "id": str(row.id),
        "kind": "event",
        "category": [_CATEGORY[kind_of(row)]],
        "type": _types(row),
        "action": row.action,
        "code": row.action,
        "outcome": _OUTCOME.get(row.outcome, "unknown"),
        "reason": row.reason,
        "created": spell_time(row.recorded_at),
        "sequence": row.id,
        "module": "indelible",
        "dataset": "indelible.audit",
        "provider": NAME,
    }
    return {name: value for name, value in event.items() if value is not None}


def _types(row: EventRow) -> list[str]:
    """A type that ECS expects of the category comes first."""
    kind, verb = kind_of(row), verb_of(row.action)
    if kind is Kind.CHANGE:
        return ["change", *([_BY_VERB[verb]] if verb in (Verb.CREATE, Verb.DELETE) else [])]
    if kind is Kind.USER and verb is Verb.CREATE:
        return ["user", "creation"]
    if kind is Kind.AUDIT and verb is Verb.READ:
        return ["access"]
    return _TYPES.get(kind) or [_BY_VERB[verb]]


def _related(row: EventRow) -> list[str]:
    names = [row.user_id, row.db_user, row.entity_id if row.entity_type == "IAM_USER" else None]
    return list(dict.fromkeys(name for name in names if name))
