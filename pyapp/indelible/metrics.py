"""Prometheus metrics of one audit service, on a registry of their own; never labelled by user, address or entity."""

from collections import Counter as Count
from collections.abc import Mapping, Sequence
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from indelible.models import Event

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """The collectors of one Audit; `registry` takes the application's own collectors too.

    Each event that is `accepted` is then counted once more: stored, deferred, dropped, summarised or unavailable.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.events = Counter(
            "audit_events_total",
            "Events the database has accepted from this process.",
            ("category", "outcome"),
            registry=self.registry,
        )
        self.write_failures = Counter(
            "audit_write_failures_total",
            "Events the database did not accept, by reason.",
            ("reason",),
            registry=self.registry,
        )
        self.accepted = self._counter("accepted", "Events handed over to the audit service of this process.")
        self.stored = self._counter("stored", "Events of this process that went straight into the database.")
        self.deferred = self._counter("deferred", "Events of this process that went to the spool.")
        self.replayed = self._counter("replayed", "Events that this process brought from the spool into the database.")
        self.refused = self._counter("refused", "Events that the database will not have, in whatever way they came.")
        self.dropped = self._counter("dropped", "Events that are on record nowhere but in the process log.")
        self.unavailable = self._counter(
            "unavailable", "Events that had to be in the database first and were not; their actions were refused."
        )
        self.summarised = self._counter(
            "summarised", "Events of clients without a user that stand in a summary, not on record one by one."
        )
        self.spool_failures = Counter(
            "audit_spool_failures_total", "Times that the spool could not be used.", registry=self.registry
        )
        self.spooled = Gauge(
            "audit_events_spooled", "Events of this host that wait on disk for the database.", registry=self.registry
        )
        self.set_aside = Gauge(
            "audit_events_set_aside", "Events of this host on disk that the database refused.", registry=self.registry
        )
        self.spool_bytes = Gauge("audit_spool_bytes", "Size of the spool of this host.", registry=self.registry)
        self.ingested = Counter(
            "audit_ingested_events_total",
            "Events that other applications handed over, by what became of them.",
            ("verdict",),
            registry=self.registry,
        )
        self.write_duration = Histogram(
            "audit_write_duration_seconds",
            "From the event to the answer of the database or the spool, or to giving up, in seconds.",
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
            registry=self.registry,
        )
        self._verdicts = {
            "waiting_bytes": Gauge(
                "audit_verdicts_waiting_bytes",
                "Write-ahead log that nobody has drained yet: it may hold refusals that are not on record.",
                registry=self.registry,
            ),
            "waiting_seconds": Gauge(
                "audit_verdicts_waiting_seconds",
                "Since it was last known to be drained, to the minute.",
                registry=self.registry,
            ),
            "safe_bytes": Gauge(
                "audit_verdicts_safe_bytes",
                "How much more may be written before refusals are lost.",
                registry=self.registry,
            ),
        }
        self.verdicts_wait(None)

    def verdicts_wait(self, lag: Mapping[str, Any] | None) -> None:
        """Publish a row of the query verdict_lag; NaN for what nobody knows, or where no refusals are kept."""
        for name, gauge in self._verdicts.items():
            value = lag[name] if lag is not None else None
            gauge.set(float("nan") if value is None else value)

    def recorded(self, events: Sequence[Event]) -> None:
        """Count events the database accepted, so each action stands in the catalogue and its category is bounded."""
        found = Count((event.action.partition("_")[0].lower(), event.outcome) for event in events)
        for (category, outcome), number in found.items():
            self.events.labels(category=category, outcome=outcome).inc(number)

    def lost(self, reason: str) -> None:
        """Count an event that could not be written."""
        self.write_failures.labels(reason=reason).inc()
        self.dropped.inc()

    def count(self, name: str) -> int:
        """The value of a collector without labels."""
        return int(self.registry.get_sample_value(name) or 0)

    def render(self) -> bytes:
        """All of it in the text format Prometheus reads (CONTENT_TYPE)."""
        return generate_latest(self.registry)

    def _counter(self, name: str, documentation: str) -> Counter:
        return Counter(f"audit_events_{name}_total", documentation, registry=self.registry)
