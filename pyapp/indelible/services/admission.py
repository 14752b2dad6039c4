"""How many events may be in flight: places for known users, which nothing that strangers do can take."""

import threading
from collections import Counter

from indelible.services.standing import Standing
from indelible.settings import Settings

# Most events in flight that any client can cause before anything is checked.
UNCHECKED_PENDING = 16


class Admission:
    """Counts events in and out, from any thread."""

    def __init__(self, settings: Settings) -> None:
        self._places = {
            Standing.KNOWN: settings.record_pending,
            Standing.STRANGER: max(1, settings.record_pending // 4),
            Standing.UNCHECKED: UNCHECKED_PENDING,
        }
        self._taken: Counter[Standing] = Counter()
        self._lock = threading.Lock()
        self._closed = False

    @property
    def closed(self) -> bool:
        """Whether no event is admitted any more."""
        return self._closed

    @property
    def in_flight(self) -> int:
        """How many events are, of whatever standing."""
        return self._taken.total()

    def close(self) -> None:
        """Admit no more events."""
        with self._lock:
            self._closed = True

    def admit(self, standing: Standing) -> bool:
        """Take a place, if one of this standing is free."""
        with self._lock:
            free = not self._closed and self._taken[standing] < self._places[standing]
            self._taken[standing] += free
            return free

    def take(self, standing: Standing) -> None:
        """Take a place, free or not."""
        with self._lock:
            self._taken[standing] += 1

    def release(self, standing: Standing) -> None:
        """Give a place back."""
        with self._lock:
            self._taken[standing] -= 1
