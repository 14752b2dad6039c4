"""ECS: fields and categories that Elastic publishes, each kind of event where a dashboard looks for it."""

import json
from typing import Any

import pytest
from hypothesis import given

from indelible.services.export.ecs import encode_ecs
from indelible.services.export.row import EventRow, spell_time
from indelible.text import is_harmful
from tests.exported import STORIES, event_rows, make_row

# https://www.elastic.co/docs/reference/ecs/ecs-allowed-values-event-category: category → the types expected of it.
EXPECTED_TYPES = {
    "api": {
        "access", "admin", "allowed", "change", "creation", "deletion", "denied", "end", "info", "start", "user",
    },
    "authentication": {"start", "end", "info"},
    "configuration": {"access", "change", "creation", "deletion", "info"},
    "database": {"access", "change", "info", "error"},
    "iam": {"admin", "change", "creation", "deletion", "group", "info", "user"},
}  # fmt: skip
ALLOWED_TYPES = {
    "access", "admin", "allowed", "change", "connection", "creation", "deletion", "denied", "end", "error", "group",
    "indicator", "info", "installation", "protocol", "start", "user",
}  # fmt: skip
# Fields of ECS that are used, by their types; `indelible` is a namespace of our own, as ECS has it for such.
FIELDS: dict[str, type | tuple[type, ...]] = {
    "@timestamp": str, "ecs.version": str, "message": str, "event.id": str, "event.kind": str, "event.category": list,
    "event.type": list, "event.action": str, "event.code": str, "event.outcome": str, "event.reason": str,
    "event.created": str, "event.sequence": int, "event.module": str, "event.dataset": str, "event.provider": str,
    "user.name": str, "user.target.name": str, "related.user": list, "related.ip": list, "source.ip": str,
    "http.request.id": str, "observer.product": str, "observer.vendor": str, "observer.version": str,
}  # fmt: skip


def document(row: EventRow) -> dict[str, Any]:
    (line,) = b"".join(encode_ecs([row])).splitlines()
    parsed: dict[str, Any] = json.loads(line)
    return parsed


def flat(value: dict[str, Any], path: str = "") -> dict[str, Any]:
    fields = {}
    for name, inner in value.items():
        fields.update(flat(inner, f"{path}{name}.") if isinstance(inner, dict) else {f"{path}{name}": inner})
    return fields


@given(event_rows)
def test_every_field_is_one_of_ecs(row: EventRow) -> None:
    """With its type, and categories with types that are expected of them; the values are those of the event."""
    found = flat(document(row))
    own = {name.removeprefix("indelible."): found.pop(name) for name in list(found) if name.startswith("indelible.")}
    for name, value in found.items():
        assert isinstance(value, FIELDS[name]), name
    assert found["event.kind"] == "event" and found["event.outcome"] in ("success", "failure", "unknown")
    (category,) = found["event.category"]
    types = set(found["event.type"])
    assert types <= ALLOWED_TYPES and types & EXPECTED_TYPES[category]
    assert found["event.id"] == str(row.id) and found["event.sequence"] == row.id
    assert found["@timestamp"] == spell_time(row.created_at) and found["event.created"] == spell_time(row.recorded_at)
    assert (found.get("source.ip"), found.get("event.reason")) == (row.ip_address, row.reason)
    assert own == {name: value for name, value in row._asdict().items() if name in own and value is not None}
    assert {"changes", "metadata", "entity_id"} & set(own) == {
        name for name in ("changes", "metadata", "entity_id") if getattr(row, name) is not None
    }


@given(event_rows)
def test_an_event_is_one_harmless_line(row: EventRow) -> None:
    """No value ends the line, or tells a terminal anything."""
    content = b"".join(encode_ecs([row])).decode()
    assert content.endswith("\n") and not any(is_harmful(character) for character in content[:-1])


@pytest.mark.parametrize(
    ("action", "outcome", "entity_type", "category", "types"),
    [
        ("AUTH_LOGIN_SUCCEEDED", "success", "IAM_USER", "authentication", ["start"]),
        ("AUTH_LOGOUT", "success", "IAM_USER", "authentication", ["end"]),
        ("RBAC_PERMISSION_DENIED", "denied", "IAM_USER", "iam", ["info", "denied"]),
        ("IAM_USER_CREATED", "success", "IAM_USER", "iam", ["user", "creation"]),
        ("IAM_ROLE_GRANTED", "success", "IAM_USER", "iam", ["user", "change"]),
        ("IAM_PERMISSION_GRANTED", "success", "IAM_ROLE", "iam", ["admin", "change"]),
        ("ROW_INSERTED", "success", "ORDER", "database", ["change", "creation"]),
        ("ROW_UPDATED", "success", "ORDER", "database", ["change"]),
        ("TABLE_TRUNCATED", "success", "ORDER", "database", ["change", "deletion"]),
        ("AUDIT_LOG_EXPORTED", "success", "AUDIT_LOG", "configuration", ["access"]),
        ("AUDIT_CAPTURE_DISABLED", "success", "AUDIT_WATCH", "configuration", ["change"]),
        ("SHOP_ORDER_CREATED", "success", "ORDER", "api", ["creation"]),
        ("SHOP_ORDER_SHIPPED", "failure", "ORDER", "api", ["info"]),
    ],
)
def test_kinds(action: str, outcome: str, entity_type: str, category: str, types: list[str]) -> None:
    """The mapping table of docs/exports.md."""
    event = document(make_row(action, outcome=outcome, entity_type=entity_type, entity_id="7"))["event"]
    assert (event["category"], event["type"]) == ([category], types)
    assert event["outcome"] == ("success" if outcome == "success" else "failure")


def test_every_story_has_a_category() -> None:
    """None is left out."""
    assert {document(row)["event"]["category"][0] for row in STORIES} == set(EXPECTED_TYPES)
