"""One sealed event as a receiver gets it: RFC 5424 with all of it as structured data, or one of the export formats."""

import socket
from collections.abc import Callable, Mapping
from typing import Final, Literal, NamedTuple

from indelible.codes import DENIED, FAILURE
from indelible.services.export.cef import spell_cef
from indelible.services.export.ecs import spell_ecs
from indelible.services.export.jsonl import spell_jsonl
from indelible.services.export.kind import ALARMING
from indelible.services.export.ocsf import spell_ocsf
from indelible.services.export.row import EventRow, spell_time
from indelible.text import neutralise

MessageFormat = Literal["rfc5424", "jsonl", "ocsf", "ecs", "cef"]

# The number that RFC 5612 keeps for examples: Indelible has none of its own.
SD_ID: Final = "indelible@32473"
LOG_AUDIT: Final = 13
ALERT, WARNING, NOTICE = 1, 4, 5
_SEVERITY: Final = {FAILURE: WARNING, DENIED: WARNING}
_ESCAPED: Final = str.maketrans({'"': '\\"', "\\": "\\\\", "]": "\\]"})
# What the header says already, or the message.
_ELSEWHERE: Final = ("id", "created_at", "description")

SPELLED: Final[Mapping[str, Callable[[EventRow], str]]] = {
    "jsonl": spell_jsonl,
    "ocsf": spell_ocsf,
    "ecs": spell_ecs,
    "cef": spell_cef,
}


class Sealed(NamedTuple):
    """An event and the leaf that it is in the sealed log; None where the row of a leaf is gone."""

    leaf: int
    event: EventRow | None


def spell_line(event: EventRow, kind: str) -> str:
    """The event in an export format, without the line's end."""
    return SPELLED[kind](event).removesuffix("\n")


def spell_syslog(leaf: int, event: EventRow, kind: MessageFormat) -> str:
    """An RFC 5424 message. Whatever its format, the event's id and leaf are in the structured data."""
    severity = ALERT if event.action in ALARMING else _SEVERITY.get(event.outcome, NOTICE)
    data = {"id": str(event.id), "leaf": str(leaf)}
    if kind == "rfc5424":
        data |= {name: _text(value) for name, value in event._asdict().items() if name not in _ELSEWHERE and value}
        message = neutralise(event.description or event.action, 10_000)
    else:
        message = spell_line(event, kind)
    parameters = " ".join(f'{name}="{_parameter(value)}"' for name, value in data.items())
    return (
        f"<{LOG_AUDIT * 8 + severity}>1 {spell_time(event.created_at)} {_HOST} indelible {event.transaction_id} "
        f"{event.action[:32]} [{SD_ID} {parameters}] {message}"
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else spell_time(value)  # type: ignore[arg-type]  # the only other type is time


def _parameter(value: str) -> str:
    return neutralise(value, len(value)).translate(_ESCAPED)


def _host() -> str:
    """Of the machine that forwards, as far as RFC 5424 takes it."""
    name = "".join(character for character in socket.gethostname() if "!" <= character <= "~")
    return name[:255] or "-"


_HOST: Final = _host()
