"""Prometheus metrics of one audit service, on a registry of their own; never labelled by user, address or entity."""

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

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
        self.ingested = Counter(
            "audit_ingested_events_total",
            "Events that other applications handed over, by what became of them.",
            ("verdict",),
            registry=self.registry,
        )
        self.write_duration = Histogram(
            "audit_write_duration_seconds",
            "From the event to the answer of the database, or to giving up, in seconds.",
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
            registry=self.registry,
        )

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
