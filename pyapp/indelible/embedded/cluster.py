"""Make a database cluster with initdb, and look into an existing one."""

import os
import secrets
import shutil
import subprocess
from pathlib import Path

from indelible.embedded.place import Place
from indelible.errors import EmbeddedError

SUPERUSER = "postgres"

# The same order and case of text on every machine. PostgreSQL 16 has no provider of its own for that.
LOCALES = {
    "16": [["--locale=C.UTF-8"], ["--locale=C"]],
    "18": [["--locale-provider=builtin", "--locale=C", "--builtin-locale=C.UTF-8"]],
}


def existing_version(cluster: Path) -> str | None:
    """The major version of the cluster in this folder, or None if there is none."""
    try:
        return (cluster / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise EmbeddedError(f"The data directory {cluster} cannot be read: {error.strerror}.") from error


def create_cluster(place: Place, binaries: Path, version: str, password: str, *, durable: bool) -> None:
    """Make the cluster of `place`, where nothing is trusted and the superuser has `password`.

    It appears under its name only when it is whole: an interrupted run leaves nothing behind that a later one finds.
    """
    for arguments in LOCALES[version]:
        unfinished = place.home / "postgresql.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        _give(unfinished, place)
        done = _initdb(place, binaries, unfinished, [*arguments, *([] if durable else ["--no-sync"])], password)
        if done.returncode == 0:
            unfinished.rename(place.cluster)
            return
    shutil.rmtree(unfinished, ignore_errors=True)
    raise EmbeddedError(f"PostgreSQL's initdb failed: {(done.stdout.strip().splitlines() or ['no output'])[-1]}")


def _initdb(
    place: Place, binaries: Path, cluster: Path, arguments: list[str], password: str
) -> subprocess.CompletedProcess[str]:
    account, password_file = place.account, place.home / f"initdb-{secrets.token_hex(8)}"
    handle = os.open(password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        os.write(handle, password.encode())
        os.close(handle)
        _give(password_file, place)
        return subprocess.run(
            [
                str(binaries / "bin" / "initdb"),
                f"--pgdata={cluster}",
                f"--username={SUPERUSER}",
                f"--pwfile={password_file}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--data-checksums",
                *arguments,
            ],
            env={"HOME": str(place.home), "PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            cwd="/",
            check=False,
            umask=0o077,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
    finally:
        password_file.unlink(missing_ok=True)


def _give(path: Path, place: Place) -> None:
    if place.account is not None:
        os.chown(path, place.account.uid, place.account.gid)
