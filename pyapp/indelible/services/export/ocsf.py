"""OCSF 1.9.0, one event a line: each with the class that its kind has, valid without profiles and extensions.

What OCSF has no attribute for is in `unmapped`, under the names of audit.v_events. The mapping is docs/exports.md.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from indelible.codes import DENIED, FAILURE, SUCCESS
from indelible.services.export.jsonl import spell_object
from indelible.services.export.kind import ALARMING, Kind, Verb, kind_of, verb_of
from indelible.services.export.product import LOG, NAME, VERSION
from indelible.services.export.row import EventRow, in_chunks, milliseconds, spell_time

SCHEMA_VERSION: Final = "1.9.0"
OTHER: Final = 99
UNKNOWN: Final = "unknown"


@dataclass(frozen=True)
class Class:
    """An event class of OCSF: its numbers, its name, and the activities that we know of."""

    uid: int
    name: str
    activities: dict[int, str]

    @property
    def category(self) -> int:
        """The number of its category."""
        return self.uid // 1000


AUTHENTICATION: Final = Class(3002, "Authentication", {1: "Logon", 2: "Logoff"})
ENTITY: Final = Class(3004, "Entity Management", {1: "Create", 2: "Read", 3: "Update", 4: "Delete"})
USER: Final = Class(
    3007,
    "User Management",
    {1: "Create", 4: "Enable", 5: "Disable", 9: "Password Reset", 16: "Assign Roles", 17: "Remove Roles"},
)
ROLE: Final = Class(3008, "Role Management", {1: "Create", 4: "Assign Privileges", 5: "Remove Privileges"})
API: Final = Class(6003, "API Activity", {1: "Create", 2: "Read", 3: "Update", 4: "Delete"})
DATASTORE: Final = Class(6005, "Datastore Activity", {2: "Update", 5: "Write", 7: "Delete"})
EVENT_LOG: Final = Class(1008, "Event Log Activity", {3: "Export", 9: "Enable", 10: "Disable"})

_BY_VERB: Final = {Verb.CREATE: 1, Verb.READ: 2, Verb.UPDATE: 3, Verb.DELETE: 4}
_BY_CODE: Final = {
    "IAM_USER_CREATED": 1, "IAM_USER_ACTIVATED": 4, "IAM_USER_DEACTIVATED": 5, "IAM_PASSWORD_SET": 9,
    "IAM_ROLE_GRANTED": 16, "IAM_ROLE_REVOKED": 17,
    "IAM_ROLE_CREATED": 1, "IAM_PERMISSION_GRANTED": 4, "IAM_PERMISSION_REVOKED": 5,
    "ROW_INSERTED": 5, "ROW_BASELINE": 5, "ROW_UPDATED": 2, "ROW_DELETED": 7, "TABLE_TRUNCATED": 7,
    "AUDIT_LOG_EXPORTED": 3, "AUDIT_WATCH_STARTED": 9, "AUDIT_CAPTURE_ENABLED": 9,
    "AUDIT_WATCH_STOPPED": 10, "AUDIT_CAPTURE_DISABLED": 10,
}  # fmt: skip
_STATUS: Final = {SUCCESS: (1, "Success"), FAILURE: (2, "Failure"), DENIED: (2, "Failure")}
_SEVERITY: Final = {FAILURE: 2, DENIED: 3}
_UNMAPPED: Final = ("actor_proof", "db_user", "entity_type", "entity_id", "permission", "transaction_id", "time_source")


def encode_ocsf(rows: Iterable[EventRow]) -> Iterator[bytes]:
    """One event for each row."""
    return in_chunks(rows, spell_ocsf)


def spell_ocsf(row: EventRow) -> str:
    """The line of one row."""
    kind, metadata = class_of(row), {}
    if row.metadata and kind.category == 3:
        metadata = json.loads(row.metadata)
    activity = _activity(row, kind)
    event = {**_base(row, kind, activity), **_subject(row, kind, metadata)}
    unmapped = {name: value for name in _UNMAPPED if (value := getattr(row, name)) is not None}
    rest = spell_object(unmapped, **{name: text for name in ("changes", "metadata") if (text := getattr(row, name))})
    return spell_object(event, unmapped=rest) + "\n"


def class_of(row: EventRow) -> Class:
    """The class of a row."""
    kind = kind_of(row)
    if kind is Kind.BUSINESS:
        return ENTITY if row.entity_type or row.entity_id else API
    return {
        Kind.LOGIN: AUTHENTICATION,
        Kind.LOGOUT: AUTHENTICATION,
        Kind.DENIAL: API,
        Kind.USER: USER,
        Kind.ROLE: ROLE,
        Kind.CHANGE: DATASTORE,
        Kind.AUDIT: EVENT_LOG,
    }[kind]


def _activity(row: EventRow, kind: Class) -> int:
    if kind is AUTHENTICATION:
        return 2 if row.action == "AUTH_LOGOUT" else 1
    if kind in (ENTITY, API):
        return _BY_VERB.get(verb_of(row.permission or row.action), OTHER)
    return _BY_CODE.get(row.action, OTHER)


def _base(row: EventRow, kind: Class, activity: int) -> dict[str, Any]:
    """What every class has."""
    status_id, status = _STATUS.get(row.outcome, (OTHER, row.outcome))
    event: dict[str, Any] = {
        "class_uid": kind.uid,
        "class_name": kind.name,
        "category_uid": kind.category,
        "activity_id": activity,
        "activity_name": kind.activities.get(activity, row.action),
        "type_uid": kind.uid * 100 + activity,
        "time": milliseconds(row.created_at),
        "severity_id": 4 if row.action in ALARMING else _SEVERITY.get(row.outcome, 1),
        "status_id": status_id,
        "status": status,
        "status_detail": row.reason,
        "message": row.description or row.action,
        "metadata": {
            "version": SCHEMA_VERSION,
            "product": {"name": NAME, "vendor_name": NAME, "version": VERSION},
            "uid": str(row.id),
            "event_code": row.action,
            "log_name": LOG,
            "log_provider": NAME,
            "original_time": spell_time(row.created_at),
            "logged_time": milliseconds(row.recorded_at),
        },
        "actor": {"user": {"name": row.user_id or row.db_user}, "app_name": row.db_user},
    }
    if row.request_id:
        event["metadata"]["correlation_uid"] = row.request_id
    if row.ip_address or kind in (API, DATASTORE):  # where it is required, unknown ones are said to be
        event["src_endpoint"] = {"ip": row.ip_address} if row.ip_address else {"name": UNKNOWN}
    return {name: value for name, value in event.items() if value is not None}


def _subject(row: EventRow, kind: Class, metadata: dict[str, Any]) -> dict[str, Any]:
    """What it was about, where each class has it."""
    if kind is AUTHENTICATION:
        return {"user": _login_user(row, metadata), "service": {"name": NAME}}
    if kind is USER:
        roles = {"iam_roles": [{"name": metadata["role"]}]} if "role" in metadata else {}
        return {"user": {"name": row.entity_id}, **roles}
    if kind is ROLE:
        privileges = {"privileges": [metadata["permission"]]} if "permission" in metadata else {}
        return {"iam_role": {"name": row.entity_id}, **privileges}
    if kind is DATASTORE:
        return {"table": {"name": row.entity_type or UNKNOWN}, "type_id": 3, "type": "Table"}
    if kind is EVENT_LOG:
        return {"log_name": LOG, "log_provider": NAME}
    if kind is ENTITY:
        named = {"uid": row.entity_id} if row.entity_id else {"name": row.entity_type}
        return {"entity": {**named, **({"type": row.entity_type} if row.entity_type else {})}}
    resource = {"uid": row.entity_id, "type": row.entity_type}
    resources = {"resources": [{name: text for name, text in resource.items() if text}]} if row.entity_id else {}
    return {"api": {"operation": row.permission or row.action}, **resources}


def _login_user(row: EventRow, metadata: dict[str, Any]) -> dict[str, str]:
    """Who is not known is told by the digest of the name that was typed, where the log has it."""
    if name := row.entity_id or row.user_id:
        return {"name": name}
    digest = metadata.get("name_digest")
    return {"uid": digest} if isinstance(digest, str) else {"name": UNKNOWN}
