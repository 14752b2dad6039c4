"""Rows for the tests of exports: any that the log can hold, and the ones that its kinds of events are made of."""

import json
from datetime import UTC, datetime
from typing import Any

import psycopg
from hypothesis import strategies as st

from indelible.services.export.row import EventRow

MOMENT = datetime(2026, 1, 31, 8, 30, 0, 123456, tzinfo=UTC)

# PostgreSQL keeps everything but NUL; what is hostile comes more often than chance would have it.
texts = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40),
    st.text("=+-@|\\\"',;]\r\n\t \x1b\x7f\x85\u2028\u202e\u2066\uff1da", max_size=12),
)
_values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda children: st.lists(children, max_size=3) | st.dictionaries(texts, children, max_size=3),
    max_leaves=8,
)
# As PostgreSQL writes jsonb: characters as they are, control characters escaped.
documents = st.dictionaries(texts, _values, max_size=4).map(lambda value: json.dumps(value, ensure_ascii=False))
codes = st.from_regex(r"[A-Z]{1,8}(_[A-Z0-9]{1,8}){1,3}", fullmatch=True) | st.sampled_from(
    [
        "AUTH_LOGIN_FAILED",
        "RBAC_ROLE_MISSING",
        "ROW_UPDATED",
        "IAM_ROLE_GRANTED",
        "IAM_PERMISSION_GRANTED",
        "AUDIT_EPOCH",
    ]
)
_moments = st.datetimes(datetime(2000, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
_addresses = st.ip_addresses().map(str)

event_rows = st.builds(
    EventRow,
    id=st.integers(1, 2**63 - 1),
    created_at=_moments,
    recorded_at=_moments,
    action=codes,
    outcome=st.sampled_from(["success", "failure", "denied", "attempted"]),
    user_id=st.none() | texts,
    db_user=texts.filter(bool),
    actor_proof=st.sampled_from(["sealed", "service", "client", "direct"]),
    entity_type=st.none() | texts | st.sampled_from(["IAM_USER", "IAM_ROLE"]),
    entity_id=st.none() | texts,
    description=st.none() | texts,
    permission=st.none() | texts,
    reason=st.none() | texts,
    ip_address=st.none() | _addresses,
    request_id=st.none() | texts,
    transaction_id=st.integers(1, 2**63 - 1).map(str),
    changes=st.none() | documents,
    metadata=st.none() | documents,
    time_source=st.sampled_from(["database", "claimed", "clamped"]),
)


def make_row(action: str, **facts: Any) -> EventRow:
    """A row of that code, ordinary but for `facts`."""
    ordinary: dict[str, Any] = {
        **dict.fromkeys(EventRow._fields),
        "id": 7,
        "created_at": MOMENT,
        "recorded_at": MOMENT,
        "outcome": "success",
        "user_id": "ann",
        "db_user": "shop_api",
        "actor_proof": "sealed",
        "description": "What happened.",
        "transaction_id": "4711",
        "time_source": "database",
    }
    return EventRow(**{**ordinary, "action": action, **facts})


# One of each kind that the mapping table of docs/exports.md has, and of the odd ones.
STORIES = [
    make_row("AUTH_LOGIN_SUCCEEDED", entity_type="IAM_USER", entity_id="ann", ip_address="192.0.2.1"),
    make_row("AUTH_LOGIN_FAILED", outcome="failure", entity_type="IAM_USER", entity_id="ann", reason="wrong_password"),
    make_row(
        "AUTH_LOGIN_FAILED", outcome="failure", user_id=None, reason="unknown_user", metadata='{"name_digest": "ab12"}'
    ),
    make_row("AUTH_LOGIN_INACTIVE", outcome="failure", entity_type="IAM_USER", entity_id="carol", reason="inactive"),
    make_row("AUTH_LOGIN_MALFORMED", outcome="failure", user_id=None, ip_address="2001:db8::1"),
    make_row("AUTH_LOGOUT", entity_type="IAM_USER", entity_id="ann"),
    make_row(
        "RBAC_PERMISSION_DENIED",
        outcome="denied",
        entity_type="IAM_USER",
        entity_id="bob",
        permission="shop.order.create",
        reason="not_granted",
        ip_address="192.0.2.1",
        request_id="r1",
    ),
    make_row("RBAC_ROLE_MISSING", outcome="denied", permission="shop.order.look", reason="no_role"),
    make_row("SHOP_ORDER_CREATED", outcome="denied", entity_type="SHOP_ORDER"),
    make_row("IAM_USER_CREATED", entity_type="IAM_USER", entity_id="dora"),
    make_row("IAM_USER_DEACTIVATED", entity_type="IAM_USER", entity_id="dora"),
    make_row("IAM_PASSWORD_SET", entity_type="IAM_USER", entity_id="dora"),
    make_row("IAM_ROLE_GRANTED", entity_type="IAM_USER", entity_id="dora", metadata='{"role": "clerk"}'),
    make_row("IAM_ROLE_CREATED", entity_type="IAM_ROLE", entity_id="clerk"),
    make_row("IAM_PERMISSION_GRANTED", entity_type="IAM_ROLE", entity_id="clerk", metadata='{"permission": "a.b"}'),
    make_row("IAM_PERMISSION_CREATED", entity_type="IAM_PERMISSION", entity_id="a.b"),
    make_row("IAM_POLICY_CHANGED", entity_type="IAM_POLICY", metadata='{"old": {}, "new": {}}'),
    make_row("ROW_INSERTED", entity_type="SHOP_ORDER", entity_id="7", changes='{"new": {"n": 1.50}}'),
    make_row("ROW_UPDATED", user_id=None, actor_proof="direct", entity_type="SHOP_ORDER", entity_id="7"),
    make_row("ROW_DELETED", entity_type="SHOP_ORDER", entity_id='{"a": 1, "b": 2}'),
    make_row("TABLE_TRUNCATED", entity_type="SHOP_ORDER"),
    make_row("SHOP_ORDER_CREATED", entity_type="SHOP_ORDER", entity_id="7", request_id="r1"),
    make_row("SHOP_ORDER_SHIPPED", outcome="failure", entity_type="SHOP_ORDER", entity_id="7", reason="exception"),
    make_row("SHOP_CLOSED", outcome="attempted"),
    make_row("AUDIT_WATCH_STARTED", entity_type="AUDIT_WATCH", entity_id="shop.orders"),
    make_row("AUDIT_WATCH_STOPPED", entity_type="AUDIT_WATCH", entity_id="shop.orders"),
    make_row("AUDIT_LOG_EXPORTED", entity_type="AUDIT_LOG", metadata='{"rows": 3}'),
    make_row("AUDIT_TAMPERING_REFUSED", outcome="denied", user_id=None),
    make_row("AUDIT_HEARTBEAT", user_id=None),
]


def fill(connection: psycopg.Connection[Any], count: int) -> None:
    """So many events of about 500 bytes, of a bulk action, as the owner of the log would write them."""
    with connection.transaction():
        connection.execute("set local role audit_owner")
        connection.execute(
            """
            insert into audit.audit_logs (created_at, action, user_id, actor_proof, entity_type, entity_id, changes)
            select clock_timestamp(), 'ROW_UPDATED', 'ann', 'service', 'BULK', n::text,
              jsonb_build_object('old', jsonb_build_object('x', repeat('x', 200)), 'new', jsonb_build_object('n', n))
            from generate_series(1, %s) as n
            """,
            (count,),
        )
