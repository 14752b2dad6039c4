"""`indelible forward`: every sealed event at least once and in order, whatever is killed, refuses or hangs."""

import json
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from indelible.cli.failure import USAGE
from tests.exported import fill
from tests.forwarding import SECONDS, end, first_times, forwarding, sealed_ids, wait_until
from tests.proxy import Proxy
from tests.receivers import HttpSink, SyslogServer
from tests.support import events

from .conftest import Run


def ids_of(server: SyslogServer) -> list[int]:
    return [int(message.data["id"]) for message in server.messages]


def test_syslog_gets_everything_in_order(
    reader: str, admin_dsn: str, postgresql: psycopg.Connection[Any], folder: Path, sealed: list[int]
) -> None:
    """What is sealed, what is sealed meanwhile, and after the next start only what came since."""
    with SyslogServer().running() as server:
        to = ["--to", f"syslog+tcp://127.0.0.1:{server.port}"]
        with forwarding(reader, folder / "data", *to) as process:
            wait_until(lambda: len(ids_of(server)) >= len(sealed), process)
            fill(postgresql, 10)
            sealed = sealed_ids(postgresql, admin_dsn, folder)
            wait_until(lambda: len(ids_of(server)) >= len(sealed), process)
            told = end(process)
        assert ids_of(server) == sealed
        assert [int(message.data["leaf"]) for message in server.messages] == list(range(len(sealed)))
        assert told == f"Forwarding to syslog+tcp://127.0.0.1:{server.port} as rfc5424; Ctrl-C ends it.\n"
        fill(postgresql, 10)
        whole = sealed_ids(postgresql, admin_dsn, folder)
        with forwarding(reader, folder / "data", *to) as process:
            wait_until(lambda: len(ids_of(server)) >= len(whole), process)
            end(process)
    assert ids_of(server) == whole


def test_it_is_on_record(reader: str, postgresql: psycopg.Connection[Any], folder: Path, sealed: list[int]) -> None:
    """Where to, since when, and at its end how many events it were; nothing echoes."""
    with (
        SyslogServer().running() as server,
        forwarding(reader, folder / "data", "--to", f"syslog+tcp://127.0.0.1:{server.port}") as process,
    ):
        wait_until(lambda: len(ids_of(server)) >= len(sealed), process)
        end(process)
    began, ended = events(postgresql, "action = 'AUDIT_LOG_EXPORTED'")
    assert began["metadata"]["format"] == f"rfc5424 to syslog+tcp://127.0.0.1:{server.port}"
    assert ended["outcome"] == "success" and ended["metadata"]["rows"] == len(sealed)
    assert not events(postgresql, "action = 'AUDIT_LOG_READ' and id > %s", began["id"])


def test_killed_it_goes_on_where_it_was(
    reader: str, admin_dsn: str, postgresql: psycopg.Connection[Any], folder: Path, sealed: list[int]
) -> None:
    """kill -9, again and again: each event comes at least once, and the first times are in order."""
    dice = random.Random(7)  # noqa: S311
    with SyslogServer().running() as server:
        to = ["--to", f"syslog+tcp://127.0.0.1:{server.port}"]
        for _ in range(6):
            seen = len(server.connections)
            with forwarding(reader, folder / "data", *to) as process:
                wait_until(lambda seen=seen: len(server.connections) > seen, process)  # type: ignore[misc]
                time.sleep(dice.random() * 0.05)
                process.kill()
                process.wait()
            fill(postgresql, 1000)
            sealed = sealed_ids(postgresql, admin_dsn, folder)
        with forwarding(reader, folder / "data", *to) as process:
            wait_until(lambda: set(ids_of(server)) >= set(sealed), process)
            end(process)
    assert first_times(ids_of(server)) == sealed


def test_a_receiver_that_comes_and_goes(reader: str, folder: Path, sealed: list[int]) -> None:
    """While it refuses it is waited for, told of once; what it had begun to read it gets again."""

    def break_off(connection: Any) -> None:
        server.connections.append(connection.recv(5000))

    server = SyslogServer()
    with server.running():
        pass
    to = ["--to", f"syslog+tcp://127.0.0.1:{server.port}"]
    with forwarding(reader, folder / "data", *to) as process:
        assert process.stderr is not None
        process.stderr.readline()
        assert process.stderr.readline() == "Not delivered: Connection refused. It is tried again until it is.\n"
        server.behaviours = [break_off, break_off]
        with server.running():
            wait_until(lambda: set(ids_of(server)) >= set(sealed), process)
            assert "Delivered again.\n" in end(process)
    assert first_times(ids_of(server)) == sealed


def test_a_database_that_comes_and_goes(
    reader: str, admin_dsn: str, postgresql: psycopg.Connection[Any], folder: Path, sealed: list[int]
) -> None:
    """It is waited for, told of once, and what was sealed meanwhile is forwarded."""
    with (
        Proxy(reader) as proxy,
        SyslogServer().running() as server,
        forwarding(proxy.dsn, folder / "data", "--to", f"syslog+tcp://127.0.0.1:{server.port}") as process,
    ):
        wait_until(lambda: len(ids_of(server)) >= len(sealed), process)
        proxy.refuse()
        fill(postgresql, 10)
        whole = sealed_ids(postgresql, admin_dsn, folder)
        assert process.stderr is not None
        process.stderr.readline()
        assert process.stderr.readline() == "The database cannot be reached. Forwarding waits for it.\n"
        proxy.accept()
        wait_until(lambda: len(ids_of(server)) >= len(whole), process)
        assert end(process) == ""
    assert ids_of(server) == whole


def test_a_collector_with_faults(reader: str, folder: Path, sealed: list[int]) -> None:
    """Errors, Retry-After and too large batches: each event once or more, in order, with the token of a file."""
    token = folder / "token"
    token.write_text("open sesame\n")
    with HttpSink(token="open sesame").running() as sink:
        sink.answers = [(503, {"Retry-After": "1"}), (413, {}), (200, {}), (500, {}), (200, {})]
        to = ["--to", f"http://127.0.0.1:{sink.port}/collect", "--token-file", str(token)]
        with forwarding(reader, folder / "data", *to) as process:
            wait_until(lambda: {event["id"] for event in sink.events} >= set(sealed), process)
            told = end(process)
    assert first_times([event["id"] for event in sink.events]) == sealed
    assert "it answered 503" in told and "open sesame" not in told


@pytest.mark.parametrize(
    ("kind", "read"), [("ocsf", lambda e: e["metadata"]["uid"]), ("ecs", lambda e: e["event"]["id"])]
)
def test_formats_for_a_collector(
    reader: str, folder: Path, sealed: list[int], kind: str, read: Callable[[Any], str]
) -> None:
    """Each has the event's id where it is looked for; the token may be in the environment."""
    with HttpSink(token="open sesame").running() as sink:
        to = ["--to", f"http://127.0.0.1:{sink.port}/", "--format", kind]
        with forwarding(reader, folder / "data", *to, INDELIBLE_FORWARD_TOKEN="open sesame") as process:
            wait_until(lambda: len(sink.events) >= len(sealed), process)
            end(process)
    assert [int(read(event)) for event in sink.events] == sealed


def test_another_log_is_not_mixed_in(
    reader: str, admin_dsn: str, postgresql: psycopg.Connection[Any], folder: Path, sealed: list[int]
) -> None:
    """A position belongs to a log; and a log that is shorter than what was sent was restored."""
    with SyslogServer().running() as server:
        to = ["--to", f"syslog+tcp://127.0.0.1:{server.port}"]
        with forwarding(reader, folder / "data", *to) as process:
            wait_until(lambda: len(ids_of(server)) >= len(sealed), process)
            end(process)
        (file,) = (folder / "data").glob("forward-*.json")
        for position, sentence in (
            ({"origin": "log.example/other", "leaf": 1}, "was forwarded: remove"),
            ({**json.loads(file.read_text()), "leaf": 10**6}, "1000000 leaves were forwarded, but the log has"),
        ):
            file.write_text(json.dumps(position))
            with forwarding(reader, folder / "data", *to) as process:
                _, told = process.communicate(timeout=SECONDS)
            assert process.returncode == USAGE and sentence in told
    assert len(ids_of(server)) == len(sealed)


def test_one_forwarder_for_one_place(run: Run, reader: str, folder: Path, sealed: list[int]) -> None:
    """Two would send everything twice, and write one position."""
    with SyslogServer().running() as server:
        to = ["--to", f"syslog+tcp://127.0.0.1:{server.port}"]
        with forwarding(reader, folder / "data", *to) as process:
            wait_until(lambda: bool(server.connections), process)
            outcome = run("forward", *to, "--data-dir", str(folder / "data"), database=reader)
            assert outcome.code == USAGE and f"Process {process.pid} forwards" in outcome.err
            end(process)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--to", "syslog+tcp://siem.example"], "In clear text"),
        (["--to", "syslog+tcp://127.0.0.1", "--ca-file", "ca.pem"], "--ca-file is for"),
        (["--to", "syslog+tcp://127.0.0.1", "--token-file", "token"], "--token-file is for"),
        (["--to", "https://127.0.0.1", "--token-file", "missing"], "cannot be read"),
        (["--to", "https://127.0.0.1", "--ca-file", "missing"], "cannot be read"),
        (["--to", "https://127.0.0.1", "--format", "cef"], "cef is for syslog"),
        (["--to", "https://127.0.0.1", "--format", "xml"], "--format"),
        ([], "--to"),
    ],
)
def test_what_cannot_be_meant_is_usage(run: Run, admin_dsn: str, options: list[str], sentence: str) -> None:
    """One sentence, before anything is sent."""
    outcome = run("forward", *options, database=admin_dsn)
    assert outcome.code == USAGE and sentence in outcome.err
