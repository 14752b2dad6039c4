"""The same events from many sessions at once, and from sessions that never hear the answer."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Barrier
from typing import Any

import psycopg

from tests.producing import SCANNED, hand_over, scanned
from tests.support import events, one

CLIENTS = 8


def together(dsn: str, work: Callable[[psycopg.Connection[Any], int], Any]) -> list[Any]:
    """`work(connection, number)` on so many sessions, all beginning at once."""
    barrier = Barrier(CLIENTS)

    def run(number: int) -> Any:
        with psycopg.connect(dsn, autocommit=True) as connection:
            barrier.wait(30)
            return work(connection, number)

    with ThreadPoolExecutor(CLIENTS) as pool:
        return list(pool.map(run, range(CLIENTS)))


def test_the_same_id_from_many_clients_is_one_row(
    postgresql: psycopg.Connection, login: Callable[..., str], till: str
) -> None:
    """One stores it, all others are told that it is known, under the same row."""
    for turn in range(10):
        event = scanned(f"id {turn}")
        answers = together(login("audit_writer"), lambda c, _, event=event: hand_over(c, till, event)[0])  # type: ignore[misc]
        assert Counter(verdict for verdict, _ in answers) == {"stored": 1, "known": CLIENTS - 1}
        assert len({log_id for _, log_id in answers}) == 1
    assert len(events(postgresql, "action = %s", SCANNED)) == 10


def test_other_content_at_the_same_moment_is_a_conflict(
    postgresql: psycopg.Connection, login: Callable[..., str], till: str
) -> None:
    """Of events that differ and share an id one is stored; the others are refused, each on record."""
    answers = together(
        login("audit_writer"), lambda c, number: hand_over(c, till, scanned("id", user_id=f"u{number}"))[0]
    )
    assert Counter(verdict for verdict, _ in answers) == {"stored": 1, "conflict": CLIENTS - 1}
    assert len(events(postgresql, "action = 'AUDIT_EVENT_CONFLICT'")) == CLIENTS - 1


def test_batches_in_any_order_do_not_deadlock(
    postgresql: psycopg.Connection, login: Callable[..., str], till: str
) -> None:
    """Half of the sessions send the same two hundred events backwards: each event is stored once, and nobody fails."""
    batch = [scanned(f"id {number}") for number in range(200)]

    def send(connection: psycopg.Connection[Any], number: int) -> Any:
        return hand_over(connection, till, *(batch if number % 2 else reversed(batch)))

    answers = together(login("audit_writer"), send)
    counted = Counter(verdict for answer in answers for verdict, _ in answer)
    assert counted == {"stored": 200, "known": 200 * (CLIENTS - 1)}
    assert len(events(postgresql, "action = %s", SCANNED)) == 200
    assert one(postgresql, "select count(*), count(log_id) from audit_private.event_ids") == (200, 200)


def test_what_was_rolled_back_was_not_taken(
    postgresql: psycopg.Connection, login: Callable[..., str], till: str
) -> None:
    """A session dies before its commit: its ids are free, and whoever waited for them stores the events."""
    dsn = login("audit_writer")
    with closing(psycopg.connect(dsn)) as dying, ThreadPoolExecutor(1) as pool:
        assert hand_over(dying, till, scanned("a"))[0][0] == "stored"

        def wait() -> Any:
            with psycopg.connect(dsn, autocommit=True) as connection:
                return hand_over(connection, till, scanned("a"))[0][0]

        waiting = pool.submit(wait)
        while not one(postgresql, "select count(*) from pg_stat_activity where wait_event_type = 'Lock'")[0]:
            pass
        postgresql.execute("select pg_terminate_backend(%s)", [dying.info.backend_pid])
        assert waiting.result(30) == "stored"
    assert len(events(postgresql, "action = %s", SCANNED)) == 1
