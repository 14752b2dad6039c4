"""GET /v1/audit/entities/{type}/{id}/history and /v1/audit/coverage."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx

from tests.http.auditing import READS, all_events
from tests.http.world import Headers, World


def values_of(events: list[dict[str, Any]]) -> list[Any]:
    """The diffs of a history."""
    return [event["diff"] for event in events]


async def test_the_history_of_a_record(
    client: httpx.AsyncClient, record: Callable[..., int], alice: Headers, world: World
) -> None:
    """Business events and row changes together, newest first, with what changed by column, in pages."""
    world.admin.execute("create table public.things (id int primary key, name text, size int)")
    world.admin.execute("select audit.watch('public.things', 'THING')")
    world.admin.execute("insert into public.things values (7, 'a', 1), (8, 'x', 1)")
    world.admin.execute("update public.things set name = 'b' where id = 7")
    record(kind="THING", entity="7", user="ann")
    world.admin.execute("delete from public.things where id = 7")
    path = "/v1/audit/entities/THING/7/history"
    found = await all_events(client, alice, path, limit=1)
    assert [event["action"] for event in found] == [
        "ROW_DELETED",
        "FTMS_BOOKING_CREATED",
        "ROW_UPDATED",
        "ROW_INSERTED",
    ]
    assert values_of(found)[2] == {"name": {"old": "a", "new": "b"}}
    assert values_of(found)[1] is None and "changes" not in found[0]
    assert await all_events(client, alice, "/v1/audit/entities/THING/9/history") == []


async def test_keys_of_any_form_name_a_record(
    client: httpx.AsyncClient, record: Callable[..., int], alice: Headers, world: World
) -> None:
    """With slashes, spaces, line ends, as JSON, or longer than the index holds."""
    world.admin.execute("create table public.words (word text primary key)")
    world.admin.execute("select audit.watch('public.words', 'WORD')")
    world.admin.execute("insert into public.words values (%s)", ["two\nlines\x1b"])
    path = "/v1/audit/entities/WORD/" + quote("two\nlines\x1b") + "/history"
    assert [event["action"] for event in await all_events(client, alice, path)] == ["ROW_INSERTED"]
    assert len(await all_events(client, alice, entity_id="two\nlines\x1b")) == 1
    for key in ("a/b", "a b?c#d", '{"a": 1, "b": "x/y"}', "ü" * 600, "history", "x/history"):
        event_id = record(entity=key)
        path = f"/v1/audit/entities/FTMS_BOOKING/{quote(key, safe='')}/history"
        found = await all_events(client, alice, path)
        assert [event["id"] for event in found] == [event_id], key


async def test_coverage(client: httpx.AsyncClient, record: Callable[..., int], alice: Headers, world: World) -> None:
    """Every table, as audit.v_coverage has it; on record as a read."""
    world.admin.execute("create table public.forgotten (id int)")
    answer = await client.get("/v1/audit/coverage", headers=alice)
    tables = {table["table_name"]: table for table in answer.json()["tables"]}
    assert tables["public.forgotten"]["coverage"] == "unwatched"
    assert tables["ftms.bookings"]["coverage"] == "watched"
    assert world.actions(answer) == [READS]
