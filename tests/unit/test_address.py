"""Addresses are read as strangers write them, and spelled in one way."""

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indelible.address import parse_address, spell_address


@given(st.ip_addresses())
def test_every_address_is_read_back(address: IPv4Address | IPv6Address) -> None:
    """Any address survives its own spelling, IPv4-mapped ones as the IPv4 address that they are."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    assert parse_address(str(address)) == (mapped or address)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("192.0.2.7", "192.0.2.7"),
        (" 192.0.2.7\t", "192.0.2.7"),
        ("192.0.2.7:4711", "192.0.2.7"),
        ("2001:DB8::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("[fe80::1%25eth0]:80", "fe80::1"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("[::ffff:c000:207]:1", "192.0.2.7"),
    ],
)
def test_zones_brackets_ports_and_mapped_addresses_are_understood(text: str, address: str) -> None:
    """The address is what counts; zone, port and brackets are left out."""
    assert spell_address(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "", "unknown", "_hidden", "localhost", "256.1.1.1", "010.0.0.1", "1.2.3", "1.2.3.4:x", "1.2.3.4:99999",
        "1.2.3.4:", "[2001:db8::1", "[2001:db8::1]x", "[]", "1.2.3.4, 5.6.7.8", "1.2.3.4\n", "\u0661.1.1.1", ":" * 90,
        "1.2.3.4;drop table", "::1%" + "z" * 200, "'", "2001:db8::1:4711:1:2:3:4:5",
    ],
)  # fmt: skip
def test_what_is_no_address_is_none(text: str) -> None:
    """Garbage, names and ambiguous spellings are refused rather than guessed at."""
    assert parse_address(text) is None


@given(st.text(max_size=200))
def test_any_text_is_an_address_or_none(text: str) -> None:
    """Nothing a stranger writes raises."""
    spelled = spell_address(text)
    assert spelled is None or spell_address(spelled) == spelled


def test_no_address_has_no_spelling() -> None:
    """A socket without a peer has no address."""
    assert spell_address(None) is None
