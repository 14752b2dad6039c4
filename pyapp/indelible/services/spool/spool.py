"""The spool: what processes, threads and forks call; turns, transactions and what to do when the disk refuses."""

import json
import logging
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Self, TypeVar
from uuid import UUID

from indelible.errors import SpoolError
from indelible.services.spool import fork, table
from indelible.services.spool.database import SQLITE_ERRORS
from indelible.services.spool.desk import Desk
from indelible.services.spool.fault import Fault, fault_of
from indelible.services.spool.folder import reserve_for
from indelible.services.spool.owner import Owner, is_alive
from indelible.services.spool.records import AsideEvent, Damage, SpoolCounts, SpooledEvent
from indelible.services.spool.table import DamagedDatabase, Holder
from indelible.services.spool.turn import WAIT_SECONDS

T = TypeVar("T")
_log = logging.getLogger("indelible.audit")
# A damaged file, a full disk, and once more each for what comes after them.
_ATTEMPTS = 4
_NOBODY = ""
# What an empty database may keep of the disk.
_WASTE_BYTES = 16 * 1024 * 1024


class Spool:
    """The spool in one folder. Every method blocks, for the disk and, at most `WAIT_SECONDS`, for its turn.

    Each raises SpoolError, and nothing else, when it could not do what it says; then it has done nothing of it.
    """

    def __init__(self, folder: Path, max_bytes: int, on_damage: Callable[[Damage], None] | None) -> None:
        self._path = folder.absolute()
        self._max_bytes = max_bytes
        self._on_damage = on_damage
        self._mutex = threading.Lock()
        self._desk: Desk | None = None
        self._owner: Owner | None = None
        self._closed = False
        fork.follow(self)

    @classmethod
    def open(cls, folder: Path, *, max_bytes: int, on_damage: Callable[[Damage], None] | None = None) -> Self:
        """The spool in `folder`, which is made on first use.

        Args:
            folder: on a local disk; for its owner alone.
            max_bytes: nothing is taken in beyond that.
            on_damage: told, after the log, of each file or record that was found damaged and kept aside.
        """
        spool = cls(folder, max_bytes, on_damage)
        spool._work(lambda _desk, _connection: None)
        return spool

    def close(self) -> None:
        """End the leases of this process and close the files."""
        with self._mutex:
            self._closed = True
            self._leave()

    def put(self, events: Sequence[tuple[UUID, bytes]]) -> None:
        """Keep these events, all or none; on disk when it returns. Ids that are there already are not kept twice."""

        def work(desk: Desk, connection: sqlite3.Connection) -> None:
            desk.folder.keep_reserve(reserve_for(self._max_bytes))
            needed = sum(len(payload) + table.ROW_BYTES for _, payload in events)
            if table.used_bytes(connection) + needed > self._max_bytes:
                raise SpoolError(f"The spool in {self._path} is full: it may hold {self._max_bytes} bytes.")
            table.put(connection, events)

        self._work(work, spend_reserve=False)

    def claim(self, limit: int, lease_seconds: float) -> list[SpooledEvent]:
        """The first events that nobody holds, in order of arrival.

        They are this process's as long as it lives, at most `lease_seconds`; what is not `done` then is anybody's.
        """

        def work(desk: Desk, connection: sqlite3.Connection) -> tuple[list[SpooledEvent], list[UUID | None]]:
            self._owner = self._owner or Owner(desk.folder.handle)
            return table.claim(connection, self._holder(desk), limit, lease_seconds)

        claimed, broken = self._work(work)
        for event_id in broken:
            self._report(Damage(table.BROKEN, event_id=event_id))
        return claimed

    def done(self, event_ids: Iterable[UUID]) -> None:
        """Forget events that are on record, whoever holds them."""
        found = list(event_ids)

        def work(desk: Desk, connection: sqlite3.Connection) -> bool:
            table.done(connection, found)
            wasted = table.wasted_bytes(connection)
            # Nor has anything else room on a small disk that this file has filled.
            is_scarce = desk.folder.free_bytes() < reserve_for(self._max_bytes)
            return wasted > _WASTE_BYTES or (wasted > 0 and is_scarce)

        if self._work(work):
            with self._turn() as desk:
                desk.shrink()

    def release(self, event_ids: Iterable[UUID], delay_seconds: float) -> None:
        """Give back events of this process; nobody can claim them for `delay_seconds`."""
        found = list(event_ids)
        self._work(lambda desk, connection: table.release(connection, self._holder(desk), found, delay_seconds))

    def set_aside(self, event_ids: Iterable[UUID], reason: str) -> None:
        """Keep events of this process where nobody claims them, with the reason."""
        found = list(event_ids)
        self._work(lambda desk, connection: table.set_aside(connection, self._holder(desk), found, reason))

    def counts(self) -> SpoolCounts:
        """How much there is of everything."""

        def work(desk: Desk, connection: sqlite3.Connection) -> SpoolCounts:
            return table.counts(connection, self._holder(desk), len(desk.folder.damaged()))

        return self._work(work)

    def aside(self) -> list[AsideEvent]:
        """What is set aside, in that order, without what it says."""
        return self._work(lambda _, connection: table.aside(connection))

    def damaged(self) -> list[Path]:
        """The database files that were set aside, oldest first."""
        return self._work(lambda desk, _: desk.folder.damaged())

    def take_back(self) -> int:
        """Let what is set aside wait again, unless it is damaged; how many events that are."""
        return self._work(lambda _, connection: table.take_back(connection))

    @contextmanager
    def closed_for_fork(self) -> Iterator[None]:
        """Nothing of this process is open meanwhile but its own lock."""
        with self._mutex:
            self._close_desk()
            yield

    def begin_as_child(self) -> None:
        """This process has been forked: it holds nothing of what the other one holds."""
        if self._owner is not None:
            self._owner.forget()
            self._owner = None

    def _work(self, work: Callable[[Desk, sqlite3.Connection], T], *, spend_reserve: bool = True) -> T:
        reports: list[Damage] = []
        try:
            with self._turn() as desk:
                try:
                    return self._attempt(desk, work, spend_reserve=spend_reserve)
                finally:
                    reports, desk.reports = desk.reports, []
        finally:
            for damage in reports:
                self._report(damage)

    def _attempt(self, desk: Desk, work: Callable[[Desk, sqlite3.Connection], T], *, spend_reserve: bool) -> T:
        for _ in range(_ATTEMPTS):
            try:
                with desk.transaction() as connection:
                    return work(desk, connection)
            except (*SQLITE_ERRORS, DamagedDatabase, OSError) as error:
                self._mend(desk, error, spend_reserve=spend_reserve)
        raise self._refusal(Fault.DAMAGED)

    def _mend(self, desk: Desk, error: Exception, *, spend_reserve: bool) -> None:
        """Do what makes another attempt worthwhile; SpoolError if there is nothing to do."""
        try:
            fault = fault_of(error, desk.database(), desk.folder.free_bytes())
            if fault is Fault.DAMAGED:
                return desk.set_aside(str(error))
            if fault is Fault.FULL and spend_reserve and desk.folder.spend_reserve():
                return None
        except OSError:
            fault = Fault.UNWRITABLE
        raise self._refusal(fault) from error

    def _refusal(self, fault: Fault) -> SpoolError:
        return SpoolError(f"The spool in {self._path} cannot be used: {fault.value}.")

    @contextmanager
    def _turn(self) -> Iterator[Desk]:
        deadline = monotonic() + WAIT_SECONDS
        if not self._mutex.acquire(timeout=WAIT_SECONDS):
            raise SpoolError(f"The spool in {self._path} is busy: other threads are before this one.")
        try:
            desk = self._open_desk()
            with desk.turn.taken(deadline):
                yield desk
        finally:
            self._mutex.release()

    def _open_desk(self) -> Desk:
        if self._closed:
            raise SpoolError(f"The spool in {self._path} is closed.")
        if self._desk is not None and not self._desk.folder.is_there():
            self._leave()
        self._desk = self._desk or Desk(self._path)
        return self._desk

    def _close_desk(self) -> None:
        desk, self._desk = self._desk, None
        if desk is not None:
            desk.close()

    def _leave(self) -> None:
        owner, self._owner = self._owner, None
        if owner is not None:
            owner.end()
        self._close_desk()

    def _holder(self, desk: Desk) -> Holder:
        token = self._owner.token if self._owner else _NOBODY
        return Holder(token, partial(is_alive, desk.folder.handle), monotonic())

    def _report(self, damage: Damage) -> None:
        line = {"event": "audit_spool_damaged", "folder": str(self._path), **asdict(damage)}
        _log.error("%s", json.dumps({name: value for name, value in line.items() if value is not None}, default=str))
        if self._on_damage is not None:
            self._on_damage(damage)
