"""The servers that are measured: packaged PostgreSQL, and Debian's where a peer exists only there. Same settings."""

import contextlib
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from indelible.embedded.account import server_account
from indelible.embedded.binaries import binaries_for
from indelible.embedded.cluster import create_cluster
from indelible.embedded.launch import launch_on_free_port
from indelible.embedded.place import find_place
from indelible.embedded.state import ServerState

# Checkpoints and vacuum happen between measurements, for every rival alike, and never by chance during one.
SETTINGS: Final = {
    "synchronous_commit": "off",
    "autovacuum": "off",
    "shared_buffers": "1GB",
    "max_wal_size": "16GB",
    "checkpoint_timeout": "1h",
}
CLIENT: Final = "bench_client"
DEBIAN: Final = Path("/usr/lib/postgresql")


@dataclass(frozen=True)
class Server:
    """A running server: its superuser's DSN, the process id of its postmaster, its log file, the clients' password."""

    admin_dsn: str
    pid: int
    log: Path
    password: str

    def admin(self, database: str) -> str:
        """DSN of the superuser for one database."""
        return make_conninfo(self.admin_dsn, dbname=database)

    def client(self, database: str, login: str = CLIENT) -> str:
        """DSN of a login that owns nothing; no superuser ever changes a row that is measured."""
        return make_conninfo(self.admin_dsn, dbname=database, user=login, password=self.password)

    def execute(self, database: str, statements: str) -> None:
        """SQL of the superuser's, outside of any measurement."""
        with psycopg.connect(self.admin(database), autocommit=True) as connection:
            connection.execute(statements.encode())

    def make_login(self, name: str, *groups: str) -> None:
        """A login with the rights of these groups, and nothing else."""
        with psycopg.connect(self.admin_dsn) as connection:
            role = sql.Identifier(name)
            connection.execute(sql.SQL("create role {} login password {}").format(role, sql.Literal(self.password)))
            for group in groups:
                connection.execute(sql.SQL("grant {} to {}").format(sql.Identifier(group), role))


def packaged(version: str) -> Path:
    """The packaged server's programs."""
    return binaries_for(server_account(), version)


def debian_with(library: str) -> Path | None:
    """The newest of Debian's servers that has this library, or None."""
    found = [home for home in DEBIAN.glob("*") if (home / "lib" / f"{library}.so").is_file()]
    return max(found, key=lambda home: int(home.name), default=None)


@contextlib.contextmanager
def running(binaries: Path, *, durable: bool, settings: Mapping[str, str]) -> Iterator[Server]:
    """A new server of these programs under SETTINGS and `settings`, gone with all its data at the end of the block.

    Not `durable` gives up crash safety: no figures come from that.
    """
    with tempfile.TemporaryDirectory(prefix="indelible-bench-") as folder:
        Path(folder).chmod(0o711)
        place, state = find_place(Path(folder) / "data"), ServerState.new("")
        # The locale that every version knows, packaged or not.
        create_cluster(place, binaries, "16", state.password, durable=durable)
        with (place.cluster / "postgresql.auto.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in {**SETTINGS, **settings}.items())
        process, port = launch_on_free_port(place, binaries, None, durable=durable)
        try:
            dsn = ServerState("", state.password, port).dsn
            yield Server(dsn, process.pid or 0, place.log, secrets.token_urlsafe(18))
        finally:
            process.stop()
