"""The client's address behind proxies: forwarding headers are believed only as far as trusted proxies wrote them.

Every proxy appends the address it was connected from, so the right end of the header is the nearest hop. The walk
goes from there to the left, through trusted proxies only, and the first address that is none of them is the client.
Whatever stands further left was written by the client itself, and is not read.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from indelible.address import Address, parse_address
from indelible.settings import Network

# More proxies than this in a row are a header under attack.
MAX_HOPS = 32


@dataclass(frozen=True, slots=True)
class Forwarding:
    """Whose forwarding header is believed, and which: `x-forwarded-for`, or `forwarded` (RFC 7239)."""

    trusted: Sequence[Network] = ()
    header: str = "x-forwarded-for"

    def client(self, peer: str | None, headers: Sequence[tuple[bytes, bytes]]) -> str | None:
        """The client's address, given the socket's peer and the request's headers; None if nothing is known.

        An entry that is no address ends the walk: then the last proxy that could be verified is the answer.
        """
        address = parse_address(peer) if peer else None
        if address is None or not self._trusts(address):
            return str(address) if address else None
        for entry in self._entries(headers):
            hop = parse_address(entry)
            if hop is None:
                break
            address = hop
            if not self._trusts(hop):
                break
        return str(address)

    def _trusts(self, address: Address) -> bool:
        return any(address.version == network.version and address in network for network in self.trusted)

    def _entries(self, headers: Sequence[tuple[bytes, bytes]]) -> Iterator[str]:
        """The entries of the header from right to left; repeated headers are one list (RFC 9110, 5.3)."""
        name = self.header.encode()
        hops = 0
        for key, value in reversed(headers):
            if key.lower() != name:
                continue
            rest = value.decode("latin-1")
            while hops < MAX_HOPS:
                rest, comma, entry = rest.rpartition(",")
                hops += 1
                yield _forwarded_for(entry) if name == b"forwarded" else entry
                if not comma:
                    break


def _forwarded_for(element: str) -> str:
    """The `for` of one element of RFC 7239; "" if there is not exactly one. No address holds a comma or semicolon."""
    found = [
        value.strip()
        for name, equals, value in (pair.partition("=") for pair in element.split(";"))
        if equals and name.strip().lower() == "for"
    ]
    if len(found) != 1:
        return ""
    value = found[0]
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value
