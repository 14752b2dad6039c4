"""One event as every format gets it: a row of audit.v_events."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Final, NamedTuple

# Little enough to keep memory flat, enough that handing it over costs nothing.
CHUNK_LENGTH: Final = 65_536


class EventRow(NamedTuple):
    """The columns of audit.v_events, in its order; `changes` and `metadata` are the text of JSON."""

    id: int
    created_at: datetime
    recorded_at: datetime
    action: str
    outcome: str
    user_id: str | None
    db_user: str
    actor_proof: str
    entity_type: str | None
    entity_id: str | None
    description: str | None
    permission: str | None
    reason: str | None
    ip_address: str | None
    request_id: str | None
    transaction_id: str
    changes: str | None
    metadata: str | None
    time_source: str


COLUMNS: Final = EventRow._fields


def spell_time(moment: datetime) -> str:
    """RFC 3339 in UTC, to the microsecond."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def milliseconds(moment: datetime) -> int:
    """Since 1970, whole ones: the microseconds of a moment are never rounded up into the future."""
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000


def in_chunks(rows: Iterable[EventRow], spell: Callable[[EventRow], str]) -> Iterator[bytes]:
    """The text of each row, many rows to a chunk, in UTF-8."""
    texts: list[str] = []
    length = 0
    for row in rows:
        texts.append(spell(row))
        length += len(texts[-1])
        if length >= CHUNK_LENGTH:
            yield "".join(texts).encode()
            texts.clear()
            length = 0
    if texts:
        yield "".join(texts).encode()
