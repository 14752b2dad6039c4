"""audit.read_events: pages in SQL, over any number of rows and partitions, with plans that use an index."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.database.test_maintain import drop_partitions
from tests.support import Login, one

QUERY = "select id, event::text from audit.read_events(%s::text::jsonb, %s, %s, null, 'ann', null, null)"
ROWS = 25_000


@pytest.fixture
def service(
    postgresql: psycopg.Connection[Any], login: Login, connect: Callable[..., psycopg.Connection[Any]]
) -> psycopg.Connection[Any]:
    """The service's session; ann may read events."""
    postgresql.execute("select iam.create_user('ann', 'Ann'), iam.create_role('auditor', 'Reads.')")
    postgresql.execute("select iam.grant_permission('auditor', 'audit.event.read'), iam.grant_role('ann', 'auditor')")
    return connect(login("audit_writer", "audit_app"))


def fill(connection: psycopg.Connection[Any], rows: int, months: int = 1) -> None:
    """So many rows straight into the log, spread over this month and those before; every 5000th is of the user rare."""
    connection.execute(
        """
        insert into audit.audit_logs (created_at, action, actor_proof, user_id, entity_type, entity_id)
        select now() - make_interval(months => n %% %s), 'FTMS_BOOKING_UPDATED', 'service',
          case when n %% 5000 = 0 then 'rare' else 'often' || n %% 10 end, 'FTMS_BOOKING', n %% 1000
        from generate_series(1, %s) as n
        """,
        (months, rows),
    )
    connection.execute("analyze audit.audit_logs")


def follow(
    service: psycopg.Connection[Any], filter_: dict[str, Any], most: int = 1000
) -> Iterator[list[tuple[int, str | None]]]:
    """Pages to the end."""
    before = None
    while True:
        rows = service.execute(QUERY, (json.dumps(filter_), before, most)).fetchall()
        yield rows
        if not rows or (len(rows) < most and rows[-1][1] is not None):
            return
        before = rows[-1][0]


def ids(service: psycopg.Connection[Any], filter_: dict[str, Any], most: int = 1000) -> list[int]:
    return [id_ for rows in follow(service, filter_, most) for id_, event in rows if event is not None]


def test_a_rare_event_is_found_in_steps(postgresql: psycopg.Connection[Any], service: psycopg.Connection[Any]) -> None:
    """A search that no index answers looks at a bounded number of rows at a time, and says where to go on."""
    fill(postgresql, ROWS)
    found = list(follow(service, {"actor": "rare"}, 10))
    assert len(found) > 2 and all(rows[-1][1] is None for rows in found[:-1])
    expected = [
        id_ for (id_,) in postgresql.execute("select id from audit.audit_logs where user_id = 'rare' order by id desc")
    ]
    assert [id_ for rows in found for id_, event in rows if event] == expected and len(expected) == ROWS // 5000


def test_months_that_nobody_asks_for_cost_nothing(
    postgresql: psycopg.Connection[Any], service: psycopg.Connection[Any]
) -> None:
    """Whole partitions are passed over in one step, however many rows they have."""
    fill(postgresql, ROWS)
    postgresql.execute(
        """
        insert into audit.audit_logs (created_at, action, actor_proof, user_id)
        values (date_trunc('month', now()) - interval '1 day', 'FTMS_BOOKING_CREATED', 'service', 'early')
        """
    )
    fill(postgresql, ROWS)
    (until,) = one(postgresql, "select date_trunc('month', now())::text")
    found = list(follow(service, {"until": until}, 10))
    assert len(found) == 1 and ids(service, {"until": until, "actor": "early"})


def test_pages_go_through_all_partitions(postgresql: psycopg.Connection[Any], service: psycopg.Connection[Any]) -> None:
    """Rows of several months and of the net, numbered across them, come in the order of ids, each once."""
    drop_partitions(postgresql)
    fill(postgresql, 3000, months=4)
    service.execute("select audit.read_events('{}', null, 1, null, 'ann', null, null)")  # its record comes before
    expected = [
        id_
        for (id_,) in postgresql.execute(
            "select id from audit.audit_logs where action <> 'AUDIT_LOG_READ' order by id desc"
        )
    ]
    assert ids(service, {}, 170) == expected
    walk = follow(service, {}, 500)
    told = [id_ for id_, event in next(walk) if event]
    postgresql.execute("select audit.maintain()")
    told += [id_ for rows in walk for id_, event in rows if event]
    assert told == expected


def test_large_events_make_short_pages(postgresql: psycopg.Connection[Any], service: psycopg.Connection[Any]) -> None:
    """A page ends where it becomes large, and the next one goes on behind it."""
    postgresql.execute("create table public.things (id int primary key, body text)")
    postgresql.execute("select audit.watch('public.things', 'THING')")
    postgresql.execute("insert into public.things select n, repeat('x', 1000000) from generate_series(1, 12) as n")
    for filter_ in ({"entity_type": "THING"}, {}):
        found = list(follow(service, filter_, 100))
        assert max(len(rows) for rows in found[:1]) < 8 and len(found) >= 3
    assert len(ids(service, {"entity_type": "THING", "action": "ROW_*"})) == 12


@pytest.mark.parametrize(
    ("filter_", "index"),
    [
        ({}, "_pkey"),
        ({"entity_type": "FTMS_BOOKING", "entity_id": "7"}, "entity_id"),
        ({"entity_id": "7"}, "entity_id"),
        ({"request_id": "r"}, "request_id"),
    ],
    ids=str,
)
def test_an_index_serves(
    postgresql: psycopg.Connection[Any], service: psycopg.Connection[Any], filter_: dict[str, str], index: str
) -> None:
    """What is not asked for is planned away, so that the filter meets its index."""
    fill(postgresql, ROWS)
    function = "events_by_index" if filter_ else "events_by_id"
    (source,) = one(postgresql, "select prosrc from pg_proc where oid = %s::regproc", f"audit_private.{function}")
    query = source.split("return query", 1)[1].rsplit(";", 2)[0]
    wanted = f"audit_private.parsed_filter('{json.dumps(filter_)}')"
    (literal,) = one(postgresql, f"select quote_literal({wanted}::text) || '::audit_private.event_filter'")
    for name, value in (
        ("(log, wanted,", f"(log, {literal},"),
        ("v_described", "'{}'"),
        (f"{function}.before", "99999999"),
        (f"{function}.most", "100"),
        ("between first_id and last_id", "between 100 and 10100"),
    ):
        query = query.replace(name, value)
    with postgresql.transaction(force_rollback=True):
        postgresql.execute("set local enable_seqscan = off")
        plan = "\n".join(line for (line,) in postgresql.execute(f"explain {query}".encode()))
    assert index in plan, plan
    assert "Seq Scan" not in plan and "is_wanted" not in plan, plan


Filters = st.fixed_dictionaries(
    {},
    optional={
        "actor": st.sampled_from(["a", "b", "login"]),
        "action": st.sampled_from(["X_A", "X_*", "X_B", "Y_*", "AUDIT_LOG_READ"]),
        "outcome": st.sampled_from(["success", "denied"]),
        "entity_type": st.sampled_from(["T", "U"]),
        "entity_id": st.sampled_from(["1", "2"]),
        "network": st.sampled_from(["192.0.2.0/24", "192.0.2.1/32", "::/0"]),
        "request_id": st.sampled_from(["r", "s"]),
        "reads": st.booleans(),
    },
)
Rows = st.fixed_dictionaries(
    {
        "user_id": st.sampled_from([None, "a", "b"]),
        "db_user": st.sampled_from(["login", "a"]),
        "action": st.sampled_from(["X_A", "X_B", "Y_A", "AUDIT_LOG_READ"]),
        "outcome": st.sampled_from(["success", "denied"]),
        "entity_type": st.sampled_from([None, "T", "U"]),
        "entity_id": st.sampled_from([None, "1", "2"]),
        "ip_address": st.sampled_from([None, "192.0.2.1", "192.0.2.9", "198.51.100.1", "2001:db8::1"]),
        "request_id": st.sampled_from([None, "r", "s"]),
    }
)


def matches(row: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """The predicate once more, in Python."""
    inside = {"192.0.2.0/24": "192.0.2.", "192.0.2.1/32": "192.0.2.1", "::/0": "2001"}
    action = wanted.get("action", "*")
    return all(
        (
            "actor" not in wanted or wanted["actor"] in (row["user_id"], row["db_user"]),
            row["action"].startswith(action[:-1]) if action.endswith("*") else row["action"] == action,
            *(
                wanted.get(name, row[name]) == row[name]
                for name in ("outcome", "entity_type", "entity_id", "request_id")
            ),
            "network" not in wanted or (row["ip_address"] or "").startswith(inside[wanted["network"]]),
            wanted.get("reads") or action == "AUDIT_LOG_READ" or row["action"] != "AUDIT_LOG_READ",
        )
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.lists(Rows, max_size=12), Filters)
def test_the_predicate_is_what_it_says(
    postgresql: psycopg.Connection[Any], rows: list[dict[str, Any]], wanted: dict[str, Any]
) -> None:
    """For any events and any filter, those are told that match all of it."""
    query = """
        select audit_private.is_wanted(
          jsonb_populate_record(null::audit.audit_logs, %s::text::jsonb), audit_private.parsed_filter(%s::text::jsonb),
          '{}'
        )
    """
    for row in rows:
        found = one(postgresql, query, json.dumps(row), json.dumps(wanted))
        assert bool(found[0]) == matches(row, wanted)
