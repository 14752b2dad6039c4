"""Whether capture was disabled or replaced meanwhile, as the sealed record of its triggers tells."""

import json
from collections.abc import Iterator
from typing import Any

import psycopg

from indelible.queries import QUERIES
from indelible.services.verify.report import Finding, Kind

# These rewrite triggers and functions of every table.
EXPLAIN_ALL = ("AUDIT_INSTALLED", "AUDIT_EPOCH")


def check_capture(connection: psycopg.Connection[Any]) -> Iterator[Finding]:
    """The events at which triggers were found disabled, fewer, or other than before, with no event that explains it."""
    triggers: dict[str, int] = {}
    explained: set[str] = set()
    for event_id, action, table, metadata in connection.execute(QUERIES["raw_capture_events"].encode()).fetchall():
        if action in EXPLAIN_ALL:
            explained.update(triggers)
        elif action == "AUDIT_CAPTURE_DISABLED":
            yield Finding(Kind.TRIGGER_DISABLED, f"{table}: its capture was disabled, dropped or replaced.", event_id)
            explained.add(table)
        elif action != "AUDIT_CAPTURE_SEEN":
            explained.add(table)
        else:
            seen = _read(metadata)
            if seen is None:
                yield Finding(Kind.ALTERED, f"{table}: what was seen of its triggers cannot be read.", event_id)
                continue
            if told := _what_happened(seen, triggers.get(table), is_explained=table in explained):
                yield Finding(Kind.TRIGGER_DISABLED, f"{table}: {told}", event_id)
            triggers[table] = seen["triggers"]
            explained.discard(table)


def _read(metadata: str | None) -> dict[str, Any] | None:
    """What the sealer saw; None if the event is not as the sealer writes it."""
    seen = json.loads(metadata or "null")
    counted = isinstance(seen, dict) and all(type(seen.get(name)) is int for name in ("triggers", "disabled"))
    return seen if counted and isinstance(seen.get("digest"), str) else None


def _what_happened(seen: dict[str, Any], before: int | None, *, is_explained: bool) -> str | None:
    if seen["disabled"]:
        return f"{seen['disabled']} of its {seen['triggers']} triggers were disabled."
    if before is None or is_explained:
        return None
    if seen["triggers"] < before:
        return f"it had {before} triggers, and {seen['triggers']} then."
    if seen["triggers"] == before and seen["digest"] == seen.get("former_digest"):
        return "its triggers were taken away, or disabled, and put back."
    if seen["triggers"] == before:
        return "its triggers were replaced by others."
    return None  # a new partition brings triggers of its own
