"""The credentials of one database, in a data directory that several databases may use in turn.

credentials.json belongs to the database that was set up last; those of the others lie beside it.
"""

import hashlib
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from indelible.cli.credentials import Credentials
from indelible.embedded.lock import Lock
from indelible.errors import ConfigurationError

DEFAULTS = {"host": ("PGHOST", ""), "port": ("PGPORT", "5432"), "dbname": ("PGDATABASE", "")}


def up_lock(data_dir: Path) -> Lock:
    """What an `up` holds for as long as it runs; asked for by who is alone in the data directory."""
    return Lock(data_dir / "up.lock")


def up_runs(data_dir: Path) -> bool:
    """Whether an `up` of another process uses this data directory."""
    lock = up_lock(data_dir)
    free = lock.acquire()
    lock.release()
    return not free


@dataclass(frozen=True)
class Wallet:
    """Credentials in `data_dir`: for its `embedded` server or not, `beside_up` that of another process or not."""

    data_dir: Path
    embedded: bool
    beside_up: bool = False

    def take(self, admin_dsn: str) -> Credentials:
        """Those of this database, empty ones if there are none.

        Raises:
            ConfigurationError: an `up` is running with those of another database.
        """
        known = Credentials.read(self.data_dir)
        if self._same(known.admin_dsn, admin_dsn):
            return known
        if known.admin_dsn and self.beside_up:
            raise ConfigurationError(
                f"An `indelible up` runs with the data directory {self.data_dir} on another database: "
                "choose another --data-dir."
            )
        aside = (
            Credentials.read(self.data_dir, path.name) for path in sorted(self.data_dir.glob("credentials.*.json"))
        )
        found = (other for other in aside if self._same(other.admin_dsn, admin_dsn))
        return next(found, Credentials() if known.admin_dsn else known)

    def put(self, credentials: Credentials) -> Path:
        """Write them to credentials.json; a running `up` keeps its base_url, another database its own credentials."""
        known = Credentials.read(self.data_dir)
        if self.beside_up:
            credentials = replace(credentials, base_url=known.base_url)
        if known.admin_dsn and not self._same(known.admin_dsn, credentials.admin_dsn):
            aside = f"credentials.{address_digest(known.admin_dsn)}.json"
            (self.data_dir / "credentials.json").rename(self.data_dir / aside)
        return credentials.write(self.data_dir)

    def _same(self, known: str, asked: str) -> bool:
        """Whether both name one database. Our own server may change its port, but never its generated password."""
        if self.embedded:
            one, other = _parts(known), _parts(asked)
            return all(one.get(name) == other.get(name) for name in ("password", "dbname"))
        return bool(known) and _address(known) == _address(asked)


def address_digest(dsn: str) -> str:
    """A word for where a database is, to name files by."""
    return hashlib.sha256(repr(_address(dsn)).encode()).hexdigest()[:16]


def _parts(dsn: str) -> dict[str, Any]:
    try:
        return conninfo_to_dict(dsn)
    except psycopg.ProgrammingError:  # edited by hand: it names nothing
        return {"host": dsn}


def _address(dsn: str) -> list[str]:
    parts = _parts(dsn)
    given = {
        "host": parts.get("host") or parts.get("hostaddr"),
        "port": parts.get("port"),
        "dbname": parts.get("dbname"),
    }
    return [str(given[name] or os.environ.get(*default)) for name, default in DEFAULTS.items()]
