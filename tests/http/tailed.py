"""A sealed log to which a test of the live tail adds events."""

from dataclasses import dataclass

from tests.support import one
from tests.tampering import SealedLog


@dataclass
class Log(SealedLog):
    """A sealed log to which events are added."""

    def add(self, count: int = 1) -> list[int]:
        """So many more events, sealed; their ids."""
        ids = [one(self.admin, "select audit.record('FTMS_BOOKING_UPDATED')")[0] for _ in range(count)]
        self.seal()
        return ids
