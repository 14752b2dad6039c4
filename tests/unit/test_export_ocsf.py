"""OCSF: each kind of event validates against the published schema of its class, and says what the event said."""

import json
from functools import cache
from typing import Any

import pytest
from hypothesis import given

from indelible.services.export.ocsf import class_of, encode_ocsf
from indelible.services.export.row import EventRow, milliseconds, spell_time
from indelible.text import is_harmful
from tests.exported import STORIES, event_rows, make_row

schemas = pytest.importorskip("ocsf_json_schema")
jsonschema = pytest.importorskip("jsonschema")

# The newest that the package has. Classes that came with 1.9.0 are judged by their definitions there, below.
PACKAGED = "1.8.0"
BASE = {"activity_id", "category_uid", "class_uid", "metadata", "severity_id", "time", "type_uid"}
# https://github.com/ocsf/ocsf-schema, 1.9.0: events/iam/{user,role}_management.json. Attributes beside those of every
# event of the category, the one that is required first; and the activities.
NEW_CLASSES: dict[int, tuple[str, set[str], range]] = {
    3007: ("user", {"iam_roles", "privileges", "policies", "resources", "updated_user", "auth_factors"}, range(1, 18)),
    3008: (
        "iam_role",
        {"privileges", "policies", "resources", "updated_role", "programmatic_credentials"},
        range(1, 12),
    ),
}


@cache
def validator(class_uid: int) -> Any:
    """Of the class, as JSON Schema; for a new one of the category's oldest class, without what is its own."""
    embedded = schemas.OcsfJsonSchemaEmbedded(schemas.get_ocsf_schema(PACKAGED))
    schema = embedded.get_class_schema(
        embedded.lookup_class_name_from_uid(3002 if class_uid in NEW_CLASSES else class_uid)
    )
    if class_uid in NEW_CLASSES:
        required, own, activities = NEW_CLASSES[class_uid]
        schema["required"] = sorted({*BASE, required})
        schema.pop("anyOf", None)
        properties = {
            name: schema["properties"][name] for name in schema["properties"] if name != "user" or required == "user"
        }
        properties |= {name: {} for name in own} | ({"iam_role": {}} if required == "iam_role" else {})
        properties["class_uid"] = {"const": class_uid}
        properties["activity_id"] = {"enum": [0, *activities, 99]}
        properties["type_uid"] = {"enum": [class_uid * 100 + number for number in (0, *activities, 99)]}
        schema["properties"] = properties
    return jsonschema.Draft202012Validator(schema)


def event(row: EventRow) -> dict[str, Any]:
    (line,) = b"".join(encode_ocsf([row])).splitlines()
    parsed: dict[str, Any] = json.loads(line)
    return parsed


def require_valid(found: dict[str, Any], class_uid: int | None = None) -> None:
    judge = validator(class_uid or found["class_uid"])
    problems = [f"{error.json_path}: {error.message}" for error in judge.iter_errors(found)]
    assert not problems, (found, problems)


@pytest.mark.parametrize("row", STORIES, ids=lambda row: f"{row.action}-{row.reason or row.outcome}")
def test_every_story_is_valid(row: EventRow) -> None:
    """Against the schema of its class, with its constraints, and nothing that the class does not have."""
    require_valid(event(row))


@given(event_rows)
def test_every_event_is_valid(row: EventRow) -> None:
    """Whatever is in it; and what it said is there."""
    found = event(row)
    require_valid(found)
    assert set(found) >= BASE
    assert found["type_uid"] == found["class_uid"] * 100 + found["activity_id"]
    assert found["category_uid"] == found["class_uid"] // 1000
    assert (found["metadata"]["uid"], found["metadata"]["event_code"]) == (str(row.id), row.action)
    assert found["time"] == milliseconds(row.created_at)
    assert found["metadata"]["original_time"] == spell_time(row.created_at)
    assert found["metadata"]["version"] == "1.9.0"
    assert found["actor"]["user"]["name"] == (row.user_id or row.db_user)
    unmapped = found["unmapped"]
    for name in ("entity_type", "entity_id", "permission", "actor_proof", "transaction_id"):
        assert unmapped.get(name) == getattr(row, name)
    for name in ("changes", "metadata"):
        text = getattr(row, name)
        assert unmapped.get(name) == (json.loads(text) if text else None)


def test_the_schema_refuses_what_is_wrong() -> None:
    """The judge is one: without what is required, with what is unknown, with another number."""
    for row in (make_row("ROW_UPDATED"), make_row("IAM_USER_CREATED", entity_type="IAM_USER", entity_id="x")):
        good = event(row)
        require_valid(good)
        for bad in ({**good, "surprise": 1}, {**good, "activity_id": 55}, {**good, "time": "now"}):
            with pytest.raises(AssertionError):
                require_valid(bad)
        for name in BASE:
            with pytest.raises(AssertionError):
                require_valid({key: good[key] for key in good if key != name}, good["class_uid"])


@given(event_rows)
def test_an_event_is_one_harmless_line(row: EventRow) -> None:
    """No value ends the line, or tells a terminal anything."""
    content = b"".join(encode_ocsf([row])).decode()
    assert content.endswith("\n") and not any(is_harmful(character) for character in content[:-1])


@pytest.mark.parametrize(
    ("row", "class_uid", "activity", "status"),
    [
        (make_row("AUTH_LOGIN_SUCCEEDED"), 3002, 1, 1),
        (make_row("AUTH_LOGIN_INACTIVE", outcome="failure"), 3002, 1, 2),
        (make_row("AUTH_LOGOUT"), 3002, 2, 1),
        (make_row("RBAC_PERMISSION_DENIED", outcome="denied", permission="shop.order.create"), 6003, 1, 2),
        (make_row("SHOP_ORDER_SHIPPED", outcome="denied", entity_type="ORDER", entity_id="7"), 6003, 99, 2),
        (make_row("IAM_USER_ACTIVATED", entity_type="IAM_USER", entity_id="x"), 3007, 4, 1),
        (make_row("IAM_ROLE_REVOKED", entity_type="IAM_USER", entity_id="x"), 3007, 17, 1),
        (make_row("IAM_PERMISSION_REVOKED", entity_type="IAM_ROLE", entity_id="x"), 3008, 5, 1),
        (make_row("IAM_PERMISSION_CREATED", entity_type="IAM_PERMISSION", entity_id="x"), 3004, 1, 1),
        (make_row("ROW_INSERTED", entity_type="ORDER"), 6005, 5, 1),
        (make_row("ROW_UPDATED", entity_type="ORDER"), 6005, 2, 1),
        (make_row("TABLE_TRUNCATED", entity_type="ORDER"), 6005, 7, 1),
        (make_row("SHOP_ORDER_CANCELLED", outcome="failure", entity_type="ORDER", entity_id="7"), 3004, 3, 2),
        (make_row("SHOP_OPENED"), 6003, 99, 1),
        (make_row("SHOP_OPENED", outcome="attempted"), 6003, 99, 99),
        (make_row("AUDIT_LOG_EXPORTED"), 1008, 3, 1),
        (make_row("AUDIT_WATCH_STOPPED"), 1008, 10, 1),
        (make_row("AUDIT_HEARTBEAT"), 1008, 99, 1),
    ],
)
def test_kinds(row: EventRow, class_uid: int, activity: int, status: int) -> None:
    """The mapping table of docs/exports.md."""
    found = event(row)
    assert (found["class_uid"], found["activity_id"], found["status_id"]) == (class_uid, activity, status)


def test_every_class_is_told() -> None:
    """By the stories, so that each was judged."""
    assert {class_of(row).uid for row in STORIES} == {1008, 3002, 3004, 3007, 3008, 6003, 6005}
