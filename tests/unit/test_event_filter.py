"""EventFilter: what it takes, and that it never hands the database what that cannot read."""

import json
from datetime import datetime
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from indelible.services.reading.filters import EventFilter
from indelible.text import is_harmful

NAMES = sorted(EventFilter.model_fields)


def test_only_what_is_given_is_said() -> None:
    """An empty filter is {}, and the order of members does not depend on the order of the question."""
    assert EventFilter().to_json() == "{}"
    one = EventFilter(actor="a", outcome="denied").to_json()
    assert one == EventFilter(outcome="denied", actor="a").to_json() == '{"actor": "a", "outcome": "denied"}'


@pytest.mark.parametrize(
    ("given", "network"),
    [
        ("192.0.2.7", "192.0.2.7/32"),
        ("192.0.2.7/24", "192.0.2.0/24"),
        ("::ffff:192.0.2.0/120", "192.0.2.0/24"),
        ("2001:DB8::/32", "2001:db8::/32"),
    ],
)
def test_networks_have_one_spelling(given: str, network: str) -> None:
    """Host bits go, IPv4 is IPv4 however it was mapped."""
    assert EventFilter(network=given).network == network


def test_times_are_in_utc() -> None:
    """A time says its offset; what the database gets has none but UTC's."""
    filter_ = EventFilter.model_validate({"since": "2026-01-31T08:30:00+02:00"})
    assert filter_.to_json() == '{"since": "2026-01-31T06:30:00Z"}'


def test_it_does_not_change() -> None:
    """Whoever was let in with a filter keeps that one."""
    with pytest.raises(ValidationError):
        setattr(EventFilter(), "actor", "b")  # noqa: B010


@given(st.dictionaries(st.sampled_from([*NAMES, "other"]), st.text() | st.from_regex(r"[0-9:./a-f%-]{1,40}")))
def test_any_parameters_are_taken_or_refused(values: dict[str, str]) -> None:
    """What is taken is what the database reads: no control character, real networks and times."""
    try:
        taken = EventFilter.model_validate(values)
    except ValidationError:
        return
    said = json.loads(taken.to_json())
    assert set(said) <= set(NAMES)
    key = str(said.pop("entity_id", ""))
    assert "\0" not in key and key == key.encode("utf-8", "replace").decode()
    assert not any(is_harmful(character) for value in said.values() for character in str(value))
    if "network" in said:
        ip_network(said["network"])
    for name in {"since", "until"} & set(said):
        datetime.fromisoformat(said[name])
