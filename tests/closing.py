"""Fail-closed actions on the stage of the tests, and what the log has of them."""

from typing import Any

import psycopg

from indelible import audited, transaction
from tests.stage import ACTION, insert
from tests.support import Row, events

Postgresql = psycopg.Connection[Any]


def told(postgresql: Postgresql) -> list[Row]:
    return events(postgresql, "action = %s", ACTION)


def outcomes(postgresql: Postgresql) -> list[str]:
    return [row["outcome"] for row in told(postgresql)]


def intents(postgresql: Postgresql) -> set[str]:
    return {row["metadata"]["intent_id"] for row in told(postgresql)}


closed = audited(ACTION, entity_type="THING", entity_id="arg:number", durability="fail_closed")


@closed
async def make(number: int) -> int:
    async with transaction() as db:
        await insert(db, number)
    return number


@closed
async def make_with(db: Any, number: int, broken: BaseException | None = None) -> int:
    async with transaction(db) as connection:
        await connection.execute("insert into public.things values ($1, $2)", number, f"thing {number}")
        if broken:
            raise broken
    return number


@closed
def make_sync(number: int) -> int:
    with transaction() as db:
        db.execute("insert into public.things values (%s, 'x')", [number])
    return number
