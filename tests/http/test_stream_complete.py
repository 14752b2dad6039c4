"""GET /v1/audit/stream: nothing missed and nothing repeated, across reconnects and late commits."""

import random
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import httpx
import psycopg
import pytest

from tests.http.auditing import Listener
from tests.http.tailed import Log
from tests.http.world import Headers, World
from tests.sealing import ORIGIN, leading
from tests.support import one


async def test_twenty_reconnects_and_late_commits(
    client: httpx.AsyncClient, log: Log, alice: Headers, admin_dsn: str, world: World
) -> None:
    """Nothing is missed and nothing comes twice, whoever commits late and however often the client goes."""
    await follow(client, log, alice, admin_dsn, world, events=3000)


@pytest.mark.heavy
async def test_a_hundred_thousand_events(
    client: httpx.AsyncClient, log: Log, alice: Headers, admin_dsn: str, world: World
) -> None:
    """The same with as many as the promise names."""
    await follow(client, log, alice, admin_dsn, world, events=100_000)


async def follow(
    client: httpx.AsyncClient, log: Log, alice: Headers, admin_dsn: str, world: World, events: int
) -> None:
    """Come back after a random number of events, twenty times, while writers and the sealer are at work."""
    chance = random.Random(7)  # noqa: S311 - the same every time
    world.admin.execute("create table public.things (id int generated always as identity primary key, name text)")
    world.admin.execute("select audit.watch('public.things', 'THING')")
    last = one(log.admin, "select audit.sealed_size()")[0] - 1
    told: list[tuple[int, dict[str, Any]]] = []
    with working(admin_dsn, log, events):
        for turn in range(21):
            async with Listener(client, alice, "entity_type=THING", last_event_id=last) as listener:
                enough = events - len(told) if turn == 20 else chance.randint(1, events // 21)
                # The rest of what came was under way when the client went.
                told += (await listener.hear_events(enough))[:enough]
            last = told[-1][0]
    query = """
        select leaf.leaf_index, leaf.id from audit_private.leaves as leaf join audit.audit_logs as log using (id)
        where log.entity_type = 'THING' order by leaf.leaf_index
    """
    assert [(leaf, event["id"]) for leaf, event in told] == world.admin.execute(query).fetchall()
    assert len(told) == events


@contextmanager
def working(admin_dsn: str, log: Log, events: int) -> Iterator[None]:
    """Three writers, whose transactions overlap, write so many events; the sealer seals until all are."""
    writers = [
        threading.Thread(target=write_things, args=(admin_dsn, events // 3 + (number < events % 3), number))
        for number in range(3)
    ]
    done = threading.Event()

    def keep_sealing() -> None:
        with leading(log.sealer_dsn, log.folder) as sealer:
            sealer.start(ORIGIN)
            while not (sealer.step() and done.is_set()):
                done.wait(0.01)
            sealer.step()

    sealer = threading.Thread(target=keep_sealing)
    for thread in (*writers, sealer):
        thread.start()
    try:
        yield
    finally:
        for thread in writers:
            thread.join()
        done.set()
        sealer.join()


def write_things(dsn: str, count: int, seed: int) -> None:
    """So many rows in transactions of several statements, some long, some rolled back."""
    chance = random.Random(seed)  # noqa: S311 - the same every time
    statement = "insert into public.things (name) select 'x' from generate_series(1, %s)"
    with closing(psycopg.connect(dsn, autocommit=True)) as connection:
        left = count
        while left > 0:
            undone = chance.random() < 0.1
            with connection.transaction(force_rollback=undone):
                rows = min(left, chance.randint(1, max(2, count // 100)))
                first = chance.randint(0, rows)
                connection.execute(statement, (first,))
                if chance.random() < 0.3:
                    connection.execute("select pg_sleep(%s)", (chance.random() * 0.05,))
                connection.execute(statement, (rows - first,))
            left -= 0 if undone else rows
