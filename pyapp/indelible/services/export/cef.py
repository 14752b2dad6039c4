"""ArcSight's Common Event Format, one event a line: header fields and extensions escaped each by their own rules.

Line breaks in an extension are written as CEF has them; every other control character is U+FFFD (CWE-117).
"""

import re
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, ip_address
from typing import Final

from indelible.codes import DENIED, FAILURE
from indelible.services.export.kind import ALARMING, Kind, kind_of
from indelible.services.export.product import NAME, VERSION
from indelible.services.export.row import EventRow, in_chunks, milliseconds
from indelible.text import neutralise

_SEVERITY: Final = {FAILURE: 5, DENIED: 6}
_HEADER: Final = re.compile(r"([\\|])")
_EXTENSION: Final = re.compile(r"([\\=])")

# Columns of ours in the fields that CEF keeps for such.
_LABELLED: Final = {
    "cs1": "entity_type", "cs2": "entity_id", "cs3": "permission", "cs4": "request_id", "cs5": "changes",
    "cs6": "metadata", "flexString1": "transaction_id", "flexString2": "actor_proof",
}  # fmt: skip


def encode_cef(rows: Iterable[EventRow]) -> Iterator[bytes]:
    """One event for each row."""
    return in_chunks(rows, lambda row: spell_cef(row) + "\n")


def spell_cef(row: EventRow) -> str:
    """One row, without the line's end."""
    severity = 9 if row.action in ALARMING else _SEVERITY.get(row.outcome, 3)
    header = [NAME, NAME, VERSION, row.action, row.description or row.action, str(severity)]
    fields = " ".join(f"{key}={_extension(value)}" for key, value in _fields(row) if value is not None)
    return f"CEF:0|{'|'.join(map(_header, header))}|{fields}"


def _fields(row: EventRow) -> Iterator[tuple[str, str | None]]:
    yield "externalId", str(row.id)
    yield "start", str(milliseconds(row.created_at))
    yield "rt", str(milliseconds(row.recorded_at))
    yield "cat", kind_of(row).name.lower()
    yield "outcome", row.outcome
    yield "reason", row.reason
    yield "msg", row.description
    yield "suser", row.user_id
    yield "duser", row.entity_id if kind_of(row) is Kind.USER else None
    yield from _address(row.ip_address)
    for key, column in _LABELLED.items():
        value = getattr(row, column)
        yield key, value
        yield f"{key}Label", None if value is None else column
    yield "IndelibleDbUser", row.db_user
    yield "IndelibleTimeSource", row.time_source


def _address(text: str | None) -> Iterator[tuple[str, str | None]]:
    """`src` is for IPv4 alone."""
    if text is None or isinstance(ip_address(text), IPv4Address):
        yield "src", text
    else:
        yield "c6a2", text
        yield "c6a2Label", "Source IPv6 Address"


def _header(text: str) -> str:
    return _HEADER.sub(r"\\\1", neutralise(text, len(text)))


def _extension(text: str) -> str:
    escaped = _EXTENSION.sub(r"\\\1", text).replace("\n", r"\n").replace("\r", r"\r")
    return neutralise(escaped, len(escaped))
