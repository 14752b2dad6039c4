"""What is done when the fate of events is known: it is counted, told to the caller, and their places are free again."""

from collections.abc import Callable, Iterable, Sequence

from indelible.metrics import Metrics
from indelible.models import Event, Fate
from indelible.services.delivery import Verdict
from indelible.services.fallback import reason_for, report_loss
from indelible.services.lane import Item
from indelible.services.standing import Standing


class Conclusion:
    """`release` gives the place of an item back; `summarise` takes a stranger's event, or says that it does not."""

    def __init__(
        self, metrics: Metrics, release: Callable[[Standing], None], summarise: Callable[[Event], bool]
    ) -> None:
        self._metrics = metrics
        self._release = release
        self._summarise = summarise

    def answered(self, items: Sequence[Item], verdicts: Sequence[Verdict]) -> None:
        """The database has given these verdicts."""
        stored = [item.event for item, verdict in zip(items, verdicts, strict=True) if verdict.stored]
        self._metrics.recorded(stored)
        self._metrics.stored.inc(len(stored))
        for item, verdict in zip(items, verdicts, strict=True):
            if verdict.stored:
                self._settle(item, Fate.STORED, verdict.log_id)
            elif not self._summed_up(item):
                self._metrics.refused.inc()
                report_loss(item.event, verdict.reason, None, self._metrics, state=verdict.state)
                self._settle(item, Fate.REFUSED)

    def spooled(self, items: Sequence[Item]) -> None:
        """They are on disk."""
        self._metrics.deferred.inc(len(items))
        for item in items:
            self._settle(item, Fate.SPOOLED)

    def lost(self, items: Iterable[Item], error: BaseException | None) -> None:
        """They are on record nowhere; without an error the service has ended before they were."""
        for item in items:
            if not item.settled and not self._summed_up(item):
                report_loss(item.event, reason_for(error) if error else "closed", error, self._metrics)
                self._settle(item, Fate.DROPPED)

    def unavailable(self, items: Iterable[Item], error: BaseException) -> None:
        """They had to be in the database and are not: nothing was accepted, so nothing is lost."""
        for item in items:
            self._metrics.write_failures.labels(reason=reason_for(error)).inc()
            self._metrics.unavailable.inc()
            self._settle(item, Fate.REFUSED)

    def _summed_up(self, item: Item) -> bool:
        summed_up = item.standing is Standing.UNCHECKED and self._summarise(item.event)
        if summed_up:
            self._settle(item, Fate.SUMMARISED)
        return summed_up

    def _settle(self, item: Item, fate: Fate, log_id: int | None = None) -> None:
        self._metrics.write_duration.observe(item.age())
        item.settle(fate, log_id)
        self._release(item.standing)
