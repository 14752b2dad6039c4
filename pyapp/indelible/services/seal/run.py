"""Sealing for as long as a process runs: one sealer leads, others wait, and a database that is away is waited for."""

import contextlib
from collections.abc import Callable
from threading import Event

import psycopg

from indelible.db.outage import is_outage
from indelible.db.session import connect
from indelible.errors import DatabaseUnreachable
from indelible.services.seal.folder import SealerFolder
from indelible.services.seal.sealer import Sealer
from indelible.services.seal.store import Store

PAUSE_SECONDS = 0.2
LEAD_SECONDS = 1.0
OUTAGE_SECONDS = 1.0
# Somebody adopted the log or sealed in our place meanwhile: look at it anew.
OUT_OF_STEP = ("ID014", "40001", "23505")

Tell = Callable[[str], None]


def seal_until(stop: Event, dsn: str, folder: SealerFolder, origin: str, tell: Tell) -> None:
    """Seal the database of `dsn` until `stop` is set; a log that begins is named `origin`. `tell` says changes.

    Raises:
        SealRefused: the log is not the one that was signed.
        ConfigurationError: the DSN or the keys cannot be read.
    """
    while not stop.is_set():
        try:
            with contextlib.closing(connect(dsn)) as connection:
                store = Store(connection)
                if wait_to_lead(store, stop, tell):
                    _seal(Sealer(store, folder), origin, stop, tell)
        except DatabaseUnreachable as error:
            tell(f"{error} The sealer tries again.")
            stop.wait(OUTAGE_SECONDS)
        except psycopg.Error as error:
            if not is_outage(error) and error.sqlstate not in OUT_OF_STEP:
                raise
            stop.wait(OUTAGE_SECONDS)


def wait_to_lead(store: Store, stop: Event, tell: Tell) -> bool:
    """Wait until no other sealer leads; false if stopped before."""
    told = False
    while not store.try_to_lead():
        if not told:
            tell("Another sealer leads; this one waits.")
            told = True
        if stop.wait(LEAD_SECONDS):
            return False
    return not stop.is_set()


def _seal(sealer: Sealer, origin: str, stop: Event, tell: Tell) -> None:
    sealer.start(origin)
    tell(f"Sealing the log {sealer.origin}, {sealer.size} leaves so far.")
    while not stop.is_set():
        if sealer.step():
            stop.wait(PAUSE_SECONDS)
