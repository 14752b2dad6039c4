"""Permissions: a verdict for the application, and a record of every refusal with the code that was asked for."""

from collections.abc import Iterator

import psycopg
import pytest

from tests.support import Connect, Login, events


@pytest.fixture
def application(people: None, login: Login, connect: Connect) -> Iterator[psycopg.Connection]:
    with connect(login("audit_app")) as connection:
        yield connection


def check(connection: psycopg.Connection, user: str | None, permission: str | None = "shop.order.take") -> str:
    row = connection.execute(
        "select iam.check_permission(%s, user_id => %s, ip_address => '10.0.0.1', request_id => 'r1')",
        (permission, user),
    ).fetchone()
    assert row is not None
    return str(row[0])


def test_who_holds_it_passes_without_a_record(postgresql: psycopg.Connection, application: psycopg.Connection) -> None:
    """A permission that is held is no event."""
    assert check(application, "ann") == "granted"
    assert events(postgresql, "permission is not null") == []


@pytest.mark.parametrize(
    ("user", "permission", "verdict", "action", "reason"),
    [
        ("bob", "shop.order.take", "denied", "RBAC_PERMISSION_DENIED", "not_granted"),
        ("ann", "shop.order.lose", "denied", "RBAC_PERMISSION_DENIED", "unknown_permission"),
        ("dan", "shop.order.take", "no_role", "RBAC_ROLE_MISSING", "no_role"),
        ("eve", "shop.order.take", "no_role", "RBAC_ROLE_MISSING", "unknown_user"),
        ("ian", "shop.order.take", "inactive", "RBAC_PERMISSION_DENIED", "inactive"),
        (None, "shop.order.take", "unauthenticated", "RBAC_PERMISSION_DENIED", "unauthenticated"),
        ("ann", "x\r\ny", "denied", "RBAC_PERMISSION_DENIED", "unknown_permission"),
    ],
)
def test_each_refusal_is_its_own_record(
    postgresql: psycopg.Connection, application: psycopg.Connection,
    user: str | None, permission: str, verdict: str, action: str, reason: str,
) -> None:  # fmt: skip
    """Not granted, no role, inactive and nobody at all are told apart, each with the attempted permission."""
    assert check(application, user, permission) == verdict
    (event,) = events(postgresql, "permission is not null")
    assert (event["action"], event["outcome"], event["user_id"]) == (action, "denied", user)
    assert event["permission"] == permission.replace("\r\n", "\ufffd\ufffd")
    assert event["metadata"]["reason"] == reason
    assert (str(event["ip_address"]), event["request_id"]) == ("10.0.0.1", "r1")


def test_revoking_takes_effect_at_once(postgresql: psycopg.Connection, application: psycopg.Connection) -> None:
    """Taking a role or a permission away is on record and works from the next question on."""
    postgresql.execute("select iam.revoke_permission('shop_clerk', 'shop.order.take')")
    assert check(application, "ann") == "denied"
    postgresql.execute("select iam.revoke_role('ann', 'shop_clerk')")
    assert check(application, "ann") == "no_role"
    actions = [row["action"] for row in events(postgresql, "action like 'IAM%%REVOKED'")]
    assert actions == ["IAM_PERMISSION_REVOKED", "IAM_ROLE_REVOKED"]


def test_a_transaction_asks_for_its_own_user(application: psycopg.Connection) -> None:
    """Inside a context nobody has to be named: the question is about the user of the transaction."""
    with application.transaction():
        application.execute("select audit.set_context('ann', null, null)")
        row = application.execute("select iam.check_permission('shop.order.take')").fetchone()
    assert row == ("granted",)
    assert application.execute("select iam.check_permission('shop.order.take')").fetchone() == ("unauthenticated",)
