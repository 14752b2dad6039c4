"""What a sealer remembers, outside of the database: what it signed last, and of which log."""

import json
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from indelible.errors import SealRefused
from indelible.tlog.merkle import EMPTY_ROOT


@dataclass(frozen=True)
class Server:
    """Where a log is: the cluster's `system_identifier`, its `timeline`, and the oid of the `database`."""

    system_identifier: int
    timeline: int
    database: int


@dataclass(frozen=True)
class Memory:
    """The last checkpoint signed: `size` and `root` of the log `origin`, in `epoch`, on `server`."""

    origin: str
    epoch: int
    server: Server
    size: int = 0
    root: bytes = EMPTY_ROOT

    def signed(self, size: int, root: bytes) -> "Memory":
        """The memory after signing this tree."""
        return replace(self, size=size, root=root)

    def to_text(self) -> str:
        """What is written to disk."""
        return json.dumps({**asdict(self), "root": self.root.hex()}, indent=1) + "\n"

    @classmethod
    def from_text(cls, text: str) -> Self:
        """What was written; SealRefused if that cannot be read: to guess would be to risk a fork."""
        try:
            known: dict[str, Any] = json.loads(text)
            server, root = Server(**known.pop("server")), bytes.fromhex(known.pop("root"))
            return cls(**known, server=server, root=root)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise SealRefused("What this sealer signed last cannot be read from its file last-signed.json.") from error
