"""Where events are forwarded to: `syslog+tls://host:port`, `syslog+tcp://127.0.0.1:port` or `https://host/path`."""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from indelible.errors import ConfigurationError

# Port of syslog over TLS (RFC 5425) and, by custom, over TCP.
_PORTS: Final = {"syslog+tls": 6514, "syslog+tcp": 601, "https": 443, "http": 80}
FORMS: Final = "syslog+tls://host:6514, https://host/path or, on this machine alone, syslog+tcp://127.0.0.1:601"


@dataclass(frozen=True)
class Place:
    """A receiver; `path` is what an HTTP collector is asked for."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def encrypted(self) -> bool:
        """Whether the way there is."""
        return self.scheme in ("syslog+tls", "https")

    @property
    def is_http(self) -> bool:
        """Whether it is a collector that answers, rather than a syslog server that does not."""
        return self.scheme in ("https", "http")

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}{self.path if self.is_http else ''}"


def parse_place(text: str) -> Place:
    """The place that `text` names.

    Raises:
        ConfigurationError: it names none, is in clear text to another machine, or holds a secret: command lines are
            seen by other users.
    """
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ConfigurationError(f"That is no place to forward to: {FORMS}.") from None
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ConfigurationError(f"That is no place to forward to: {FORMS}.")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise ConfigurationError("A place to forward to has no user, password or fragment.")
    if parts.scheme.startswith("syslog") and (parts.path.strip("/") or parts.query):
        raise ConfigurationError("A syslog server has no path.")
    path = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
    if not (path.isascii() and path.isprintable() and " " not in path):
        raise ConfigurationError("The path of a collector is spelled in printable ASCII.")
    place = Place(parts.scheme, parts.hostname, port or _PORTS[parts.scheme], path)
    if not place.encrypted and not _is_this_machine(place.host):
        raise ConfigurationError("In clear text events go to this machine alone: use syslog+tls:// or https://.")
    return place


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
