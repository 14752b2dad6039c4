"""The commands that read the log: events, tail, history, as-of, blame; for people and, as JSON lines, for programs."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from indelible.cli.failure import USAGE
from tests.support import Connect, Login

from .conftest import Outcome, Run


@pytest.fixture
def shop(admin_dsn: str, postgresql: psycopg.Connection[Any], login: Login, connect: Connect) -> str:
    """A watched table with one order, made, changed and joined by a business event."""
    postgresql.execute("create schema shop")
    postgresql.execute("create table shop.orders (id int primary key, item text, card text)")
    postgresql.execute("select audit.watch('shop.orders', 'ORDER', mask => '{card}')")
    postgresql.execute("select audit.define_action('ORDER_PLACED', 'An order was placed.', 'service')")
    postgresql.execute("insert into shop.orders values (7, 'tea', '4000')")
    postgresql.execute("update shop.orders set item = 'coffee', card = '5000'")
    with connect(login("audit_app", "audit_writer")) as application:
        application.execute(
            "select audit.record('ORDER_PLACED', 'ORDER', '7', request_id => 'request-1', user_id => 'ann')"
        )
    return admin_dsn


def lines(outcome: Outcome) -> list[dict[str, Any]]:
    assert (outcome.code, outcome.err) == (0, "")
    return [json.loads(line) for line in outcome.out.splitlines()]


def test_events(run: Run, shop: str) -> None:
    """The newest last, as far as they match; for people two lines with what changed."""
    found = lines(run("events", "--entity-type", "ORDER", "--json", database=shop))
    assert [event["action"] for event in found] == ["ROW_INSERTED", "ROW_UPDATED", "ORDER_PLACED"]
    assert found[1]["changes"]["new"] == {"item": "coffee", "card": "***"}
    text = run("events", "--entity-type", "ORDER", database=shop).out
    assert re.search(r'ROW_UPDATED +success +login postgres \(direct\)\n +ORDER 7: .*item "tea" → "coffee"', text)


@pytest.mark.parametrize(
    ("options", "actions"),
    [
        (["--action", "ORDER_%"], ["ORDER_PLACED"]),
        (["--entity-id", "7", "--limit", "1"], ["ORDER_PLACED"]),
        (["--request", "request-1"], ["ORDER_PLACED"]),
        (["--actor", "ann"], ["ORDER_PLACED"]),
        (["--actor", "postgres", "--entity-type", "ORDER", "--outcome", "failure"], []),
        (["--entity-type", "ORDER", "--since", "1 hour ago", "--until", "2999-01-01"], 3),
        (["--entity-type", "ORDER", "--until", "1 hour ago"], []),
    ],
)
def test_filters(run: Run, shop: str, options: list[str], actions: list[str] | int) -> None:
    """Each option narrows, and times are written as people do."""
    found = lines(run("events", *options, "--json", database=shop))
    assert (len(found) if isinstance(actions, int) else [event["action"] for event in found]) == actions


def test_reads_are_hidden_unless_asked_for(run: Run, shop: str, postgresql: psycopg.Connection[Any]) -> None:
    """A log that is followed would otherwise be full of those who follow it."""
    postgresql.execute("select audit.drain()")
    lines(run("events", "--json", database=shop))
    postgresql.execute("select audit.drain()")
    assert not lines(run("events", "--action", "AUDIT_LOG_READ", "--json", database=shop))
    assert lines(run("events", "--action", "AUDIT_LOG_READ", "--reads", "--json", database=shop))


def test_history_and_blame(run: Run, shop: str) -> None:
    """Versions with their difference, and each column's last change; tables for people."""
    versions = lines(run("history", "shop.orders", "7", "--json", database=shop))
    assert [version["diff"].get("item") for version in versions] == [{"new": "tea"}, {"old": "tea", "new": "coffee"}]
    assert 'item "tea" → "coffee"' in run("history", "shop.orders", "7", database=shop).out
    fields = lines(run("blame", "shop.orders", "7", "--json", database=shop))
    assert {field["column"]: field["value"] for field in fields} == {"id": "7", "item": "coffee", "card": "***"}
    assert "login postgres" in run("blame", "shop.orders", "7", database=shop).out
    assert run("blame", "shop.orders", "8", database=shop).out == "Nothing is on record of this row.\n"


def test_as_of(run: Run, shop: str, postgresql: psycopg.Connection[Any]) -> None:
    """The table as it stood; what cannot be known is said on stderr, and a moment before `watch` is a sentence."""
    (moment,) = postgresql.execute("select clock_timestamp()::text").fetchone() or ("",)
    postgresql.execute("delete from shop.orders")
    outcome = run("as-of", "shop.orders", moment, "--json", database=shop)
    assert (outcome.code, json.loads(outcome.out)) == (0, {"id": 7, "item": "coffee", "card": None})
    assert outcome.err == "Note: NULL, because their values are not on record: card.\n"
    assert "coffee" in run("as-of", "shop.orders", moment, database=shop).out
    assert run("as-of", "shop.orders", "0 seconds ago", database=shop).out == "There was no row.\n"
    early = run("as-of", "shop.orders", "2020-01-01", database=shop)
    assert early.code == USAGE and "is not on record (SQLSTATE ID012)" in early.err


@contextmanager
def following(dsn: str, *options: str) -> Iterator[subprocess.Popen[str]]:
    """`indelible tail -f` in a process of its own, ended by Ctrl-C."""
    command = [sys.executable, "-m", "indelible", "tail", "-f", *options]
    environment = {**os.environ, "DATABASE_URL": dsn}
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    too_late = threading.Timer(120, process.kill)  # then the reader finds the end of the output
    too_late.start()
    try:
        yield process
    finally:
        too_late.cancel()
        process.kill()
        process.communicate()


def test_tail_ends_cleanly(shop: str) -> None:
    """Ctrl-C ends it at once, without a word of its own and with nothing left in the server."""
    dsn = make_conninfo(shop, application_name="tail-to-be-stopped")
    with following(dsn, "--entity-type", "ORDER", "-n", "1") as process:
        assert process.stdout is not None
        assert "ORDER_PLACED" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        assert (process.returncode, errors) == (130, "")


def test_tail_misses_nothing_and_repeats_nothing(shop: str) -> None:
    """Of transactions that commit late and in any order, are rolled back or have savepoints: each event once."""
    wanted = {"100000", "200000"}
    with following(shop, "--entity-type", "ORDER", "--action", "ROW_INSERTED", "-n", "1", "--json") as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["entity_id"] == "7"  # from here on it follows
        threads = [threading.Thread(target=_write, args=(shop, number, wanted)) for number in range(4)]
        with psycopg.connect(shop) as late:
            late.execute("insert into shop.orders values (100000)")
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        with psycopg.connect(shop) as last:
            last.execute("insert into shop.orders values (200000)")
        seen = []
        for line in process.stdout:
            seen.append(json.loads(line)["entity_id"])
            if set(seen) >= wanted:
                break
    assert sorted(seen) == sorted(wanted)


def _write(dsn: str, writer: int, wanted: set[str]) -> None:
    """Fifty transactions, every third of which is rolled back, with a savepoint that is rolled back in each."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        for number in range(writer * 1000, writer * 1000 + 50):
            with connection.transaction(force_rollback=number % 3 == 0):
                connection.execute("insert into shop.orders values (%s)", (number + 10,))
                with connection.transaction(force_rollback=True):
                    connection.execute("insert into shop.orders values (%s)", (number + 500_000,))
                connection.execute("insert into shop.orders values (%s)", (number + 50_000,))
            if number % 3:
                wanted |= {str(number + 10), str(number + 50_000)}
