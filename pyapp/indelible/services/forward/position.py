"""How far a log has been forwarded to a place, in a file that survives whatever kills us: the next leaf to send."""

import json
from dataclasses import dataclass
from pathlib import Path

from indelible.embedded.files import make_folder, own_folder, write_private_in
from indelible.errors import ConfigurationError


@dataclass(frozen=True)
class Position:
    """All leaves of the log `origin` before `leaf` have been delivered."""

    origin: str
    leaf: int


@dataclass(frozen=True)
class PositionFile:
    """The file of a position."""

    path: Path

    def read(self) -> Position | None:
        """The position, None before the first time.

        Raises:
            ConfigurationError: the file cannot be read: to guess would be to leave events out.
        """
        try:
            with own_folder(self.path.parent):
                known = json.loads(self.path.read_text())
            return Position(str(known["origin"]), int(known["leaf"]))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, KeyError) as error:
            message = f"{self.path} cannot be read: remove it, and all events are forwarded again."
            raise ConfigurationError(message) from error

    def write(self, position: Position) -> None:
        """Replace the position; on disk when this returns."""
        with own_folder(make_folder(self.path.parent)) as folder:
            write_private_in(
                folder, self.path.name, json.dumps({"origin": position.origin, "leaf": position.leaf}) + "\n"
            )
