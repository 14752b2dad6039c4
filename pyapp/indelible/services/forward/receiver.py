"""What all receivers have in common: a batch is delivered, or it is not and is sent again."""

import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from indelible.errors import ConfigurationError, IndelibleError
from indelible.services.forward.message import Sealed

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 30.0


class NotDelivered(IndelibleError):
    """It is not known that the receiver has all of a batch; `retry_after` is how long it asked to be left alone."""

    def __init__(self, reason: str, retry_after: float = 0.0) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class Receiver(Protocol):
    """A place that takes events."""

    def deliver(self, batch: Sequence[Sealed]) -> None:
        """Return when the receiver has all of `batch`, in its order; NotDelivered otherwise."""

    def close(self) -> None:
        """Let go of the connection."""


def verifying_context(ca_file: Path | None) -> ssl.SSLContext:
    """TLS that knows whom it talks to, by the system's authorities or by those in `ca_file` alone."""
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(f"The certificates in {ca_file} cannot be read.") from error
    # A receiver that closes the connection without TLS' own goodbye has read all of it, too: see syslog.py.
    context.options |= ssl.OP_IGNORE_UNEXPECTED_EOF
    return context
