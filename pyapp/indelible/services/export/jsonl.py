"""JSON Lines: one object a row, every value exactly as it stands in the log, `changes` and `metadata` as objects.

Nothing that a terminal or a log viewer would act upon (CWE-117) is in the bytes: control characters, line separators
and those that reorder text are escaped, which changes no value.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from indelible.services.export.row import EventRow, in_chunks, spell_time

_HARMFUL: Final = re.compile("[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def encode_jsonl(rows: Iterable[EventRow]) -> Iterator[bytes]:
    """One line for each row."""
    return in_chunks(rows, spell_jsonl)


def spell_jsonl(row: EventRow) -> str:
    """The line of one row."""
    fields = row._asdict()
    changes, metadata = fields.pop("changes"), fields.pop("metadata")
    fields["created_at"], fields["recorded_at"] = spell_time(row.created_at), spell_time(row.recorded_at)
    return spell_object(fields, changes=changes, metadata=metadata) + "\n"


def spell_object(fields: Mapping[str, Any], **raw: str | None) -> str:
    """The object of `fields` and of `raw`, which is JSON already: numbers in it keep all their digits."""
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    parts = "".join(f',"{name}":{value or "null"}' for name, value in raw.items())
    return _HARMFUL.sub(_escape, f"{text[:-1]}{parts if fields else parts[1:]}}}")


def _escape(match: re.Match[str]) -> str:
    """Outside of its strings JSON is ASCII, so whatever is found is in a string."""
    return f"\\u{ord(match[0]):04x}"
