"""GET /v1/audit/events: filters, pages that stay right, who may, and that reading is itself on record."""

from collections.abc import Callable
from typing import Any

import httpx
import psycopg
import pytest

from tests.http.auditing import READS, all_events, page, pages
from tests.http.world import Headers, LogIn, World, require_problem


async def test_events_are_as_they_stand_on_record(
    client: httpx.AsyncClient, record: Callable[..., int], alice: Headers, world: World
) -> None:
    """Every column of an event, times in UTC, numbers exactly as the database has them."""
    record(user="ann", address="192.0.2.7", request="r1", entity="7", description="made")
    found = (await page(client, alice, actor="ann"))["events"]
    (event,) = world.events("user_id = 'ann'")
    assert [one["id"] for one in found] == [event["id"]]
    told = found[0]
    assert told["created_at"].endswith("+00:00") and told["transaction_id"] == str(event["xid"])
    for name in ("action", "outcome", "user_id", "db_user", "actor_proof", "entity_type", "entity_id", "request_id"):
        assert told[name] == event[name]
    assert (told["ip_address"], told["description"]) == ("192.0.2.7", "made")
    world.admin.execute("create table public.sums (id int primary key, amount numeric)")
    world.admin.execute("select audit.watch('public.sums', 'SUM')")
    world.admin.execute("insert into public.sums values (1, 12345678901234567890.12345678901234567890)")
    answer = await client.get("/v1/audit/events?entity_type=SUM", headers=alice)
    assert "12345678901234567890.12345678901234567890" in answer.text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"actor": "ann"}, [1]),
        ({"actor": "nobody"}, []),
        ({"outcome": "denied"}, [2]),
        ({"entity_type": "FTMS_BOOKING"}, [4, 3, 2, 1]),
        ({"entity_id": "e2"}, [2]),
        ({"entity_id": "e2", "entity_type": "OTHER"}, []),
        ({"network": "192.0.2.0/24"}, [2, 1]),
        ({"network": "192.0.2.2"}, [2]),
        ({"network": "2001:db8::/32"}, [3]),
        ({"network": "::ffff:192.0.2.1"}, [1]),
        ({"request_id": "r3"}, [3]),
        ({"text": "second ferry"}, [2]),
        ({"text": "ferry -second"}, [1]),
        ({"text": '"ferry second"'}, []),
        ({"text": "booking"}, [4, 3]),  # the words of the code, where an event has none of its own
        ({"action": "FTMS_BOOKING_*"}, [4, 3, 2, 1]),
        ({"action": "FTMS_*", "outcome": "denied"}, [2]),
        ({"action": "FTMS_BOOKING"}, []),
        ({"action": "FTMS"}, []),
    ],
    ids=str,
)
async def test_each_filter_finds_its_events(
    client: httpx.AsyncClient,
    record: Callable[..., int],
    alice: Headers,
    query: dict[str, str],
    found: list[int],
) -> None:
    """Newest first, those that match all of it, and no others."""
    ids = {
        record(user="ann", address="192.0.2.1", entity="e1", request="r1", description="The first ferry"): 1,
        record("denied", user="bea", address="192.0.2.2", entity="e2", description="A second ferry"): 2,
        record(user="cid", address="2001:db8::1", request="r3"): 3,
        record(user="dan"): 4,
    }
    events = await all_events(client, alice, **{"entity_type": "FTMS_BOOKING", **query})
    assert [ids[event["id"]] for event in events] == found


async def test_a_login_of_the_database_is_an_actor_too(
    client: httpx.AsyncClient, record: Callable[..., int], alice: Headers, world: World
) -> None:
    """Who wrote in SQL is found by the login."""
    world.admin.execute("select iam.create_user('eve', 'Eve')")
    found = await all_events(client, alice, actor=world.admin.info.user, action="IAM_USER_CREATED", limit=1000)
    assert "eve" in {event["entity_id"] for event in found}


async def test_times_bound_what_happened(
    client: httpx.AsyncClient, record: Callable[..., int], alice: Headers, world: World
) -> None:
    """since is part of the answer, until is not."""
    ids = [record(user="ann") for _ in range(3)]
    times = [event["created_at"].isoformat() for event in world.events("id = any(%s)", ids)]
    found = await all_events(client, alice, actor="ann", since=times[1], until=times[2])
    assert [event["id"] for event in found] == [ids[1]]
    assert await all_events(client, alice, actor="ann", since=times[2], until=times[0]) == []


async def test_pages_are_one_answer(client: httpx.AsyncClient, record: Callable[..., int], alice: Headers) -> None:
    """Pages of any size, put together, are all events newest first, without a gap, an overlap or an empty last page."""
    ids = [record(user="ann") for _ in range(10)]
    for limit in (1, 3, 5, 10, 1000):
        found = await pages(client, alice, actor="ann", limit=limit)
        assert [event["id"] for events in found for event in events] == ids[::-1]
        assert len(found) == -(-10 // limit)


async def test_pages_stay_right_while_rows_arrive(
    client: httpx.AsyncClient,
    record: Callable[..., int],
    alice: Headers,
    login: Callable[..., str],
    connect: Callable[..., psycopg.Connection[Any]],
) -> None:
    """What was there is told once, whatever comes in between; what was numbered early and committed late comes too."""
    late = connect(login("audit_writer", "audit_app"), autocommit=False)
    first = [record(user="ann") for _ in range(4)]
    late.execute("select audit.record('FTMS_BOOKING_UPDATED', user_id => 'ann')")
    ids = first + [record(user="ann") for _ in range(4)]
    found = await page(client, alice, actor="ann", limit=2)
    told = [event["id"] for event in found["events"]]
    while found["has_more"]:
        record(user="ann")
        if len(told) == 2:
            late.commit()
        found = await page(client, alice, actor="ann", limit=2, cursor=found["cursor"])
        told += [event["id"] for event in found["events"]]
    assert told == sorted(told, reverse=True)
    assert len(told) == 9 and set(ids) < set(told)


async def test_a_cursor_belongs_to_its_question(
    client: httpx.AsyncClient, record: Callable[..., int], alice: Headers
) -> None:
    """With other filters, cut, or made up, it is refused; with another limit it goes on."""
    for _ in range(4):
        record(user="ann")
    cursor = (await page(client, alice, actor="ann", limit=1))["cursor"]
    for query in (
        {"cursor": cursor},
        {"actor": "bea", "cursor": cursor},
        {"actor": "ann", "cursor": cursor[:-1]},
        {"actor": "ann", "cursor": cursor + "A"},
        {"actor": "ann", "cursor": "A"},
        {"actor": "ann", "cursor": "-"},
    ):
        problem = require_problem(await client.get("/v1/audit/events", params=query, headers=alice), 422)
        assert [error["field"] for error in problem["errors"]] == ["cursor"]
    assert len((await page(client, alice, actor="ann", limit=3, cursor=cursor))["events"]) == 3


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=x", "limit"),
        ("limit=99999999999999999999999", "limit"),
        ("actor=", "actor"),
        ("actor=a&actor=b", "actor"),
        ("acter=ann", "acter"),
        ("actor=a%00b", "actor"),
        ("actor=%1b[2J", "actor"),
        ("actor=" + "a" * 201, "actor"),
        ("action=row_updated", "action"),
        ("action=ROW%25", "action"),
        ("action=*", "action"),
        ("outcome=maybe", "outcome"),
        ("network=example.org", "network"),
        ("network=192.0.2.0/33", "network"),
        ("network=fe80::1%25eth0", "network"),
        ("network=192.0.2.1,192.0.2.2", "network"),
        ("network=,", "network"),
        ("since=yesterday", "since"),
        ("since=1700000000", "since"),
        ("since=2026-01-01", "since"),
        ("since=2026-01-01T00:00:00", "since"),
        ("since=0001-01-01T00:00:00%2B14:00", "since"),
        ("until=9999-12-31T23:59:59-14:00", "until"),
        ("until=2026-02-30T00:00:00Z", "until"),
        ("text=%26%7C!", "text"),
        ("cursor=%00", "cursor"),
        ("entity_id=%00", "entity_id"),
        ("reads=perhaps", "reads"),
    ],
)
async def test_what_makes_no_sense_is_refused_by_field(
    client: httpx.AsyncClient, record: Callable[..., int], alice: Headers, query: str, field: str
) -> None:
    """422 names the parameter and never repeats what was sent: a mistyped filter must not show everything."""
    problem = require_problem(await client.get(f"/v1/audit/events?{query}", headers=alice), 422)
    assert {error["field"] for error in problem["errors"]} == {field}


@pytest.mark.parametrize(
    "query",
    [
        "since=0001-01-01T00:00:00Z",
        "until=9999-12-31T23:59:59.999999Z",
        "until=0001-01-01T00:00:00Z",
        "since=9999-12-31T23:59:59Z",
        "text=%27%22%3A*%26%20or%20-",
        "text=1",
        "entity_id=" + "x" * 4000,
        "entity_id=%7B%22a%22%3A%201%7D",
        "network=::/0",
        "network=0.0.0.0/0",
        "actor=%F0%9F%9B%B3",
        "reads=1",
    ],
)
async def test_the_edges_of_sense_are_answered(
    client: httpx.AsyncClient, record: Callable[..., int], alice: Headers, query: str
) -> None:
    """The first and the last day, all networks, long keys, words that look like operators."""
    answer = await client.get(f"/v1/audit/events?{query}", headers=alice)
    assert answer.status_code == 200, answer.text


async def test_only_who_may_read_does(
    client: httpx.AsyncClient, record: Callable[..., int], log_in: LogIn, world: World
) -> None:
    """401 for nobody, 403 for a user without the permission, and each refusal is on record."""
    for path in ("events", "events/1", "entities/FTMS_BOOKING/1/history", "coverage", "stream"):
        require_problem(await client.get(f"/v1/audit/{path}"), 401)
        refused = await client.get(f"/v1/audit/{path}", headers=await log_in("bob"))
        require_problem(refused, 403)
        event = world.one_event(refused)
        assert (event["action"], event["permission"], event["user_id"]) == (
            "RBAC_PERMISSION_DENIED",
            "audit.event.read",
            "bob",
        )


async def test_reading_is_on_record(
    client: httpx.AsyncClient, record: Callable[..., int], alice: Headers, world: World
) -> None:
    """Who read what, from where, with which filters: the first of each in a minute."""
    answer = await client.get("/v1/audit/events?actor=ann&limit=5", headers=alice)
    event = world.one_event(answer)
    assert (event["action"], event["user_id"], event["actor_proof"]) == (READS, "alice", "sealed")
    assert (event["entity_type"], event["entity_id"], str(event["ip_address"])) == (
        "AUDIT_VIEW",
        "http events",
        "203.0.113.7",
    )
    assert event["metadata"] == {"filter": {"actor": "ann"}}


async def test_polling_does_not_fill_the_log(
    client: httpx.AsyncClient, record: Callable[..., int], alice: Headers, world: World
) -> None:
    """The same question again and again is one record a minute, and none of them shows in a list that did not ask."""
    first = await page(client, alice)
    for _ in range(20):
        assert await page(client, alice) == first
    reads = world.events("action = %s and user_id = 'alice'", READS)
    minutes = {event["created_at"].replace(second=0, microsecond=0) for event in reads}
    assert len(reads) == len(minutes)
    assert READS not in {event["action"] for event in await all_events(client, alice)}
    for query in ({"reads": "true"}, {"action": READS}, {"action": "AUDIT_LOG_READ"}):
        shown = await all_events(client, alice, **query)
        assert READS in {event["action"] for event in shown}


def test_the_database_itself_asks_for_the_permission(
    record: Callable[..., int], login: Callable[..., str], connect: Callable[..., psycopg.Connection[Any]]
) -> None:
    """A login of the service reads nothing on nobody's account, nor on that of a user who may not."""
    service = connect(login("audit_writer", "audit_app"))
    for user in (None, "bob", "carol", "dave", "mallory"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            service.execute("select * from audit.read_events('{}', null, 10, null, %s, null, null)", [user])
    alone = connect(login("audit_writer"))
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        alone.execute("select * from audit.read_events('{}', null, 10, null, 'alice', null, null)")


async def test_masked_values_stay_masked(
    client: httpx.AsyncClient, record: Callable[..., int], alice: Headers, world: World
) -> None:
    """What capture did not keep, no reader gets: neither in lists nor in histories."""
    world.admin.execute("create table public.cards (id int primary key, number text)")
    world.admin.execute("select audit.watch('public.cards', 'CARD', mask => array['number'])")
    world.admin.execute("insert into public.cards values (1, 'canary 1')")
    world.admin.execute("update public.cards set number = 'canary 2'")
    paths = ("/v1/audit/events?entity_type=CARD", "/v1/audit/entities/CARD/1/history")
    answers = [await client.get(path, headers=alice) for path in paths]
    assert all("***" in answer.text and "canary" not in answer.text for answer in answers)
