"""audit.events_between: what became visible between two snapshots, each event once."""

from itertools import pairwise
from typing import Any

import psycopg

from tests.support import Connect, one, plan_of


def test_late_commits_are_found(postgresql: psycopg.Connection[Any], admin_dsn: str, connect: Connect) -> None:
    """An event that was numbered early and committed late comes with the look after its commit, and with no other."""
    record = "select audit.record('AUTH_LOGIN_OVERLOADED', outcome => 'failure', entity_id => %s)"
    looks = [one(postgresql, "select pg_current_snapshot()::text")[0]]
    with connect(admin_dsn, autocommit=False) as late, connect(admin_dsn, autocommit=False) as undone:
        late.execute(record, ("late",))
        undone.execute(record, ("undone",))
        postgresql.execute(record, ("early",))
        looks.append(one(postgresql, "select pg_current_snapshot()::text")[0])
        late.commit()
        undone.rollback()
        looks.append(one(postgresql, "select pg_current_snapshot()::text")[0])
    looks.append(one(postgresql, "select pg_current_snapshot()::text")[0])
    query = "select entity_id from audit.events_between(%s::pg_snapshot, %s::pg_snapshot)"
    found = [postgresql.execute(query, pair).fetchall() for pair in pairwise(looks)]
    assert found == [[("early",)], [("late",)], []]


def test_an_index_serves(postgresql: psycopg.Connection[Any]) -> None:
    """Following the log never scans it."""
    plan = plan_of(postgresql, "records_between", previous="'1:9:2'::pg_snapshot", present="'1:99:'::pg_snapshot")
    assert "xid_idx" in plan and "Seq Scan" not in plan
