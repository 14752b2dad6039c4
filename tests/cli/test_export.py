"""`indelible export`: what matches, in each format, on record; a file that is complete or not there."""

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest

from indelible.cli.failure import USAGE
from tests.exported import fill
from tests.support import Login, events

from .conftest import Run


@pytest.fixture
def shop(admin_dsn: str, postgresql: psycopg.Connection[Any]) -> str:
    """A watched table with one order that was changed."""
    postgresql.execute("create table public.orders (id int primary key, item text)")
    postgresql.execute("select audit.watch('public.orders', 'ORDER')")
    postgresql.execute("insert into public.orders values (7, '=tea')")
    postgresql.execute("update public.orders set item = 'coffee'")
    return admin_dsn


@pytest.mark.parametrize("kind", ["csv", "jsonl", "ocsf", "ecs", "cef"])
def test_each_format_goes_to_stdout(run: Run, shop: str, kind: str) -> None:
    """Two events that match, the oldest first; how many it were is said on stderr."""
    outcome = run("export", "--format", kind, "--entity-type", "ORDER", "--action", "ROW_%", database=shop)
    assert (outcome.code, outcome.err) == (0, "Exported 2 events.\n")
    lines = outcome.out.splitlines()[kind == "csv" :]
    assert re.search("ROW_INSERTED", lines[0]) and re.search("ROW_UPDATED", lines[1]) and len(lines) == 2
    if kind == "csv":
        first, _ = csv.DictReader(io.StringIO(outcome.out))
        assert (first["entity_id"], first["changes"]) == ("7", '{"new": {"id": 7, "item": "=tea"}}')
    elif kind == "jsonl":
        assert json.loads(lines[1])["changes"] == {"old": {"item": "=tea"}, "new": {"item": "coffee"}}


def test_parquet_goes_to_a_file(run: Run, shop: str, folder: Path) -> None:
    """Its owner's alone, complete, and what was there before is replaced."""
    parquet = pytest.importorskip("pyarrow.parquet")
    target = folder / "events.parquet"
    target.write_text("of yesterday")
    outcome = run("export", "--format", "parquet", "--entity-type", "ORDER", "-o", str(target), database=shop)
    assert (outcome.code, outcome.out, outcome.err) == (0, "", f"Exported 2 events to {target}.\n")
    assert parquet.read_table(target).column("entity_id").to_pylist() == ["7", "7"]
    assert target.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in folder.iterdir()] == ["events.parquet"]


def test_a_reader_may_export(run: Run, shop: str, login: Login) -> None:
    """And nobody who may not read."""
    outcome = run("export", "--format", "jsonl", "--entity-type", "ORDER", database=login("audit_reader"))
    assert outcome.code == 0 and len(outcome.out.splitlines()) == 2
    refused = run("export", "--format", "jsonl", database=login("audit_writer", "audit_app"))
    assert refused.code == USAGE and "SQLSTATE 42501" in refused.err


def test_an_export_is_on_record(run: Run, shop: str, postgresql: psycopg.Connection[Any]) -> None:
    """When it begins, and how many rows it had."""
    run("export", "--format", "csv", "--entity-type", "ORDER", "--since", "1 hour ago", database=shop)
    began, ended = events(postgresql, "action = 'AUDIT_LOG_EXPORTED'")
    assert (began["outcome"], ended["outcome"]) == ("attempted", "success")
    assert set(began["metadata"]["filter"]) == {"entity_type", "since"}
    assert (ended["metadata"]["rows"], ended["metadata"]["began"]) == (2, began["id"])


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--format", "xml"], "--format"),
        (["--format", "csv", "--action", "%X"], "--action cannot be that"),
        (["--format", "csv", "--output", "missing/events.csv"], "cannot be written: No such file or directory"),
        ([], "--format"),
    ],
)
def test_what_cannot_be_meant_is_usage(run: Run, shop: str, options: list[str], sentence: str) -> None:
    """One sentence, and nothing on record that never began."""
    outcome = run("export", *options, database=shop)
    assert outcome.code == USAGE and sentence in outcome.err and outcome.out == ""


def exporting(dsn: str, *options: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "indelible", "export", *options]
    environment = {**os.environ, "DATABASE_URL": dsn}
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )


def test_ctrl_c_leaves_no_half_file(shop: str, postgresql: psycopg.Connection[Any], folder: Path) -> None:
    """Neither under its name nor beside it; how far it came is on record as a failure."""
    fill(postgresql, 100_000)
    target = folder / "events.jsonl"
    with exporting(shop, "--format", "jsonl", "--output", str(target)) as process:
        part = folder / "events.jsonl.part"
        while not (part.exists() and part.stat().st_size):
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)
        assert not target.exists()
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
    assert (process.returncode, told) == (130, b"")
    assert [path.name for path in folder.iterdir()] == []
    *_, ended = events(postgresql, "action = 'AUDIT_LOG_EXPORTED'")
    assert ended["outcome"] == "failure" and 0 < ended["metadata"]["rows"] < 100_000


def test_whoever_stops_reading_ends_it(shop: str, postgresql: psycopg.Connection[Any]) -> None:
    """`| head` ends the export without a word, and on record."""
    fill(postgresql, 100_000)
    with exporting(shop, "--format", "csv") as process:
        assert process.stdout is not None
        process.stdout.read(1000)
        process.stdout.close()
        assert process.wait(60) == 0
    *_, ended = events(postgresql, "action = 'AUDIT_LOG_EXPORTED'")
    assert ended["outcome"] == "failure"


def test_a_killed_export_is_told_from_a_complete_one(
    run: Run, shop: str, postgresql: psycopg.Connection[Any], folder: Path
) -> None:
    """What it leaves is named .part, its beginning is on record, and the next one takes its place."""
    fill(postgresql, 100_000)
    target = folder / "events.csv"
    with exporting(shop, "--format", "csv", "--output", str(target)) as process:
        part = folder / "events.csv.part"
        while not (part.exists() and part.stat().st_size):
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)
        process.kill()
        process.communicate()
    assert [path.name for path in folder.iterdir()] == ["events.csv.part"]
    (began,) = events(postgresql, "action = 'AUDIT_LOG_EXPORTED'")
    assert began["outcome"] == "attempted"
    assert run("export", "--format", "csv", "--output", str(target), database=shop).code == 0
    assert [path.name for path in folder.iterdir()] == ["events.csv"]


def test_one_file_has_one_writer(run: Run, shop: str, postgresql: psycopg.Connection[Any], folder: Path) -> None:
    """Two exports of the same name would mix their bytes."""
    fill(postgresql, 200_000)
    target = folder / "events.csv"
    with exporting(shop, "--format", "csv", "--output", str(target)) as process:
        while not (folder / "events.csv.part").exists():
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)
        outcome = run("export", "--format", "csv", "--output", str(target), database=shop)
        process.communicate(timeout=120)
    assert outcome.code == USAGE and "Another command is writing" in outcome.err
    assert process.returncode == 0 and target.read_bytes().count(b"BULK") == 200_000


def test_a_database_that_dies_is_one_sentence(shop: str, postgresql: psycopg.Connection[Any], folder: Path) -> None:
    """Exit code 3, and no file."""
    fill(postgresql, 100_000)
    target = folder / "events.csv"
    with exporting(shop, "--format", "csv", "--output", str(target)) as process:
        while not (folder / "events.csv.part").exists():
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)
        postgresql.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )
        _, told = process.communicate(timeout=60)
    assert (process.returncode, told) == (3, b"indelible: The connection to the database was lost.\n")
    assert [path.name for path in folder.iterdir()] == []
