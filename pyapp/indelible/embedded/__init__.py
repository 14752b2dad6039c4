"""An own PostgreSQL on packaged binaries: initdb, configuration, start, stop, sharing. Nothing to install by hand."""

from indelible.embedded.server import EmbeddedServer
from indelible.embedded.sharing import open_server

__all__ = ["EmbeddedServer", "open_server"]
