"""A real PgBouncer in transaction mode in front of a test server, where Debian's package (or another) is installed."""

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from indelible.embedded.account import server_account


@contextmanager
def bouncing(*dsns: str, servers: int) -> Iterator[list[str]]:
    """`dsns` as they lead through a PgBouncer that has `servers` connections for each of these logins."""
    account = server_account()
    with tempfile.TemporaryDirectory(dir="/tmp") as name, socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
        reserved.close()
        configuration = _configure(Path(name), [conninfo_to_dict(dsn) for dsn in dsns], port, servers)
        if account is not None:
            for path in (Path(name), *Path(name).iterdir()):
                shutil.chown(path, account.uid, account.gid)
        command = [shutil.which("pgbouncer") or "/usr/sbin/pgbouncer", "-q", str(configuration)]
        ids = {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}
        process = subprocess.Popen(command, cwd="/", stderr=subprocess.PIPE, **ids)  # type: ignore[call-overload]
        try:
            through = [make_conninfo(dsn, host="127.0.0.1", port=port) for dsn in dsns]
            _await(through[0], process)
            yield through
        finally:
            process.terminate()
            process.communicate(timeout=20)


def _configure(folder: Path, parts: list[dict[str, Any]], port: int, servers: int) -> Path:
    users = folder / "users.txt"
    users.write_text("".join('"{user}" "{password}"\n'.format(**part) for part in parts))
    configuration = folder / "pgbouncer.ini"
    configuration.write_text(
        "[databases]\n{dbname} = host={host} port={port}\n".format(**parts[0])
        + f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = scram-sha-256\n"
        f"auth_file = {users}\npool_mode = transaction\ndefault_pool_size = {servers}\nmax_client_conn = 200\n"
    )
    for path in (users, configuration):
        path.chmod(0o600)
    return configuration


def _await(dsn: str, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(200):
        try:
            psycopg.connect(dsn, connect_timeout=2, prepare_threshold=None).close()
        except psycopg.OperationalError:
            assert process.poll() is None, process.communicate()[1].decode()
            time.sleep(0.05)
        else:
            return
    raise AssertionError("PgBouncer did not start in ten seconds.")
