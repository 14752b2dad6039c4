"""Where an embedded server lives: in the data directory, or, if its account cannot get there, in a system folder."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from indelible.embedded.account import Account, reaches, server_account
from indelible.embedded.binaries import SYSTEM_FOLDER
from indelible.embedded.files import make_folder, own_folder, write_private
from indelible.embedded.lock import locked


@dataclass(frozen=True)
class Place:
    """The data directory the user named, the `home` of the server's files, and the account the server runs under."""

    data_dir: Path
    home: Path
    account: Account | None

    @property
    def cluster(self) -> Path:
        """PostgreSQL's own data directory, mode 0700, owned by the server's account."""
        return self.home / "postgresql"

    @property
    def configuration(self) -> Path:
        """Our configuration; outside of `cluster`, so that root never writes where another account may."""
        return self.home / "postgresql.conf"

    @property
    def log(self) -> Path:
        """The server's log, mode 0600."""
        return self.home / "postgresql.log"

    @property
    def state(self) -> Path:
        """How to connect: the superuser's password, port, version; mode 0600."""
        return self.home / "server.json"

    @property
    def lock(self) -> Path:
        """Locked by the process that runs the server."""
        return self.home / "server.lock"


def find_place(data_dir: Path) -> Place:
    """Make `data_dir` if it is missing, and decide where its server lives.

    Raises:
        EmbeddedError: the folder cannot be written, belongs to somebody else, others may write to it, or it is a link.
    """
    account = server_account()
    data_dir = make_folder(Path(os.path.abspath(data_dir)))  # noqa: PTH100 - resolve() would follow links
    with own_folder(data_dir):
        home = data_dir if account is None or reaches(account, data_dir) else _system_home(data_dir)
    return Place(data_dir, home, account)


def _system_home(data_dir: Path) -> Path:
    """The system folder that `data_dir` points to with its file `place`, made on first use and never removed.

    Whoever removes the data directory gets a new one next time; a data directory that was only away finds its own.
    """
    mark = data_dir / "place"
    with locked(data_dir):  # two first starts at once agree on one folder
        if mark.is_file():
            home = Path(mark.read_text().strip())
            if home.parent == SYSTEM_FOLDER and home.is_dir():
                return home
        home = make_folder(make_folder(SYSTEM_FOLDER) / secrets.token_hex(16))
        write_private(mark, f"{home}\n")
    return home
