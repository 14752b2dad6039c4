"""The server itself hangs, dies and comes back under a service that goes on recording."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from indelible import Audit, Receipt, Settings
from indelible.db.migrate import migrate
from tests.clusters import Cluster
from tests.proxy import Proxy

ACTION = "TEST_THING_DONE"
LOGIN = {"user": "recorder", "password": "of-the-tests"}


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """A server of our own, which may be killed."""
    tmp_path.chmod(0o711)
    cluster = Cluster(tmp_path / "cluster").create()
    try:
        migrate(cluster.dsn)
        with psycopg.connect(cluster.dsn, autocommit=True) as connection:
            connection.execute("create role recorder login password 'of-the-tests' in role audit_app, audit_writer")
            connection.execute("select audit.define_action(%s, 'A thing was done.', 'service')", (ACTION,))
        yield cluster
    finally:
        cluster.stop()


def stopped(cluster: Cluster) -> Callable[[], None]:
    """Every process of the server stops where it stands: a hang, not a refusal."""
    with psycopg.connect(cluster.dsn) as connection:
        pids = [pid for (pid,) in connection.execute("select pid from pg_stat_activity where pid <> pg_backend_pid()")]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)

    def go_on() -> None:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)

    return go_on


def killed(cluster: Cluster) -> Callable[[], None]:
    """kill -9, and started again."""
    cluster.kill()

    def start_again() -> None:
        cluster.start()

    return start_again


@pytest.mark.heavy
@pytest.mark.parametrize("strike", [stopped, killed])
def test_no_event_is_lost_or_doubled(
    cluster: Cluster, tmp_path: Path, strike: Callable[[Cluster], Callable[[], None]]
) -> None:
    """Threads record all the while; what they have receipts for is in the log once, and nothing else is there."""
    receipts: list[Receipt] = []
    over = threading.Event()
    with Proxy(make_conninfo(cluster.dsn, **LOGIN)) as proxy:
        settings = Settings(spool_dir=tmp_path / "spool", record_timeout=0.5, record_deadline=3)
        with Audit(settings, audit_dsn=proxy.dsn) as audit, ThreadPoolExecutor(4) as pool:

            def work() -> None:
                while not over.is_set():
                    receipts.append(audit.submit_sync(ACTION))
                    time.sleep(0.005)

            workers = [pool.submit(work) for _ in range(4)]
            for _ in range(2):
                time.sleep(0.5)
                mend = strike(cluster)
                mark = audit.metrics.count("audit_events_deferred_total")
                while audit.metrics.count("audit_events_deferred_total") < mark + 20:
                    time.sleep(0.05)
                mend()
                proxy.retarget(cluster.dsn)
                while audit.database_away:
                    time.sleep(0.05)
            over.set()
            for worker in workers:
                worker.result(60)
            while audit.in_flight or audit.metrics.count("audit_events_replayed_total") < audit.metrics.count(
                "audit_events_deferred_total"
            ):
                time.sleep(0.05)
            assert audit.metrics.count("audit_events_dropped_total") == 0
    with psycopg.connect(cluster.dsn) as connection:
        query = "select metadata ->> 'event_id' from audit.audit_logs where action = %s"
        found = [event_id for (event_id,) in connection.execute(query, (ACTION,))]
    assert len(found) == len(set(found)) == len(receipts)
    assert {str(receipt.event_id) for receipt in receipts if receipt.durable} <= set(found)
