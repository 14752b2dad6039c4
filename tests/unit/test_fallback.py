"""An event that is not on record is counted and named in the log, without what it held."""

import asyncio
import json
import logging

import asyncpg
import psycopg
import pytest

from indelible.context import RequestContext
from indelible.errors import DatabaseUnreachable
from indelible.metrics import Metrics
from indelible.services.event import compose
from indelible.services.fallback import reason_for, report_loss

CANARY = "canary-4711"


def server_error(sqlstate: str) -> Exception:
    error: Exception = asyncpg.PostgresError.new({"C": sqlstate, "M": CANARY})
    return error


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (TimeoutError(), "timeout"),
        (ConnectionRefusedError(), "unreachable"),
        (DatabaseUnreachable(), "unreachable"),
        (psycopg.OperationalError(), "unreachable"),
        (server_error("57P01"), "unreachable"),
        (server_error("53300"), "unreachable"),
        (server_error("28P01"), "unreachable"),
        (server_error("08006"), "unreachable"),
        (server_error("ID001"), "append_only"),
        (server_error("ID002"), "unknown_action"),
        (server_error("ID003"), "wrong_origin"),
        (server_error("ID005"), "invalid_event"),
        (server_error("42501"), "not_permitted"),
        (server_error("42883"), "not_installed"),
        (server_error("53100"), "database_error"),
        (asyncpg.InterfaceError("misuse"), "internal"),
        (asyncio.QueueFull(), "internal"),
    ],
    ids=range(17),
)
def test_every_error_has_one_of_few_reasons(error: Exception, reason: str) -> None:
    """The metric's label is a word from a short list, by SQLSTATE and class, never by message."""
    assert reason_for(error) == reason


def test_a_loss_is_one_line_of_json(caplog: pytest.LogCaptureFixture) -> None:
    """Enough to find what was lost, nothing of metadata, description, user or address; control characters escaped."""
    context = RequestContext("0" * 32, ip_address="192.0.2.7", user_id=f"user-{CANARY}")
    event = compose(
        "TEST_DONE",
        context,
        {"entity_id": "7\r\nfake", "description": CANARY, "metadata": {"password": CANARY}, "outcome": "failure"},
    )
    metrics = Metrics()
    with caplog.at_level(logging.ERROR, "indelible.audit"):
        report_loss(event, "timeout", server_error("ID002"), metrics)
    (record,) = caplog.records
    line = json.loads(record.message)
    assert record.name == "indelible.audit"
    assert "\n" not in record.message
    assert CANARY not in record.message
    assert "192.0.2.7" not in record.message
    assert (line["event"], line["reason"], line["action"]) == ("audit_write_failed", "timeout", "TEST_DONE")
    assert (line["outcome"], line["request_id"], line["sqlstate"]) == ("failure", "0" * 32, "ID002")
    rendered = metrics.render().decode()
    assert 'audit_write_failures_total{reason="timeout"} 1.0' in rendered
    assert "audit_events_dropped_total 1.0" in rendered


def test_metrics_are_counted_apart() -> None:
    """Each service has its own registry; the category is the first word of the code."""
    one, other = Metrics(), Metrics()
    one.recorded([compose("FTMS_BOOKING_CREATED", None, {})])
    assert 'audit_events_total{category="ftms",outcome="success"} 1.0' in one.render().decode()
    assert "ftms" not in other.render().decode()
