"""Several demos at once, and a demo beside a running `up`: each works, and none takes anything from another."""

import json
import shutil
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from indelible.cli.credentials import Credentials
from indelible.cli.stage import reserved, set_stage
from indelible.cli.wallet import Wallet
from indelible.embedded import EmbeddedServer

from .test_demo import Up, environment, run


@pytest.fixture
def server(folder: Path) -> Iterator[EmbeddedServer]:
    """A cluster of this test's own, for the demo's login roles belong to all databases of one."""
    server = EmbeddedServer(folder / "server", durable=False)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def up() -> Iterator[Up]:
    """An `indelible up` for all tests here, in a folder with a space in its name."""
    folder = Path(tempfile.mkdtemp(prefix="indelible-"))
    folder.chmod(0o711)
    running = Up(folder / "my data")
    try:
        assert running.ready(), running.process.communicate()
        yield running
    finally:
        running.process.terminate()
        running.process.communicate(timeout=30)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def told(up: Up) -> list[str]:
    """What that `up` has printed."""
    assert up.process.stdout is not None
    lines = [up.process.stdout.readline().rstrip("\n")]
    while not lines[-1].startswith("Running"):
        lines.append(up.process.stdout.readline().rstrip("\n"))
    return lines


def ask(up: Up, path: str, token: str = "", body: object = None) -> dict[str, Any]:
    """One request to the sample of that `up`; an answer other than success raises."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{up.port}{path}", data, headers)
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - our own server
        return dict(json.load(answer))


def in_turn(done: list["subprocess.CompletedProcess[str]"], words: str) -> None:
    """Check that both passed, one of them after it had waited and said so in one line."""
    assert [each.returncode for each in done] == [0, 0], [each.stderr + each.stdout for each in done]
    assert [each.stdout.count("All 11 scenes") for each in done] == [1, 1]
    first, second = sorted((each.stderr for each in done), key=len)
    assert first == "" and second.startswith(words) and second.count("\n") == 1


def test_two_demos_in_one_new_folder(folder: Path) -> None:
    """The second waits for the first, whose server it would else lose."""
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda _: run("demo", "--data-dir", folder / "data"), range(2)))
    in_turn(done, "Waiting for another command (process ")


def test_two_demos_on_one_database(folder: Path, server: EmbeddedServer) -> None:
    """Also from two folders, which know different passwords."""
    folders = [folder / "one", folder / "two"]
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda data: run("demo", "--data-dir", data, DATABASE_URL=server.dsn), folders))
    in_turn(done, "Waiting for another demo in this database")


def test_passwords_are_set_only_when_they_do_not_hold(folder: Path, server: EmbeddedServer) -> None:
    """Known and unchanged they stay; from another folder, or set by somebody else, each is set once more."""

    def passwords_set(data_dir: Path, dsn: str = server.dsn) -> int:
        with reserved(dsn) as admin_dsn, psycopg.connect(admin_dsn) as connection:
            wallet = Wallet(data_dir, embedded=False)
            wallet.put(set_stage(admin_dsn, wallet))
            query = "select count(*) from audit.audit_logs where action = 'IAM_PASSWORD_SET'"
            ((count,),) = connection.execute(query).fetchall()
            return int(count)

    assert passwords_set(folder / "one") == 6
    assert passwords_set(folder / "one") == 6
    assert passwords_set(folder / "two") == 12
    assert passwords_set(folder / "one") == 18
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute("select iam.set_password('bob', decode(repeat('00', 16), 'hex'), 8192, 1, 1, sha256(''))")
        assert passwords_set(folder / "one") == 20
        connection.execute("create database other")
    assert passwords_set(folder / "one", make_conninfo(server.dsn, dbname="other")) == 6
    assert passwords_set(folder / "one") == 20


def test_database_without_a_name(server: EmbeddedServer, folder: Path) -> None:
    """Where the URL names no database, the logins get the one that it means, not one of their own name."""
    nameless = server.dsn.removesuffix("/postgres")
    with reserved(nameless) as admin_dsn:
        credentials = set_stage(admin_dsn, Wallet(folder, embedded=False))
    for dsn in credentials.roles.values():
        psycopg.connect(dsn).close()


def test_a_demo_beside_up(up: Up) -> None:
    """It passes on the running server; who is logged in stays so, and credentials.json still says where `up` is."""
    before = Credentials.read(up.data_dir)
    alice = {"username": "alice", "password": before.users["alice"]}
    token = ask(up, "/v1/auth/login", body=alice)["token"]
    done = run("demo", "--data-dir", up.data_dir)
    assert (done.returncode, done.stderr) == (0, "") and "All 11 scenes" in done.stdout
    assert ask(up, "/v1/auth/me", token)["username"] == "alice"
    assert Credentials.read(up.data_dir) == before
    assert before.base_url == f"http://127.0.0.1:{up.port}"


def test_a_demo_elsewhere_beside_up(up: Up, server: EmbeddedServer) -> None:
    """In the folder of an `up`, another database is refused before it is touched."""
    done = run("demo", "--data-dir", up.data_dir, DATABASE_URL=server.dsn)
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and "choose another --data-dir" in done.stderr
    with psycopg.connect(server.dsn) as connection:
        assert connection.execute("select to_regnamespace('audit')::text").fetchone() == (None,)


def test_a_second_up_is_refused(up: Up) -> None:
    """One `up` in one folder: the sentence names the other's process."""
    done = run("up", "--port", 0, "--data-dir", up.data_dir)
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert f"Another `indelible up` (process {up.process.pid}) runs" in done.stderr


def test_printed_psql_lines_work(up: Up, told: list[str]) -> None:
    """Each login has one line that a shell runs as it stands."""
    lines = [line for line in told if line.startswith("PGPASSFILE=")]
    roles = Credentials.read(up.data_dir).roles
    assert len(lines) == len(roles) == 6
    for role, line in zip(roles, lines, strict=True):
        command = f"{line} -wAtc 'select session_user'"
        done = subprocess.run(
            ["/bin/sh", "-c", command], capture_output=True, text=True, env=environment(), check=False
        )
        assert (done.stdout, done.stderr) == (f"{role}\n", "")
