"""Syslog over TLS (RFC 5425) or, on this machine, over TCP (RFC 6587), in frames that are counted in octets.

Syslog has no answer that says that a message has come. So a batch is one connection: when all is sent we close our
half of it and wait until the receiver, which has read to the end, closes its own. One that was killed, or closed
before it had read all, resets the connection instead, and the batch is sent again.
"""

import contextlib
import socket
import ssl
from collections.abc import Sequence

from indelible.services.forward.message import MessageFormat, Sealed, spell_syslog
from indelible.services.forward.place import Place
from indelible.services.forward.receiver import ANSWER_SECONDS, CONNECT_SECONDS, NotDelivered


class SyslogReceiver:
    """A syslog server."""

    def __init__(self, place: Place, kind: MessageFormat, tls: ssl.SSLContext) -> None:
        self._place = place
        self._kind = kind
        self._tls = tls if place.encrypted else None

    def deliver(self, batch: Sequence[Sealed]) -> None:
        """Return when the server has read all of `batch`."""
        frames = [frame(spell_syslog(leaf, event, self._kind)) for leaf, event in batch if event is not None]
        if not frames:
            return
        try:
            self._send(b"".join(frames))
        except ssl.SSLCertVerificationError as error:
            raise NotDelivered(f"its certificate is not to be trusted: {error.verify_message}") from error
        except TimeoutError as error:
            raise NotDelivered("it does not read, or does not close the connection") from error
        except (OSError, ssl.SSLError) as error:
            raise NotDelivered(getattr(error, "strerror", None) or type(error).__name__) from error

    def close(self) -> None:
        """Nothing is open between batches."""

    def _send(self, content: bytes) -> None:
        address = (self._place.host, self._place.port)
        with socket.create_connection(address, CONNECT_SECONDS) as connection:
            connection.settimeout(ANSWER_SECONDS)
            if self._tls is None:
                connection.sendall(content)
                _await_end(connection)
                return
            with self._tls.wrap_socket(connection, server_hostname=self._place.host) as encrypted:
                encrypted.sendall(content)
                _await_end(encrypted.unwrap())


def frame(message: str) -> bytes:
    """The message behind its length in octets."""
    content = message.encode()
    return b"%d %s" % (len(content), content)


def _await_end(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):  # the other side may have closed all of it already, after reading
        connection.shutdown(socket.SHUT_WR)
    while connection.recv(4096):
        pass
