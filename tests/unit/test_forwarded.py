"""Forwarding headers are believed exactly as far as trusted proxies wrote them."""

from ipaddress import IPv4Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indelible.http.forwarded import MAX_HOPS, Forwarding

PROXIES = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))
CLIENT, PROXY, STRANGER = "192.0.2.7", "10.0.0.1", "203.0.113.9"
FORWARDING = Forwarding(PROXIES)
STANDARD = Forwarding(PROXIES, "forwarded")

trusted = st.integers(0, 2**24 - 1).map(lambda number: str(IPv4Address(int(IPv4Address("10.0.0.0")) + number)))
untrusted = st.ip_addresses(v=4).map(str).filter(lambda text: not text.startswith("10."))
# Whatever a client may put to the left of what the proxies append.
forged = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=60)


def xff(*values: str) -> list[tuple[bytes, bytes]]:
    return [(b"X-Forwarded-For", value.encode("latin-1")) for value in values]


def standard(*values: str) -> list[tuple[bytes, bytes]]:
    return [(b"forwarded", value.encode("latin-1")) for value in values]


@given(untrusted, forged)
def test_a_stranger_cannot_forge_its_address(peer: str, header: str) -> None:
    """The header of a peer that is no trusted proxy is not read at all."""
    assert FORWARDING.client(peer, xff(header)) == peer


@given(forged, untrusted, st.lists(trusted, max_size=4))
def test_what_the_client_wrote_is_not_read(prefix: str, client: str, proxies: list[str]) -> None:
    """Behind any chain of trusted proxies, the client is the first untrusted address from the right."""
    assert FORWARDING.client(PROXY, xff(", ".join([prefix, client, *proxies]))) == client


@given(forged, untrusted, st.lists(trusted, max_size=4))
def test_repeated_headers_are_one_list(prefix: str, client: str, proxies: list[str]) -> None:
    """A client's own header line in front of the proxies' line changes nothing."""
    assert FORWARDING.client(PROXY, xff(prefix, ",".join([client, *proxies]))) == client


@given(forged, untrusted)
def test_forwarded_is_read_by_the_same_rule(prefix: str, client: str) -> None:
    """RFC 7239: quotes and commas that a client opened cannot swallow what the proxy appended."""
    assert STANDARD.client(PROXY, standard(f'{prefix}, for={client};proto=https;by="_x"')) == client


@given(st.lists(st.tuples(st.sampled_from([b"x-forwarded-for", b"forwarded"]), st.binary(max_size=50))))
def test_any_bytes_give_an_address(headers: list[tuple[bytes, bytes]]) -> None:
    """Whatever the headers hold, the answer is an address and nothing raises."""
    for forwarding in (FORWARDING, STANDARD):
        found = forwarding.client(PROXY, headers)
        assert found is not None
        ip_address(found)


@pytest.mark.parametrize(
    ("header", "client"),
    [
        (f"{STRANGER}, {CLIENT}", CLIENT),
        (f"{CLIENT}, 10.0.0.2, 10.0.0.3", CLIENT),
        ("10.0.0.9, 10.0.0.2", "10.0.0.9"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("2001:db8::1%eth0", "2001:db8::1"),
        ("::ffff:192.0.2.7", CLIENT),
        (f"{CLIENT}:55000", CLIENT),
        ("", PROXY),
        ("unknown", PROXY),
        (f"{CLIENT}, unknown", PROXY),
        (f"{CLIENT}, garbage, 10.0.0.2", "10.0.0.2"),
        (f"{CLIENT}, ", PROXY),
    ],
)
def test_the_walk_ends_at_the_first_address_nobody_vouches_for(header: str, client: str) -> None:
    """An entry that is no address ends the walk at the last proxy that is known."""
    assert FORWARDING.client(PROXY, xff(header)) == client


@pytest.mark.parametrize(
    ("header", "client"),
    [
        ('for="[2001:db8:cafe::17]:4711"', "2001:db8:cafe::17"),
        (f"For={CLIENT}; proto=http ; by=203.0.113.43", CLIENT),
        (f"for={STRANGER}, for={CLIENT}, for=10.0.0.3", CLIENT),
        ("for=_secret", PROXY),
        ("proto=https", PROXY),
        (f"for={CLIENT};for={STRANGER}", PROXY),
        (f'for="{CLIENT}', PROXY),
        (f"{CLIENT}", PROXY),
    ],
)
def test_forms_of_the_forwarded_header(header: str, client: str) -> None:
    """The examples of RFC 7239 and their broken relatives."""
    assert STANDARD.client(PROXY, standard(header)) == client


def test_only_the_configured_header_is_read() -> None:
    """A proxy that writes one header passes the other one on as the client sent it."""
    assert FORWARDING.client(PROXY, standard(f"for={STRANGER}")) == PROXY
    assert STANDARD.client(PROXY, xff(STRANGER)) == PROXY


def test_a_list_of_ten_thousand_entries_is_cut_short() -> None:
    """However long the list is, only the nearest hops are walked."""
    assert FORWARDING.client(PROXY, xff(", ".join([STRANGER] * 10_000 + [CLIENT]))) == CLIENT
    endless = FORWARDING.client(PROXY, xff(",".join(f"10.{n // 256}.{n % 256}.1" for n in range(10_000))))
    last = 10_000 - MAX_HOPS
    assert endless == f"10.{last // 256}.{last % 256}.1"


def test_a_peer_without_address_is_nobody() -> None:
    """Unix sockets and test clients have no address, and vouch for none."""
    assert FORWARDING.client(None, xff(STRANGER)) is None
    assert FORWARDING.client("testclient", xff(STRANGER)) is None


def test_a_mapped_peer_is_the_proxy_that_it_is() -> None:
    """A dual-stack socket shows 10.0.0.1 as ::ffff:10.0.0.1, and IPv6 proxies are trusted by their network."""
    assert FORWARDING.client("::ffff:10.0.0.1", xff(CLIENT)) == CLIENT
    assert FORWARDING.client("fd00::1%eth0", xff(CLIENT)) == CLIENT
    assert FORWARDING.client("fe80::1%eth0", xff(CLIENT)) == "fe80::1"
