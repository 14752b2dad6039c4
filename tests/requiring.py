"""Calls of iam.require_permission() in tests: how one is refused, and what of it is on record."""

from typing import Any

import psycopg
import pytest

from tests.support import Row, events, one

PERMISSION = "shop.order.take"

# Everything of a record that says what was refused, and to whom; not when it was written, and by which transaction.
TOLD = (
    "action", "outcome", "user_id", "db_user", "actor_proof", "entity_type", "entity_id", "description", "permission",
    "ip_address", "request_id", "metadata", "changes", "time_source",
)  # fmt: skip


def refuse(connection: psycopg.Connection[Any], statement: str, *parameters: object) -> None:
    """A statement that is stopped for want of a permission, and says no more than that."""
    with pytest.raises(psycopg.Error) as refusal:
        connection.execute(statement.encode(), parameters or None)
    assert refusal.value.sqlstate == "ID015", refusal.value
    told = refusal.value.diag
    assert (told.message_primary, told.message_detail, told.message_hint) == ("permission denied", None, None)


def require(connection: psycopg.Connection[Any], permission: str | None = PERMISSION, **named: object) -> None:
    """Ask for a permission that is not held."""
    names = "".join(f", {name} => %s" for name in named)
    refuse(connection, f"select iam.require_permission(%s{names})", permission, *named.values())


def denials(connection: psycopg.Connection[Any]) -> list[Row]:
    """What was refused, in order, after a drain."""
    while one(connection, "select audit.drain()") != (0,):
        pass
    return events(connection, "permission is not null")
