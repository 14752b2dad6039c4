"""An event holds what the caller said and what the request knew, all of it fit to store."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import RFC_4122

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indelible.context import RequestContext
from indelible.services.event import compose, new_event_id

ANYTHING = st.one_of(
    st.none(), st.text(st.characters(exclude_categories=()), max_size=3000), st.integers(), st.binary()
)


def test_the_request_fills_in_who_and_where() -> None:
    """User, address, request id and seal come from the request; what no column holds goes into metadata."""
    context = RequestContext(
        "0" * 32, "192.0.2.7", "10.0.0.1", "alice", "aa.bb", client_request_id="c-1", traceparent="00-t"
    )
    event = compose("TEST_DONE", context, {"entity_id": 7, "metadata": {"seats": 2}})
    assert (event.user_id, event.ip_address, event.request_id, event.sealed) == (
        "alice",
        "192.0.2.7",
        "0" * 32,
        "aa.bb",
    )
    assert (event.entity_id, event.outcome, event.permission) == ("7", "success", None)
    assert json.loads(event.metadata or "") == {
        "client_request_id": "c-1",
        "traceparent": "00-t",
        "peer_address": "10.0.0.1",
        "seats": 2,
    }
    assert abs((datetime.now(UTC) - event.created_at).total_seconds()) < 60


def test_a_peer_that_is_the_client_is_not_repeated() -> None:
    """Without a proxy the address stands in its column alone."""
    event = compose("TEST_DONE", RequestContext("0" * 32, "192.0.2.7", "192.0.2.7"), {})
    assert event.metadata is None


def test_scripts_have_no_request() -> None:
    """Outside of a request nobody is claimed to have acted."""
    event = compose("TEST_DONE", None, {})
    assert (event.user_id, event.ip_address, event.request_id, event.sealed) == (None, None, None, None)


@pytest.mark.parametrize(("address", "stored"), [("nonsense", None), ("fe80::1%eth0", "fe80::1"), (None, None)])
def test_only_addresses_are_stored_as_addresses(address: str | None, stored: str | None) -> None:
    """inet would refuse the event over a zone or a name."""
    assert compose("TEST_DONE", RequestContext("0" * 32, address), {}).ip_address == stored


@given(ANYTHING, ANYTHING, ANYTHING, ANYTHING)
def test_no_value_breaks_an_event(first: Any, second: Any, third: Any, fourth: Any) -> None:
    """Whatever is handed over, every text of the event is UTF-8, without control characters, and bounded."""
    context = RequestContext("0" * 32, ip_address=str(first), user_id=second)
    event = compose(
        str(fourth),
        context,
        {"entity_type": first, "entity_id": second, "description": third, "outcome": fourth, "permission": first},
    )
    for text in (event.action, event.entity_type, event.entity_id, event.description, event.outcome, event.user_id):
        if text is not None:
            assert len(text.encode()) <= 8000
            assert "\0" not in text
            assert "\n" not in text
    assert event.ip_address is None or event.ip_address.count("%") == 0


def test_event_ids_are_of_version_7_and_in_order() -> None:
    """RFC 9562: version and variant, the time in front, and no two alike."""
    ids = [new_event_id() for _ in range(2000)]
    assert len(set(ids)) == 2000
    assert {(made.version, made.variant) for made in ids} == {(7, RFC_4122)}
    moments = [made.int >> 64 for made in ids]
    assert moments == sorted(moments)
    assert abs((ids[0].int >> 80) / 1000 - datetime.now(UTC).timestamp()) < 60
