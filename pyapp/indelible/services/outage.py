"""Whether the database takes events at present: while it does not, no event waits for it."""

import random

from indelible.models import Event
from indelible.settings import Settings

SHORTEST_PAUSE = 0.1
LONGEST_PAUSE = 5.0
# How much of record_timeout the database has; the rest is for the disk.
DATABASE_SHARE = 0.6


def patience(settings: Settings) -> float:
    """How long the database may take before the disk has its turn, in seconds."""
    return DATABASE_SHARE * settings.record_timeout


class Outage:
    """Begins with a batch that was not answered in time, ends with the first one that is: slow is away, too."""

    def __init__(self) -> None:
        self._probe: Event | None = None
        self._pause = SHORTEST_PAUSE

    @property
    def lasting(self) -> bool:
        """Whether it is known that the database does not answer."""
        return self._probe is not None

    @property
    def probe(self) -> Event | None:
        """An event that was not taken: if it is now, all others will be. It is recorded once all the same."""
        return self._probe

    def begin(self, event: Event) -> None:
        """`event` got no answer in time."""
        self._probe = self._probe or event

    def end(self) -> None:
        """The database has answered in time."""
        self._probe = None
        self._pause = SHORTEST_PAUSE

    def next_pause(self) -> float:
        """How long to wait before the database is asked again, in seconds: longer each time, and not all at once."""
        pause, self._pause = self._pause, min(2 * self._pause, LONGEST_PAUSE)
        return pause * random.uniform(0.5, 1.0)  # noqa: S311  # nothing is kept secret by it
