"""Strangers' events beyond their places: counted, and told of together, in one event and one line per interval."""

import asyncio
import json
import logging
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

from indelible.metrics import Metrics
from indelible.models import Event, EventFields
from indelible.services.event import compose

SUMMARY_SECONDS = 10.0
_log = logging.getLogger("indelible.audit")
_DESCRIPTION = "So many more came from clients without a user and were not recorded one by one."


class Summary:
    """`add` from any thread; `write` is called on `loop`, once for each action and outcome that was added."""

    def __init__(self, loop: asyncio.AbstractEventLoop, write: Callable[[Event], object], metrics: Metrics) -> None:
        self._loop = loop
        self._write = write
        self._metrics = metrics
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str]] = Counter()

    def add(self, event: Event) -> None:
        """Count an event instead of recording it."""
        self._metrics.summarised.inc()
        with self._lock:
            first = not self._counts
            self._counts[event.action, event.outcome] += 1
        if first:
            with suppress(RuntimeError):  # the loop has just been closed
                self._loop.call_soon_threadsafe(self._loop.call_later, SUMMARY_SECONDS, self.flush)

    def flush(self) -> None:
        """Tell of what was counted since the last time, if anything was."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
        for (action, outcome), count in counts.items():
            line = {"event": "audit_events_summarised", "action": action, "outcome": outcome, "count": count}
            _log.warning("%s", json.dumps(line))
            metadata = {"reason": "summarised", "count": count}
            fields = EventFields(outcome=outcome, description=_DESCRIPTION, metadata=metadata)
            self._write(compose(action, None, fields))
