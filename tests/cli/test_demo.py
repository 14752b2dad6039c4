"""`indelible demo` and `indelible up`: from nothing to a working system, and nothing left behind."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from indelible.cli.demo.scene import Scene

INDELIBLE = [sys.executable, "-m", "indelible"]


def environment(**more: str) -> dict[str, str]:
    """The environment without any database or setting in it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("INDELIBLE_", "DATABASE_", "PG"))}
    return kept | {"COLUMNS": "100"} | more


def run(*arguments: object, **more: str) -> subprocess.CompletedProcess[str]:
    command = [*INDELIBLE, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment(**more), check=False)


def processes_using(folder: Path) -> list[str]:
    """Command lines that name the folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in line:
            found.append(line)
    return found


@pytest.fixture
def data_dir(folder: Path) -> Path:
    """A data directory that does not exist yet."""
    return folder / "data"


def test_the_demo_plays_eleven_scenes_and_leaves(data_dir: Path) -> None:
    """Exit code 0, all eleven scenes kept, twice in one data directory, and no process afterwards."""
    for _ in range(2):
        done = run("demo", "--data-dir", data_dir, "--json")
        assert done.returncode == 0, done.stderr
        played = json.loads(done.stdout)
        assert played["ok"] and [scene["ok"] for scene in played["scenes"]] == [True] * 11
        assert processes_using(data_dir) == []


def test_the_demo_is_a_pleasure_to_read(data_dir: Path) -> None:
    """A person sees each scene, its records and the verdict; no password and no token."""
    done = run("demo", "--data-dir", data_dir)
    assert done.returncode == 0, done.stderr
    for part in ("AUTH_LOGIN_SUCCEEDED", "RBAC_ROLE_MISSING", "ftms.booking.create", "refused: 42501", "All 11 scenes"):
        assert part in done.stdout
    credentials = json.loads((data_dir / "credentials.json").read_text())
    secrets = [*credentials["users"].values(), *credentials["api_keys"].values()]
    assert not [secret for secret in secrets if secret in done.stdout]


def test_the_demo_on_ones_own_server(server_dsn: str, data_dir: Path) -> None:
    """With DATABASE_URL nothing is embedded, and the scenes are the same."""
    name = f"demo_{os.getpid()}"
    with psycopg.connect(server_dsn, autocommit=True) as admin:
        admin.execute(f"create database {name} template template0 encoding 'UTF8'".encode())
        try:
            done = run("demo", "--json", "--data-dir", data_dir, DATABASE_URL=make_conninfo(server_dsn, dbname=name))
            assert done.returncode == 0, done.stderr + done.stdout
            assert not (data_dir / "postgresql").exists()
        finally:
            admin.execute(f"drop database {name} with (force)".encode())
            for role in ("ftms_api", "ftms_audit", "ftms_dba", "ftms_bi", "ftms_admin"):
                admin.execute(f"drop role {role}".encode())


def event(**values: Any) -> dict[str, Any]:
    return {"action": "A_B", "outcome": "success", "ip_address": None, "metadata": None} | values


@pytest.mark.parametrize(
    ("expected", "recorded", "rules"),
    [
        ([{"action": "A_B"}], [], {}),
        ([], [event()], {}),
        ([{"action": "A_B"}], [event(action="A_C")], {}),
        ([{"action": "A_B"}], [event(), event()], {}),
        ([{"action": "A_B"}, {"action": "A_C"}], [event(action="A_C"), event()], {}),
        ([{"reason": "x"}], [event(metadata={"reason": "y"})], {}),
        ([{"action": "A_B"}], [event()], {"rule": False}),
    ],
)
def test_a_scene_can_fail(expected: list[Any], recorded: list[Any], rules: dict[str, bool]) -> None:
    """Missing, surplus, different and reordered events, and a broken rule, all fail a scene."""
    assert not Scene("title", [], expected, recorded, rules).kept
    assert Scene("title", [], [{"action": "A_B"}], [event()], {"rule": True}).kept


class Up:
    """A running `indelible up` on a free port."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = subprocess.Popen(
            [*INDELIBLE, "up", "--port", str(self.port), "--data-dir", str(data_dir)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(),
        )  # fmt: skip

    def ready(self, seconds: float = 60) -> bool:
        """Wait until /readyz says yes."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5) as answer:
                    return bool(answer.status == 200)
            except OSError:
                time.sleep(0.2)
        return False


@pytest.fixture
def up(data_dir: Path) -> Any:
    """`indelible up`, stopped after the test whatever happened."""
    running = Up(data_dir)
    yield running
    if running.process.poll() is None:
        running.process.terminate()
    running.process.communicate(timeout=30)


def server_pid(data_dir: Path) -> int:
    """Process id of the server, 0 while there is none."""
    try:
        return int((data_dir / "postgresql" / "postmaster.pid").read_text().splitlines()[0])
    except FileNotFoundError:
        return 0


def test_up_runs_supervises_and_stops(up: Up, data_dir: Path) -> None:
    """It serves, writes credentials for its owner alone, revives a killed PostgreSQL, and ends without a trace."""
    assert up.ready(), up.process.communicate()
    path = data_dir / "credentials.json"
    assert path.stat().st_mode & 0o777 == 0o600 and (data_dir / "pgpass").stat().st_mode & 0o777 == 0o600
    credentials = json.loads(path.read_text())
    assert set(credentials["users"]) == {"alice", "bob", "carol", "dave", "audrey", "root"}
    assert credentials["base_url"] == f"http://127.0.0.1:{up.port}"
    for dsn in [credentials["admin_dsn"], *credentials["roles"].values()]:
        psycopg.connect(dsn).close()
    event = {"event_id": "1", "action": "FTMS_BOARDING_SCANNED", "entity_type": "FTMS_BOOKING", "entity_id": "1"}
    headers = {"Authorization": f"Bearer {credentials['api_keys']['ftms_gate']}", "Content-Type": "application/json"}
    url = f"{credentials['base_url']}/v1/audit/events"
    assert httpx.post(url, json=event, headers=headers).status_code == 201
    first = server_pid(data_dir)
    os.kill(first, signal.SIGKILL)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and (server_pid(data_dir) in (0, first) or not up.ready(1)):
        time.sleep(0.2)
    assert server_pid(data_dir) not in (0, first) and up.ready()
    up.process.send_signal(signal.SIGINT)
    _, errors = up.process.communicate(timeout=30)
    assert up.process.returncode in (0, 130), errors
    assert "Traceback" not in errors
    assert processes_using(data_dir) == []


def test_a_taken_port_is_one_sentence(data_dir: Path) -> None:
    """Exit code 2, one sentence, nothing started."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = run("up", "--port", taken.getsockname()[1], "--data-dir", data_dir)
    assert done.returncode == 2 and "Port" in done.stderr and done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr and not (data_dir / "postgresql").exists()


def test_unreadable_credentials_are_one_sentence(data_dir: Path) -> None:
    """A broken credentials.json is named, with what to do."""
    data_dir.mkdir(mode=0o711)
    (data_dir / "credentials.json").write_text("{")
    done = run("demo", "--data-dir", data_dir)
    assert done.returncode == 2 and "credentials.json" in done.stderr and "Traceback" not in done.stderr
