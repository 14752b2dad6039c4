"""Denials of iam.require_permission() outlive a killed server: of those that came back none is lost, none doubled."""

import os
import random
import secrets
import threading
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from indelible.db.migrate import migrate
from indelible.embedded import EmbeddedServer
from tests.killing import kill_dead, server_like
from tests.requiring import denials, require
from tests.support import events, one

SEED = int(os.environ.get("FAULT_SEED", "20261124"))
KILLS = 20


@pytest.fixture
def server(server_dsn: str) -> Iterator[EmbeddedServer]:
    """A durable server of the test's own, migrated and drained, with bob who may nothing."""
    with server_like(server_dsn) as own:
        migrate(own.dsn)
        with psycopg.connect(own.dsn, autocommit=True) as connection:
            connection.execute("create role application login; grant audit_app to application")
            connection.execute("select iam.create_role('guest', 'Looks.'), iam.create_user('bob', 'Bob')")
            connection.execute("select iam.grant_role('bob', 'guest')")
            connection.execute("select audit.drain()")
        yield own


class Callers:
    """Threads that are refused in transactions of their own, and threads that drain, until told to stop.

    `acknowledged`: the request ids of the refusals that came back; whatever follows each is undone.
    """

    def __init__(self, dsn: str, callers: int = 8) -> None:
        self.dsn = dsn
        self.acknowledged: set[str] = set()
        self.failed: list[BaseException] = []
        self.over = threading.Event()
        work = [self.ask] * callers + [self.drain] * 2
        self.threads = [threading.Thread(target=self.until_over, args=(each,)) for each in work]
        for thread in self.threads:
            thread.start()

    def until_over(self, work: Any) -> None:
        while not self.over.is_set():
            try:
                with psycopg.connect(self.dsn, autocommit=True, connect_timeout=5) as connection:
                    while not self.over.is_set():
                        work(connection)
            except psycopg.OperationalError:
                time.sleep(0.05)
            except BaseException as error:  # noqa: BLE001 - told by end(), in the thread of the test
                self.failed.append(error)
                return

    def ask(self, connection: psycopg.Connection[Any]) -> None:
        connection.execute("set session authorization application; begin")
        request = secrets.token_hex(12)
        connection.execute("select audit.set_context('bob', '10.0.0.1', %s)", (request,))
        with pytest.raises(psycopg.Error) as refusal:
            connection.execute("select iam.require_permission('shop.order.take')")
        if isinstance(refusal.value, psycopg.OperationalError):
            raise refusal.value
        assert refusal.value.sqlstate == "ID015"
        self.acknowledged.add(request)
        connection.execute("rollback")

    def drain(self, connection: psycopg.Connection[Any]) -> None:
        connection.execute("select audit.drain()")
        time.sleep(0.02)

    def end(self) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join()
        assert self.failed == []


@pytest.mark.heavy
def test_kill_9_loses_no_denial_and_doubles_none(server: EmbeddedServer) -> None:
    """PostgreSQL killed twenty times under load, at moments of a seed, with its own settings for durability."""
    chance = random.Random(SEED)  # noqa: S311 - moments, not secrets
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        # What a drain must not rely on.
        connection.execute("alter system set synchronous_commit = off")
        connection.execute("select pg_reload_conf()")
    callers = Callers(server.dsn)
    try:
        for _ in range(KILLS):
            wanted = len(callers.acknowledged) + chance.randint(10, 40)
            while len(callers.acknowledged) < wanted and not callers.failed:
                time.sleep(0.005)
            time.sleep(chance.random() * 0.05)
            kill_dead(server)
            server.restart()
    finally:
        callers.end()
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        recorded = [row["request_id"] for row in denials(connection)]
        assert events(connection, "action in ('AUDIT_VERDICTS_LOST', 'AUDIT_VERDICTS_FORGED')") == []
    print(f"seed {SEED}: {len(callers.acknowledged)} refusals came back, {len(recorded)} are on record")
    assert len(recorded) == len(set(recorded))
    assert callers.acknowledged - set(recorded) == set()
    assert len(callers.acknowledged) >= KILLS * 10


def test_where_no_verdict_can_travel(server: EmbeddedServer) -> None:
    """With wal_level replica it still refuses; doctor has one finding with its remedy; the service's way records."""
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        assert connection.execute(FINDING.encode()).fetchall() == []
        # A logical slot keeps such a server from starting.
        connection.execute("select pg_drop_replication_slot(slot_name) from pg_replication_slots")
        connection.execute("alter system set wal_level = replica")
    server.stop()
    server.start()
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        ((_, detail, remedy),) = connection.execute(FINDING.encode()).fetchall()
        assert "wal_level is not logical" in detail and "wal_level = logical" in remedy
        connection.execute("set session authorization application")
        require(connection, "shop.order.take", user_id="bob")
        assert one(connection, "select iam.check_permission('shop.order.take', user_id => 'bob')") == ("denied",)
        connection.execute("reset session authorization")
        assert len(denials(connection)) == 1


FINDING = "select object, detail, remedy from audit.doctor() where finding like 'verdicts%'"


def test_a_flood_gives_way_to_the_drain(server: EmbeddedServer) -> None:
    """With half of what the slot may keep undrained a refusal waits for the drain, and is on record all the same."""
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute("alter system set max_slot_wal_keep_size = '64MB'")
        connection.execute("select pg_reload_conf()")
        connection.execute("select pg_sleep(0.2)")
        connection.execute("create table public.filler (a text)")
        assert connection.execute(FINDING.encode()).fetchall() == []
        connection.execute("insert into public.filler select repeat('x', 1000) from generate_series(1, 36000)")
        ((thing, detail, remedy),) = connection.execute(FINDING.encode()).fetchall()
        assert thing.startswith("indelible_") and "behind" in detail and "indelible maintain" in remedy
        waiting, safe = one(connection, "select waiting_bytes, safe_bytes from audit.verdict_lag()")
        assert waiting > 32 << 20 and safe < 64 << 20
        flood = threading.Thread(target=refused_three_times, args=(server.dsn,))
        flood.start()
        try:
            sleeping = "select count(*) from pg_stat_activity where wait_event = 'PgSleep' and query ~ %s"
            until(connection, sleeping, "require_permission")
        finally:
            flood.join()
        assert [row["permission"] for row in denials(connection)] == ["shop.flood"] * 3
        assert one(connection, "select waiting_bytes from audit.verdict_lag()")[0] < waiting


def refused_three_times(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        for _ in range(3):
            require(connection, "shop.flood")


def until(connection: psycopg.Connection[Any], query: str, *parameters: object) -> None:
    """Wait until a count is more than 0; ten seconds at most."""
    for _ in range(2000):
        if one(connection, query, *parameters)[0]:
            return
        time.sleep(0.005)
    pytest.fail(query)


@pytest.mark.parametrize("held", [True, False])
def test_what_keeps_the_slot_back_is_told(server: EmbeddedServer, held: bool) -> None:
    """A drain that was left out for a night, and a transaction open for long, are findings before anything is lost."""
    with psycopg.connect(server.dsn, autocommit=True) as connection, psycopg.connect(server.dsn) as long:
        if not held:
            connection.execute("update audit_private.drains set drained_at = drained_at - interval '2 days'")
            ((_, detail, remedy),) = connection.execute(FINDING.encode()).fetchall()
            assert "drained 2 days" in detail and "indelible maintain" in remedy
            return
        long.execute("create table public.held (a int)")
        connection.execute("alter system set max_slot_wal_keep_size = '128MB'")
        connection.execute("select pg_reload_conf()")
        connection.execute("create table public.filler (a text)")
        for _ in range(6):
            connection.execute("insert into public.filler select repeat('x', 1000) from generate_series(1, 15000)")
            connection.execute("checkpoint")
            assert denials(connection) == []
        ((_, detail, remedy),) = connection.execute(FINDING.encode()).fetchall()
        assert "lost in" in detail and "transaction that has been open for longest" in remedy
