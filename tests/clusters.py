"""Clusters of our own for tests that upgrade, copy, recover and promote them."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

from indelible.embedded.account import server_account
from indelible.embedded.binaries import binaries_for
from indelible.embedded.cluster import create_cluster
from indelible.embedded.launch import launch_on_free_port
from indelible.embedded.place import find_place
from indelible.embedded.postmaster import clear_leftover
from indelible.embedded.process import ServerProcess
from indelible.embedded.state import ServerState

PASSWORD = "of-the-tests"


class Cluster:
    """A server of `version` in `folder`, which every account can pass through."""

    def __init__(self, folder: Path, version: str = "18") -> None:
        folder.mkdir(mode=0o711)
        folder.chmod(0o711)
        self.version = version
        self.place = find_place(folder)
        self.binaries = binaries_for(server_account(), version)
        self._process: ServerProcess | None = None
        self.port = 0

    @property
    def dsn(self) -> str:
        """Its superuser."""
        return ServerState("", PASSWORD, self.port).dsn

    def create(self) -> "Cluster":
        """A new cluster, with the locale that every version knows; started."""
        create_cluster(self.place, self.binaries, "16", PASSWORD, durable=False)
        return self.start()

    def start(self) -> "Cluster":
        """Run it, on any free port."""
        self._process, self.port = launch_on_free_port(self.place, self.binaries, None, durable=True)
        return self

    def stop(self) -> None:
        """Stop it, if it runs."""
        if self._process:
            self._process.stop()

    def kill(self) -> None:
        """Pull the plug; start it again afterwards."""
        assert self._process
        os.kill(self._process.pid or 0, signal.SIGKILL)
        assert self._process.wait(30)
        clear_leftover(self.place.cluster)

    def backup_of(self, other: "Cluster", *options: str) -> "Cluster":
        """This cluster becomes a copy of a running one; not started."""
        self._own_folder()
        self.run("pg_basebackup", "-D", str(self.place.cluster), "-d", other.dsn, "--checkpoint=fast", *options)
        return self

    def upgraded_from(self, other: "Cluster") -> "Cluster":
        """This cluster becomes `other`, stopped, by pg_upgrade."""
        create_cluster(self.place, self.binaries, "16", PASSWORD, durable=False)
        for folder in (self.place.cluster, other.place.cluster):
            (folder / "pg_hba.conf").write_text("local all all trust\n")
        self.run(
            "pg_upgrade", "-b", str(other.binaries / "bin"), "-B", str(self.binaries / "bin"),
            "-d", str(other.place.cluster), "-D", str(self.place.cluster),
            "-s", str(self.place.cluster), "-U", "postgres",
        )  # fmt: skip
        (self.place.cluster / "pg_hba.conf").write_text("host all all 127.0.0.1/32 scram-sha-256\n")
        return self.start()

    def restored_from(self, other: "Cluster") -> "Cluster":
        """This new cluster gets roles and database of a running one, by pg_dump."""
        self.create()
        roles = self.run("pg_dumpall", "--roles-only", "-d", other.dsn)
        statements = [
            line for line in roles.splitlines() if not line.startswith(("CREATE ROLE postgres", "ALTER ROLE postgres"))
        ]
        self.run("psql", "-q", "-d", self.dsn, "-v", "ON_ERROR_STOP=1", given="\n".join(statements))
        dump = self.run("pg_dump", "-d", other.dsn)
        self.run("psql", "-q", "-d", self.dsn, "-v", "ON_ERROR_STOP=1", given=dump)
        return self

    def write(self, name: str, text: str) -> None:
        """A file of the stopped cluster."""
        path = self.place.cluster / name
        with path.open("a") as file:
            file.write(text)
        if self.place.account:
            shutil.chown(path, self.place.account.uid, self.place.account.gid)

    def run(self, program: str, *arguments: str, given: str = "") -> str:
        """The output of one of PostgreSQL's programs, run as the server is."""
        return self._run(str(self.binaries / "bin" / program), *arguments, given=given)

    def _own_folder(self) -> None:
        self.place.cluster.mkdir(mode=0o700)
        if self.place.account:
            shutil.chown(self.place.cluster, self.place.account.uid, self.place.account.gid)

    def _run(self, *command: str, given: str = "") -> str:
        account = self.place.account
        done = subprocess.run(
            command, input=given, capture_output=True, text=True, check=False, cwd=self.place.cluster,
            user=account.uid if account else None, group=account.gid if account else None,
            extra_groups=[] if account else None,
            env={"HOME": str(self.place.home), "PATH": "/usr/bin:/bin", "LC_ALL": "C"},
        )  # fmt: skip
        assert done.returncode == 0, (command, done.stdout[-2000:], done.stderr[-2000:])
        return done.stdout
