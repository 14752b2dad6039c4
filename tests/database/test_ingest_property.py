"""audit.ingest(): whatever JSON it is given, each item has its verdict."""

from typing import Any

import psycopg
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.producing import SCANNED, hand_over, scanned
from tests.support import events, last_id

WORDS = st.sampled_from(
    ["event_id", "action", "entity_type", "entity_id", "outcome", "created_at", "ip_address", "metadata", "user_id"]
)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
    | st.sampled_from([SCANNED, "SHOP_ITEM", "2026-01-05T08:23:49Z", "24:00", "::1", "1.2.3.4/8", "denied", "x" * 201]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(WORDS | st.text("ab%\\'\"", max_size=4), inner, max_size=5),
    max_leaves=8,
)  # fmt: skip


ITEMS = VALUES | st.fixed_dictionaries(
    {"event_id": st.text("abc", min_size=1, max_size=2), "action": st.just(SCANNED)},
    optional=dict.fromkeys(("entity_type", "entity_id", "outcome", "created_at", "ip_address", "metadata"), VALUES),
)


@hypothesis_settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(items=st.lists(ITEMS, max_size=4))
@example(items=[scanned("1", created_at="2026-01-05T24:00:00Z"), scanned("2", created_at="9999-12-31T23:59:59-14:00")])
@example(items=[scanned("1", metadata={"a": 1e-320, "b": 10**290}), scanned("2", created_at="2026-01-05T23:59:60Z")])
def test_no_json_breaks_a_batch(
    postgresql: psycopg.Connection, writer: psycopg.Connection, till: str, items: list[Any]
) -> None:
    """Whatever JSON comes, each item has a verdict, what is stored has a row, and nothing else has."""
    mark = last_id(postgresql)
    verdicts = hand_over(writer, till, *items)
    assert len(verdicts) == len(items)
    stored = [log_id for verdict, log_id in verdicts if verdict == "stored"]
    assert [row["id"] for row in events(postgresql, "id > %s and action = %s", mark, SCANNED)] == stored
    assert all((log_id is not None) == (verdict in ("stored", "known", "conflict")) for verdict, log_id in verdicts)
