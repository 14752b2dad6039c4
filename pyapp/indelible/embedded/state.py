"""What a data directory remembers about its server, so that the next start and other processes can connect."""

import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from indelible.embedded.cluster import SUPERUSER
from indelible.embedded.files import write_private
from indelible.errors import EmbeddedError


@dataclass(frozen=True)
class ServerState:
    """Major `version`, the superuser's `password`, and the last TCP `port` (None before the first start)."""

    version: str
    password: str
    port: int | None = None

    @classmethod
    def new(cls, version: str) -> "ServerState":
        """The state of a cluster about to be made: with a fresh password."""
        return cls(version, secrets.token_urlsafe(24))

    @classmethod
    def read(cls, path: Path) -> "ServerState | None":
        """The state in the file `path`, None if there is none; EmbeddedError if it cannot be read."""
        try:
            return cls(**json.loads(path.read_text()))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError) as error:
            raise EmbeddedError(f"{path} cannot be read; without it nobody knows the server's password.") from error

    def write(self, path: Path) -> None:
        """Replace the file `path` (mode 0600) by this state."""
        write_private(path, json.dumps(asdict(self)))

    @property
    def dsn(self) -> str:
        """Connection string of the superuser, with the password."""
        return f"postgresql://{SUPERUSER}:{self.password}@127.0.0.1:{self.port}/postgres"
