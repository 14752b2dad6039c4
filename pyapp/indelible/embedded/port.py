"""Free TCP ports of 127.0.0.1."""

import secrets
import socket

# Below the range from which systems take the local ports of outgoing connections, so that a server
# that is down for a moment finds its port again.
PORTS = range(15000, 32000)


def is_free(port: int) -> bool:
    """Whether a server could listen on 127.0.0.1:`port` now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def choose_port() -> int:
    """A free port; somebody else may still take it before we do, so the start is tried again with another."""
    for _ in range(1000):
        port = secrets.choice(PORTS)
        if is_free(port):
            return port
    raise OSError("no free port on 127.0.0.1")
