"""The ledger tells a repeated event from a new one, and from another one under its id, whoever else comes."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from tests.support import admin_connection, one

Postgresql = psycopg.Connection[Any]
CLAIM = "select verdict, log_id from audit_private.claim_event('client:a', %s, sha256(%s))"
SETTLE = "select audit_private.settle_event('client:a', %s, %s)"


def claim(connection: Postgresql, event_id: uuid.UUID, content: bytes = b"x") -> tuple[Any, ...]:
    return one(connection, CLAIM, event_id, content)


def test_a_repetition_is_known_and_another_event_is_a_conflict(postgresql: Postgresql) -> None:
    """The first one is new and leads to its row; the same content is known, other content is not."""
    event_id = uuid.uuid4()
    assert claim(postgresql, event_id) == ("new", None)
    postgresql.execute(SETTLE, (event_id, 4711))
    assert claim(postgresql, event_id) == ("known", 4711)
    assert claim(postgresql, event_id, b"y") == ("conflict", 4711)
    assert claim(postgresql, uuid.uuid4()) == ("new", None)


def test_ids_belong_to_their_producer(postgresql: Postgresql) -> None:
    """Nobody's ids are taken by another one's events, and nobody but services and clients has any."""
    event_id = uuid.uuid4()
    claim(postgresql, event_id)
    query = "select verdict from audit_private.claim_event(%s, %s, sha256('x'))"
    assert one(postgresql, query, "service:a", event_id) == ("new",)
    for producer in ("a", "service", "CLIENT:a"):
        with pytest.raises(psycopg.errors.CheckViolation):
            postgresql.execute(query, (producer, event_id))


@pytest.mark.parametrize(("end", "verdict"), [("commit", ("known", 1)), ("rollback", ("new", None))])
def test_who_comes_second_waits_for_the_first(
    postgresql: Postgresql, end: str, verdict: tuple[str, int | None]
) -> None:
    """What another session is about to record is not recorded again, unless that session does not after all."""
    event_id = uuid.uuid4()
    with admin_connection(postgresql) as first, admin_connection(postgresql) as second:
        first.execute("begin")
        claim(first, event_id)
        first.execute(SETTLE, (event_id, 1))
        with ThreadPoolExecutor(1) as pool:
            later = pool.submit(claim, second, event_id)
            waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and pid = %s"
            while one(postgresql, waiting, second.info.backend_pid) == (0,):
                assert not later.done()
            first.execute(end.encode())
            assert later.result(20) == verdict


def test_of_many_at_once_one_is_new(postgresql: Postgresql) -> None:
    """Eight sessions claim the same ids in their own order: each id is new once, and known with its row otherwise."""
    ids = [uuid.uuid4() for _ in range(40)]
    start = threading.Barrier(8)

    def work(number: int) -> list[tuple[Any, ...]]:
        verdicts = []
        with admin_connection(postgresql) as connection:
            start.wait(20)
            for event_id in ids[number * 5 :] + ids[: number * 5]:
                with connection.transaction():
                    verdict = claim(connection, event_id)
                    if verdict == ("new", None):
                        connection.execute(SETTLE, (event_id, event_id.int % 1000))
                verdicts.append((event_id, *verdict))
        return verdicts

    with ThreadPoolExecutor(8) as pool:
        found = [verdict for verdicts in pool.map(work, range(8)) for verdict in verdicts]
    assert sorted(event_id for event_id, verdict, _ in found if verdict == "new") == sorted(ids)
    assert {(verdict, log_id == event_id.int % 1000) for event_id, verdict, log_id in found if verdict != "new"} == {
        ("known", True)
    }
