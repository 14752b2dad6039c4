"""Prometheus metrics of one audit service, on a registry of their own; never labelled by user, address or entity."""

from collections.abc import Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """The collectors of one Audit; `registry` takes the application's own collectors too."""

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
        self.dropped = Counter(
            "audit_events_dropped_total",
            "Events that are on record nowhere but in the process log.",
            registry=self.registry,
        )
        self.summarised = Counter(
            "audit_events_summarised_total",
            "Events of clients without a user that stand in a summary, not on record one by one.",
            registry=self.registry,
        )
        self.write_duration = Histogram(
            "audit_write_duration_seconds",
            "From the event to the answer of the database, or to giving up, in seconds.",
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

    def recorded(self, action: str, outcome: str) -> None:
        """Count an event the database accepted, so `action` stands in the catalogue and its category is bounded."""
        self.events.labels(category=action.partition("_")[0].lower(), outcome=outcome).inc()

    def lost(self, reason: str) -> None:
        """Count an event that could not be written."""
        self.write_failures.labels(reason=reason).inc()
        self.dropped.inc()

    def render(self) -> bytes:
        """All of it in the text format Prometheus reads (CONTENT_TYPE)."""
        return generate_latest(self.registry)
