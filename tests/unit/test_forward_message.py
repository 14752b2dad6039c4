"""RFC 5424 messages: a parser of its grammar gets the values, and nothing breaks out of its field."""

import json

import pytest
from hypothesis import given

from indelible.services.export.row import EventRow, spell_time
from indelible.services.forward.message import SD_ID, spell_line, spell_syslog
from indelible.text import is_harmful, neutralise
from tests.exported import event_rows, make_row
from tests.receivers import parse_syslog


@given(event_rows)
def test_a_parser_reads_the_same(row: EventRow) -> None:
    """Each column of the event is a parameter, its description the message."""
    message = parse_syslog(spell_syslog(41, row, "rfc5424"))
    assert message.header["time"] == spell_time(row.created_at)
    assert (message.header["app"], message.header["process"]) == ("indelible", row.transaction_id)
    assert (message.header["code"], message.header["sd"]) == (row.action[:32], SD_ID)
    assert message.data.pop("leaf") == "41" and message.data["id"] == str(row.id)
    for name, value in row._asdict().items():
        if isinstance(value, str) and value and name != "description":
            assert message.data[name] == neutralise(value, len(value))
    assert message.data["recorded_at"] == spell_time(row.recorded_at)
    assert message.text == neutralise(row.description or row.action, 10_000)


@given(event_rows)
def test_a_message_is_one_harmless_line(row: EventRow) -> None:
    """No value ends it, or tells a terminal anything."""
    assert not any(is_harmful(character) for character in spell_syslog(0, row, "rfc5424"))


@pytest.mark.parametrize(
    ("action", "outcome", "severity"),
    [
        ("ROW_UPDATED", "success", 5),
        ("AUTH_LOGIN_FAILED", "failure", 4),
        ("RBAC_ROLE_MISSING", "denied", 4),
        ("AUDIT_TAMPERING_REFUSED", "denied", 1),
    ],
)
def test_the_priority_says_how_bad_it_is(action: str, outcome: str, severity: int) -> None:
    """In the facility that syslog has for audits."""
    message = parse_syslog(spell_syslog(0, make_row(action, outcome=outcome), "rfc5424"))
    assert int(message.header["pri"]) == 13 * 8 + severity


@pytest.mark.parametrize("kind", ["jsonl", "ocsf", "ecs", "cef"])
def test_other_formats_are_the_message(kind: str) -> None:
    """With the event's id and leaf beside them all the same."""
    row = make_row("ROW_UPDATED", entity_id='a"]b\\c')
    message = parse_syslog(spell_syslog(3, row, kind))  # type: ignore[arg-type]
    assert message.data == {"id": "7", "leaf": "3"}
    assert message.text == spell_line(row, kind)
    assert message.text.startswith("CEF:0|") if kind == "cef" else json.loads(message.text)
