"""Under which operating-system account PostgreSQL runs: it refuses root."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

from indelible.errors import EmbeddedError


@dataclass(frozen=True)
class Account:
    """An unprivileged account of this system: `name`, user id `uid`, group id `gid`."""

    name: str
    uid: int
    gid: int


def server_account() -> Account | None:
    """The account the server runs under when we are root, or None: the server runs under our own.

    Raises:
        EmbeddedError: root may not become that account (some containers).
    """
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        account = Account(name, entry.pw_uid, entry.pw_gid)
        if entry.pw_uid != 0:
            reaches(account, Path("/"))
            return account
    raise EmbeddedError("PostgreSQL refuses to run as root, and this system has neither a user postgres nor nobody.")


def reaches(account: Account | None, path: Path) -> bool:
    """Whether `account` can get to `path` and enter or execute it; the kernel is asked, so ACLs and mounts count."""
    if account is None:
        return os.access(path, os.X_OK)
    command = ["/bin/sh", "-c", 'test -x "$1"', "sh", str(path)]
    try:
        test = subprocess.run(
            command, user=account.uid, group=account.gid, extra_groups=[], cwd="/", check=False, capture_output=True
        )
    except (PermissionError, OSError) as error:
        message = f"PostgreSQL refuses to run as root, and root may not become {account.name} here ({error.strerror})."
        raise EmbeddedError(message) from error
    return test.returncode == 0
