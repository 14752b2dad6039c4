"""Service accounts in a test: made by the superuser, and their events handed over in SQL."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import psycopg

from indelible import new_api_key

SCANNED = "SHOP_ITEM_SCANNED"
Verdicts = list[tuple[str, int | None]]


def define_actions(postgresql: psycopg.Connection[Any]) -> None:
    """Codes of clients, and one of the shop's own service."""
    for code, origin in ((SCANNED, "client"), ("SHOP_ITEM_LOST", "client"), ("SHOPLIFT_SEEN", "client")):
        postgresql.execute("select audit.define_action(%s, 'Of the tests.', %s)", [code, origin])
    postgresql.execute("select audit.define_action('SHOP_ORDER_PAID', 'Of the tests.', 'service')")


def make_account(
    postgresql: psycopg.Connection[Any],
    account: str = "till",
    actions: Sequence[str] = ("SHOP_*",),
    entity_types: Sequence[str] = ("SHOP_ITEM",),
) -> None:
    """An account with this scope."""
    postgresql.execute("select iam.create_service_account(%s, 'Of the tests.')", [account])
    for kind, patterns in (("action", actions), ("entity_type", entity_types)):
        for pattern in patterns:
            postgresql.execute("select iam.grant_scope(%s, %s, %s)", [account, kind, pattern])


def make_key(postgresql: psycopg.Connection[Any], account: str = "till") -> str:
    """A further key of the account."""
    made = new_api_key()
    postgresql.execute("select iam.create_api_key(%s, %s, %s)", [account, made.key_id, made.digest])
    return made.key.get_secret_value()


def hash_of(key: str) -> bytes:
    """What the service sends instead of the key."""
    return hashlib.sha256(key.encode()).digest()


def scanned(event_id: str, /, **fields: Any) -> dict[str, Any]:
    """An event that the account `till` may record."""
    return {"event_id": event_id, "action": SCANNED, "entity_type": "SHOP_ITEM", "entity_id": "7", **fields}


def hand_over(connection: psycopg.Connection[Any], key: str, *items: Any) -> Verdicts:
    """Verdicts and row ids of the events, by a member of audit_writer."""
    row = connection.execute(
        "select refusal, verdicts, log_ids from audit.ingest(%s, %s::jsonb, '192.0.2.50', %s)",
        [hash_of(key), json.dumps(items), "e" * 32],
    ).fetchone()
    assert row is not None and row[0] is None, row
    return list(zip(row[1], row[2], strict=True))


def refusal_of(connection: psycopg.Connection[Any], key: str) -> tuple[str | None, str | None]:
    """Account and reason, if the key opens nothing."""
    row = connection.execute("select account, refusal from audit.ingest(%s, '[]')", [hash_of(key)]).fetchone()
    assert row is not None
    return row[0], row[1]
