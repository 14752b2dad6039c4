"""Refused attempts on the audit outlive a killed server, a lost slot and a missing bound, or are told of."""

import secrets
import threading
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from indelible.db.migrate import migrate
from indelible.embedded import EmbeddedServer
from tests.guard_attacks import attempt, refusals
from tests.killing import kill_dead, server_like
from tests.support import events, one


@pytest.fixture
def server(server_dsn: str) -> Iterator[EmbeddedServer]:
    """A durable server of the test's own, of the version under test."""
    with server_like(server_dsn) as own:
        yield own


class Attackers:
    """Threads that attack and threads that drain, until told to stop; `acknowledged`: the refusals that came back."""

    def __init__(self, dsn: str, role: str) -> None:
        self.dsn, self.role = dsn, role
        self.acknowledged: set[str] = set()
        self.over = threading.Event()
        work = [self.attack, self.attack, self.attack, self.drain, self.drain]
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

    def attack(self, connection: psycopg.Connection[Any]) -> None:
        connection.execute(f"set session authorization {self.role}".encode())
        name = f"x_{secrets.token_hex(8)}"
        with pytest.raises(psycopg.Error) as refusal:
            connection.execute(f"create table audit.{name} ()".encode())
        if isinstance(refusal.value, psycopg.OperationalError):
            raise refusal.value
        assert refusal.value.sqlstate == "ID013"
        self.acknowledged.add(f"audit.{name}")

    def drain(self, connection: psycopg.Connection[Any]) -> None:
        connection.execute("select audit.drain()")
        time.sleep(0.02)

    def end(self) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join()


def test_kill_9_loses_none_and_doubles_none(server: EmbeddedServer) -> None:
    """Every refusal that was answered is on record once, though the server is killed again and again under load."""
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        # On 16 a refusal waits for the WAL writer; synchronous_commit off is what drain must not rely on.
        connection.execute("alter system set wal_writer_delay = '10ms'")
        connection.execute("alter system set synchronous_commit = off")
        connection.execute("select pg_reload_conf()")
        migrate(server.dsn)
        connection.execute("create role attacker login; grant audit_owner to attacker")
        connection.execute("select audit.drain()")
    attackers = Attackers(server.dsn, "attacker")
    try:
        for _ in range(4):
            already = len(attackers.acknowledged)
            while len(attackers.acknowledged) < already + 60:
                time.sleep(0.01)
            kill_dead(server)
            server.restart()
    finally:
        attackers.end()
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        while one(connection, "select audit.drain()") != (0,):
            pass
        recorded = [row["entity_id"] for row in refusals(connection)]
    assert len(recorded) == len(set(recorded))
    assert attackers.acknowledged - set(recorded) == set()
    assert len(attackers.acknowledged) >= 240


KEPT = "select object, detail, remedy from audit.doctor() where finding = 'verdicts not kept'"


def test_no_slot_without_a_bound(server: EmbeddedServer) -> None:
    """Where a slot could fill the disk there is none: refusals happen all the same, and doctor says what is missing."""
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        migrate(server.dsn)
        connection.execute("create role attacker login; grant audit_owner to attacker")
        connection.execute("alter system set max_slot_wal_keep_size = -1")
        connection.execute("select pg_reload_conf()")
        connection.execute("select pg_sleep(0.2)")
        assert one(connection, "select audit.drain()") == (0,)
        assert one(connection, "select count(*) from pg_replication_slots") == (0,)
        ((_, detail, remedy),) = connection.execute(KEPT.encode()).fetchall()
        assert "nothing bounds" in detail and "max_slot_wal_keep_size" in remedy
        connection.execute("alter system set wal_level = replica")
        server.stop()
        server.start()
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute("set session authorization attacker")
        attempt(connection, "mine")
        connection.execute("reset session authorization")
        assert one(connection, "select audit.drain()") == (0,)
        ((_, detail, remedy),) = connection.execute(KEPT.encode()).fetchall()
        assert "not logical" in detail and "wal_level" in remedy
        assert connection.execute("select * from audit.notes()").fetchall() == []


def test_a_lost_slot_is_on_record(server: EmbeddedServer) -> None:
    """If nobody drained for too long the slot is gone, and verdicts with it: doctor and the next drain tell."""
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        migrate(server.dsn)
        connection.execute("create role attacker login; grant audit_owner to attacker")
        connection.execute("alter system set max_slot_wal_keep_size = '16MB'; ")
        connection.execute("alter system set max_wal_size = '32MB'")
        connection.execute("select pg_reload_conf()")
        connection.execute("select pg_sleep(0.2)")
        assert one(connection, "select audit.drain()") == (0,)
        lag = "select finding, detail from audit.doctor() where finding = 'verdicts wait'"
        assert connection.execute(lag.encode()).fetchall() == []
        connection.execute("create table public.filler (a text)")
        connection.execute("insert into public.filler select repeat('x', 1000) from generate_series(1, 6000)")
        assert "behind" in one(connection, lag)[1]
        for _ in range(6):
            connection.execute("insert into public.filler select repeat('x', 1000) from generate_series(1, 20000)")
            connection.execute("checkpoint")
        assert "lost" in one(connection, lag)[1]
        assert one(connection, "select audit.drain()") == (0,)
        assert len(events(connection, "action = 'AUDIT_VERDICTS_LOST'")) == 1
        assert connection.execute(lag.encode()).fetchall() == []
        connection.execute("set session authorization attacker")
        attempt(connection, "mine")
        connection.execute("reset session authorization")
        assert one(connection, "select audit.drain()") == (1,)
