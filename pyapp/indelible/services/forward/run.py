"""Forwarding for as long as a process runs: a receiver or a database that is away is waited for, and told of once."""

import contextlib
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from threading import Event
from typing import Any, Final

import psycopg

from indelible.db.outage import is_outage
from indelible.db.session import connect
from indelible.errors import ConfigurationError, DatabaseUnreachable
from indelible.queries import QUERIES
from indelible.services.export.row import EventRow
from indelible.services.forward.message import Sealed
from indelible.services.forward.position import Position, PositionFile
from indelible.services.forward.receiver import NotDelivered, Receiver

BATCH: Final = 500
POLL_SECONDS: Final = 0.5
OUTAGE_SECONDS: Final = 1.0
SHORTEST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 60.0

OTHER_LOG: Final = "The log here is {}, but {} was forwarded: remove {} to forward this one from its beginning."
SHORTER_LOG: Final = (
    "{} leaves were forwarded, but the log has {}: was the database restored? Adopt it with `indelible seal --adopt`, "
    "and remove {} to forward it from its beginning."
)
Tell = Callable[[str], None]


@dataclass
class Forwarder:
    """Forwards what is sealed in the database of `dsn` to `receiver`, from the position in `file` on."""

    dsn: str
    receiver: Receiver
    file: PositionFile
    tell: Tell
    count: int = field(default=0, init=False)
    """Events delivered so far."""
    waiting: int = field(default=0, init=False)
    """Leaves that are sealed and not delivered."""

    def run(self, stop: Event) -> None:
        """Forward until `stop` is set.

        Raises:
            ConfigurationError: another log is here than the one that was forwarded, or the login may not read it.
        """
        told = False
        with contextlib.closing(self.receiver):
            while not stop.is_set():
                try:
                    with contextlib.closing(connect(self.dsn)) as connection:
                        connection.cursor_factory = psycopg.RawCursor
                        told = False
                        self._follow(connection, stop)
                except (DatabaseUnreachable, psycopg.Error) as error:
                    if not is_outage(error):
                        raise
                    if not told:
                        self.tell("The database cannot be reached. Forwarding waits for it.")
                        told = True
                    stop.wait(OUTAGE_SECONDS)

    def _follow(self, connection: psycopg.Connection[Any], stop: Event) -> None:
        while not stop.is_set():
            if not self._step(connection, stop):
                stop.wait(POLL_SECONDS)

    def _step(self, connection: psycopg.Connection[Any], stop: Event) -> bool:
        """Deliver the next batch, if there is one."""
        head = connection.execute(QUERIES["sealed_log"].encode()).fetchone()
        if head is None:
            return False
        origin, size = head
        position = self._position(origin, size)
        self.waiting = size - position.leaf
        if not self.waiting:
            return False
        batch = list(_sealed(connection, position.leaf))
        if not batch or not self._deliver(batch, stop):
            return False
        self.file.write(Position(origin, batch[-1].leaf + 1))
        self.waiting = size - batch[-1].leaf - 1
        return True

    def _position(self, origin: str, size: int) -> Position:
        position = self.file.read() or Position(origin, 0)
        if position.origin != origin:
            raise ConfigurationError(OTHER_LOG.format(origin, position.origin, self.file.path))
        if position.leaf > size:
            raise ConfigurationError(SHORTER_LOG.format(position.leaf, size, self.file.path))
        return position

    def _deliver(self, batch: list[Sealed], stop: Event) -> bool:
        """Deliver `batch`, however often it takes; false if stopped before."""
        told, pause = "", SHORTEST_PAUSE
        while not stop.is_set():
            try:
                self.receiver.deliver(batch)
            except NotDelivered as refusal:
                if str(refusal) != told:
                    told = str(refusal)
                    self.tell(f"Not delivered: {told}. It is tried again until it is.")
                stop.wait(max(pause * random.uniform(0.5, 1.0), refusal.retry_after))  # noqa: S311  # spreads the load
                pause = min(pause * 2, LONGEST_PAUSE)
            else:
                if told:
                    self.tell("Delivered again.")
                self.count += sum(sealed.event is not None for sealed in batch)
                return True
        return False


def _sealed(connection: psycopg.Connection[Any], from_leaf: int) -> Iterator[Sealed]:
    cursor = connection.cursor(binary=True)
    for leaf, *event in cursor.execute(QUERIES["sealed_events"].encode(), (from_leaf, BATCH)):
        yield Sealed(leaf, EventRow._make(event) if event[0] is not None else None)
