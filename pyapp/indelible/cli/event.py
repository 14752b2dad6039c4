"""An event as a person reads it."""

import json
from collections.abc import Mapping
from typing import Any

from rich.text import Text

from indelible.text import spelled

OUTCOMES = {"success": "green", "failure": "yellow", "denied": "red", "attempted": "cyan"}


def event_lines(event: Mapping[str, Any], heading: Text | None = None) -> list[Text]:
    """What and by whom, after `heading`; and below it the record and what changed."""
    colour = OUTCOMES.get(event["outcome"], "")
    origin = f" from {event['ip_address']}" if event["ip_address"] else ""
    request = f" #{event['request_id'][:8]}" if event["request_id"] else ""
    head = Text.assemble(
        ("  ● ", colour), *([heading, Text(" ")] if heading else []), (f"{event['action']:<23}", "bold"),
        (f"{event['outcome']:<8}", colour), who(event), (f" ({event['actor_proof']}){origin}{request}", "dim"),
    )  # fmt: skip
    what = ": ".join(filter(None, [_entity(event), _details(event)]))
    return [head, Text("      " + spelled(what, 500))] if what else [head]


def who(event: Mapping[str, Any]) -> str:
    """The user; where none is proven or claimed, the login."""
    return spelled(
        event["user_id"] or (f"login {event['db_user']}" if event["actor_proof"] == "direct" else "nobody"), 100
    )


def difference(fields: Mapping[str, Mapping[str, Any]]) -> str:
    """What changed, by column: of a whole row its values, else from what to what."""
    return ", ".join(
        f"{name} {_value(sides['old'])} → {_value(sides['new'])}"
        if len(sides) == 2
        else f"{name} {_value(*sides.values())}"
        for name, sides in fields.items()
    )


def _entity(event: Mapping[str, Any]) -> str:
    name = event["entity_id"] or ""
    if name.startswith("{"):
        name = " ".join(str(value) for value in json.loads(name).values())
    return " ".join(filter(None, [event["entity_type"], name]))


def _details(event: Mapping[str, Any]) -> str:
    metadata, changes = event["metadata"] or {}, event["changes"] or {}
    parts = [event["permission"], metadata.get("reason"), metadata.get("exception")]
    if "old" in changes and "new" in changes:
        parts.append(difference({n: {"old": changes["old"].get(n), "new": v} for n, v in changes["new"].items()}))
    elif changes:
        (image,) = changes.values()
        parts.append(f"{len(image)} columns")
    return ", ".join(filter(None, parts))


def _value(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
