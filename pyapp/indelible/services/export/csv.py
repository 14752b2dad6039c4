"""CSV as RFC 4180 has it, for spreadsheets: NULL is an empty cell, the empty text a quoted one.

A cell that a spreadsheet would take for a formula (CWE-1236) gets an apostrophe in front, and so does one that looks
as if it had got one: whoever takes one apostrophe away has the value. Control characters, which forge lines (CWE-117),
are U+FFFD.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from indelible.services.export.row import COLUMNS, EventRow, in_chunks, spell_time
from indelible.text import neutralise

# The full-width forms are taken for the others by spreadsheets of the languages that use them.
_FORMULA: Final = re.compile("'*[=+\\-@\t\r\uff1d\uff0b\uff0d\uff20]")
_QUOTED: Final = re.compile(r'[",\s]')


def encode_csv(rows: Iterable[EventRow]) -> Iterator[bytes]:
    """A header line, then a line for each row."""
    yield (",".join(COLUMNS) + "\r\n").encode()
    yield from in_chunks(rows, _line)


def _line(row: EventRow) -> str:
    identity, created_at, recorded_at, *texts = row
    cells = [str(identity), spell_time(created_at), spell_time(recorded_at), *map(_cell, texts)]
    return ",".join(cells) + "\r\n"


def _cell(text: str | None) -> str:
    if text is None:
        return ""
    if _FORMULA.match(text):
        text = "'" + text
    text = neutralise(text, len(text))
    if not text or _QUOTED.search(text):
        return '"' + text.replace('"', '""') + '"'
    return text
