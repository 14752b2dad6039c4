"""One rival's database for one round: cloned from its template, so that every log starts empty, whoever's it is."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import psycopg
from psycopg import sql

from tests.bench.rivals import ENTITY, LOG, SERVER_LOG, Rival
from tests.bench.server import CLIENT

# Everything that has grown besides the bookings: tables, their TOAST and indexes.
GROWN: Final = """
select coalesce(sum(pg_total_relation_size(oid)), 0)::bigint from pg_class
where relkind in ('r', 'm') and oid <> 'public.bookings'::regclass
  and relnamespace not in ('pg_catalog'::regnamespace, 'pg_toast'::regnamespace, 'information_schema'::regnamespace)
"""
# What pgaudit writes for each statement that touches the table.
SERVER_LOG_ENTRY: Final = b"AUDIT: OBJECT"


@dataclass(frozen=True)
class Stage:
    """A rival's database `name`, with a superuser's connection that only looks and tidies up.

    `past` is the last event in our log before anything was measured.
    """

    name: str
    rival: Rival
    admin: psycopg.Connection
    past: int = 0

    @property
    def client_dsn(self) -> str:
        """For everything that is measured."""
        return self.rival.server.client(self.name, CLIENT)

    def settle(self) -> None:
        """Vacuum, statistics and a checkpoint: nothing that is left over runs during the next measurement."""
        self.admin.execute("vacuum (analyze)")
        self.admin.execute("checkpoint")

    def first_id(self) -> int:
        """The lowest id of the bookings."""
        return self._number("select min(id) from public.bookings")

    def recorded(self) -> int:
        """How many changes are on record, ever since the template was made."""
        if self.rival.log == SERVER_LOG:
            return self.rival.server.log.read_bytes().count(SERVER_LOG_ENTRY)
        return self._number(f"select count(*) from {self.rival.log}") if self.rival.log else 0

    def log_bytes(self) -> int:
        """Bytes of everything but the bookings, the server's own log included."""
        return self._number(GROWN) + self.rival.server.log.stat().st_size

    def last_event(self) -> int:
        """The id of the newest event in our log, 0 without one."""
        return self._number(f"select max(id) from {self.rival.log}") if self.rival.log == LOG else 0

    def require_proof(self, proof: str) -> None:
        """Holds that every change on record is proven exactly so far.

        Raises:
            WrongProofError: some are not.
        """
        wrong = f"id > {self.past} and entity_type = '{ENTITY}' and actor_proof <> '{proof}'"
        if self._number(f"select count(*) from {LOG} where {wrong}"):
            raise WrongProofError(f"{self.name}: not every change is on record as {proof}")

    def _number(self, query: str) -> int:
        row = self.admin.execute(query.encode()).fetchone()
        return int(row[0]) if row else 0


class IncompleteLogError(Exception):
    """A rival did not record what it was measured at: its figures would be worth nothing."""


class WrongProofError(Exception):
    """Something else was measured than the table says."""


@contextlib.contextmanager
def stage(rival: Rival, name: str = "") -> Iterator[Stage]:
    """A fresh database of the rival's, named like it unless said otherwise; dropped at the end of the block."""
    name = name or rival.name
    database = sql.Identifier(name)
    with psycopg.connect(rival.server.admin_dsn, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {} template {}").format(database, sql.Identifier(rival.template)))
        try:
            with psycopg.connect(rival.server.admin(name), autocommit=True) as admin:
                yield Stage(name, rival, admin, Stage(name, rival, admin).last_event())
        finally:
            connection.execute(sql.SQL("drop database {} with (force)").format(database))


@contextlib.contextmanager
def complete(place: Stage, changes: int) -> Iterator[None]:
    """Holds that a rival which claims to record has recorded exactly so many changes at the end of the block.

    Raises:
        IncompleteLogError: fewer, or more.
    """
    before = place.recorded()
    yield
    found = place.recorded() - before
    if place.rival.log and found != changes:
        raise IncompleteLogError(f"{place.name}: {found} of {changes} changes are on record")
