"""IP addresses as strangers write them: with zones, brackets, ports, or mapped from IPv4."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address

Address = IPv4Address | IPv6Address
# The longest spelling: a bracketed, mapped IPv6 address with a zone and a port, generously.
MAX_LENGTH = 100


def parse_address(text: str) -> Address | None:
    """The address in `text`, without zone, brackets and port, IPv4 where it is mapped; None if there is none."""
    text = text.strip(" \t")
    if len(text) > MAX_LENGTH:
        return None
    if text.startswith("["):
        text, closed, port = text[1:].partition("]")
        if not closed or (port and not _is_port(port)):
            return None
    elif text.count(":") == 1:
        text, _, port = text.partition(":")
        if not _is_port(f":{port}"):
            return None
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _is_port(text: str) -> bool:
    digits = text[1:]
    return text[:1] == ":" and digits.isascii() and digits.isdigit() and int(digits) <= 65_535 and len(digits) <= 5


@lru_cache(1024)
def spell_address(text: str | None) -> str | None:
    """The canonical spelling of `text`; None if it is no address."""
    address = parse_address(text) if text else None
    return str(address) if address else None
