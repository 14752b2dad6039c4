"""What is done to the spool's tables, each in the transaction of the caller and in its turn."""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from indelible.services.spool.records import AsideEvent, SpoolCounts, SpooledEvent
from indelible.services.spool.rows import checksum, identified, is_intact, moment, now

Connection = sqlite3.Connection
COLUMNS = "event_id, payload, spooled_at, checksum"
ASIDE_COLUMNS = f"{COLUMNS}, attempts, reason, set_aside_at"
BROKEN = "the record is damaged"
# What a row takes beside its payload, in bytes.
ROW_BYTES = 128
_PUT = f"""
insert into events ({COLUMNS}) select :event_id, :payload, :spooled_at, :checksum
where not exists (select 1 from aside where event_id = :event_id)
on conflict (event_id) do nothing
"""
# A clock that was set back, or that began anew with the host, is before the beginning of a hold: then there is none.
_CLAIMABLE = f"""
select position, coalesce(attempts, 0), {COLUMNS} from events left join holds using (position)
where held_from is null or :now < held_from or :now >= held_until
order by position limit :limit
"""
_LEASE = "insert or replace into holds values (?, ?, ?, ?, ?)"
_MINE = "select position, attempts from events join holds using (position) where event_id = ? and owner = ?"
_KEEP = f"""
insert into aside ({ASIDE_COLUMNS})
select {COLUMNS}, ?, ?, ? from events where position = ?
"""


class DamagedDatabase(Exception):
    """The database answers, but not what it must hold; the message says what is wrong."""


@dataclass(frozen=True)
class Holder:
    """Who claims: the `token` of this process, whether another one `is_alive`, and the time `now` that goes on."""

    token: str
    is_alive: Callable[[str], bool]
    now: float


def put(connection: Connection, events: Iterable[tuple[UUID, bytes]]) -> None:
    """Add those that are not there yet, not even aside."""
    added, spooled_at = 0, now()
    for event_id, payload in events:
        key = event_id.bytes
        values = {"event_id": key, "payload": payload, "spooled_at": spooled_at}
        values["checksum"] = checksum(key, payload, spooled_at)
        added += connection.execute(_PUT, values).rowcount
    _count(connection, added)


def claim(
    connection: Connection, holder: Holder, limit: int, lease_seconds: float
) -> tuple[list[SpooledEvent], list[UUID | None]]:
    """Lease the first events that nobody holds. Damaged ones are set aside instead; the second list names them."""
    _free_dead(connection, holder)
    rows = connection.execute(_CLAIMABLE, {"now": holder.now, "limit": limit}).fetchall()
    if not rows:
        _require_nothing_lost(connection)
    claimed, broken = [], []
    for position, attempts, *row in rows:
        if not is_intact(row):
            _keep(connection, position, attempts, BROKEN)
            broken.append(identified(row[0]))
            continue
        lease = (position, attempts + 1, holder.token, holder.now, holder.now + lease_seconds)
        connection.execute(_LEASE, lease)
        claimed.append(SpooledEvent(UUID(bytes=row[0]), row[1], attempts + 1, _required(moment(row[2]))))
    return claimed, broken


def done(connection: Connection, event_ids: Iterable[UUID]) -> None:
    """Remove events, whoever holds them."""
    for event_id in event_ids:
        row = connection.execute("select position from events where event_id = ?", (event_id.bytes,)).fetchone()
        if row is not None:
            _remove(connection, row[0])


def release(connection: Connection, holder: Holder, event_ids: Iterable[UUID], delay_seconds: float) -> None:
    """End leases of the holder's own; nobody gets the events before the delay is over."""
    for event_id in event_ids:
        for position, attempts in connection.execute(_MINE, (event_id.bytes, holder.token)).fetchall():
            hold = (position, attempts, None, holder.now, holder.now + delay_seconds)
            connection.execute(_LEASE, hold)


def set_aside(connection: Connection, holder: Holder, event_ids: Iterable[UUID], reason: str) -> None:
    """Keep events that the holder has leased where nobody claims them."""
    for event_id in event_ids:
        for position, attempts in connection.execute(_MINE, (event_id.bytes, holder.token)).fetchall():
            _keep(connection, position, attempts, reason)


def counts(connection: Connection, holder: Holder, damaged: int) -> SpoolCounts:
    """How much there is of everything; `damaged` is the number of files that were set aside."""
    held = "select owner, count(*) from holds where owner is not null and held_from <= ? and ? < held_until group by 1"
    owners = connection.execute(held, (holder.now, holder.now)).fetchall()
    leased = sum(count for owner, count in owners if holder.is_alive(owner))
    first = connection.execute("select spooled_at from events order by position limit 1").fetchone()
    return SpoolCounts(
        waiting=_number(connection, "select waiting from tally") - leased,
        leased=leased,
        set_aside=_number(connection, "select count(*) from aside"),
        bytes=used_bytes(connection),
        oldest=moment(first[0]) if first else None,
        damaged=damaged,
    )


def aside(connection: Connection) -> list[AsideEvent]:
    """What was set aside, in that order."""
    query = "select event_id, reason, attempts, spooled_at, set_aside_at from aside order by position"
    return [
        AsideEvent(identified(event_id), str(reason), int(attempts), moment(spooled_at), moment(set_aside_at))
        for event_id, reason, attempts, spooled_at, set_aside_at in connection.execute(query)
    ]


def take_back(connection: Connection) -> int:
    """Let all events wait again that were set aside and are not damaged; returns how many."""
    rows = connection.execute(f"select position, {COLUMNS} from aside order by position").fetchall()
    taken = 0
    for position, *row in rows:
        if is_intact(row):
            connection.execute("delete from aside where position = ?", (position,))
            taken += connection.execute(f"insert or ignore into events ({COLUMNS}) values (?, ?, ?, ?)", row).rowcount
    _count(connection, taken)
    return taken


def carry_over(connection: Connection, position: int, row: Sequence[Any]) -> bool:
    """Add an event from elsewhere, at its position if that is free; false if it is not intact or is there already."""
    if not is_intact(row) or _is_aside(connection, row[0]):
        return False
    for place in (position, None):
        query = f"insert or ignore into events (position, {COLUMNS}) values (?, ?, ?, ?, ?)"
        if connection.execute(query, (place, *row)).rowcount:
            _count(connection, 1)
            return True
    return False


def keep_over(connection: Connection, row: Sequence[Any]) -> None:
    """Add an event from elsewhere to those that are set aside, if it is intact and not there already."""
    if is_intact(row[:4]) and not _is_aside(connection, row[0]):
        connection.execute(f"insert or ignore into aside ({ASIDE_COLUMNS}) values (?, ?, ?, ?, ?, ?, ?)", row)


def _is_aside(connection: Connection, event_id: bytes) -> bool:
    found = connection.execute("select exists (select 1 from aside where event_id = ?)", (event_id,)).fetchone()
    return bool(found[0])


def used_bytes(connection: Connection) -> int:
    """Bytes of the database that are in use; what has become free is used again."""
    pages, free, size = (
        _number(connection, f"pragma {name}") for name in ("page_count", "freelist_count", "page_size")
    )
    return (pages - free) * size


def wasted_bytes(connection: Connection) -> int:
    """Bytes that have become free in a database in which nothing waits any more."""
    if _number(connection, "select exists (select 1 from events)"):
        return 0
    return _number(connection, "pragma freelist_count") * _number(connection, "pragma page_size")


def _free_dead(connection: Connection, holder: Holder) -> None:
    owners = connection.execute("select distinct owner from holds where owner is not null").fetchall()
    for (owner,) in owners:
        if not holder.is_alive(owner):
            connection.execute("update holds set owner = null, held_until = held_from where owner = ?", (owner,))


def _require_nothing_lost(connection: Connection) -> None:
    """Where no row is left, none must be missing: a tree of pages can lose a branch without an error."""
    there = _number(connection, "select exists (select 1 from events)")
    if not there and (missing := _number(connection, "select waiting from tally")):
        raise DamagedDatabase(f"{missing} events are missing from it")


def _keep(connection: Connection, position: int, attempts: int, reason: str) -> None:
    connection.execute(_KEEP, (attempts, reason, now(), position))
    _remove(connection, position)


def _remove(connection: Connection, position: int) -> None:
    removed = connection.execute("delete from events where position = ?", (position,)).rowcount
    connection.execute("delete from holds where position = ?", (position,))
    _count(connection, -removed)


def _count(connection: Connection, change: int) -> None:
    if connection.execute("update tally set waiting = waiting + ?", (change,)).rowcount != 1:
        raise DamagedDatabase("its tally is gone")


def _number(connection: Connection, query: str) -> int:
    row = connection.execute(query).fetchone()
    if row is None or type(row[0]) is not int:
        raise DamagedDatabase("its tally is gone")
    return int(row[0])


def _required(time: datetime | None) -> datetime:
    if time is None:
        raise DamagedDatabase("a time in it is none")
    return time
