"""What readers ask for most is found by an index, newest first, and row changes stand in few of them."""

from typing import Any

import psycopg
import pytest

from tests.support import one

FILL = """
insert into audit.audit_logs (created_at, action, actor_proof, outcome, user_id)
select now(), case when g % 5000 = 0 then 'TEST_DONE' else 'ROW_UPDATED' end, 'service',
  (case when g % 5000 = 1 then 'denied' else 'success' end)::audit.outcome, 'user-' || g % 5000
from generate_series(1, 20000) as g
"""


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("v_events where user_id = 'user-7'", "user_id_id_idx"),
        ("v_events where action = 'TEST_DONE'", "action_id_idx"),
        ("v_denials", "outcome_id_idx"),
        ("v_authentication", "action_id_idx"),
        ("audit_logs where outcome = 'failure'", "outcome_id_idx"),
    ],
)
def test_pages_are_found_by_an_index(postgresql: psycopg.Connection[Any], query: str, index: str) -> None:
    """The rare ones, for which the log would be read from its end until fifty are found."""
    postgresql.execute(FILL.encode())
    postgresql.execute("analyze audit.audit_logs")
    plan = postgresql.execute(f"explain select * from audit.{query} order by id desc limit 50".encode()).fetchall()
    text = "\n".join(line for (line,) in plan)
    (month,) = one(postgresql, "select 'audit_logs_' || to_char(now() at time zone 'UTC', 'YYYY_MM')")
    assert f"{month}_{index}" in text, text


def test_row_changes_are_in_no_index_of_events(postgresql: psycopg.Connection[Any]) -> None:
    """Capture pays for the indexes of actions and outcomes only what it takes to see that they are not concerned."""
    predicates = postgresql.execute(
        """
        select pg_get_expr(indpred, indrelid) from pg_index
        where indexrelid in ('audit.audit_logs_action_idx'::regclass, 'audit.audit_logs_outcome_idx'::regclass)
        """
    ).fetchall()
    for (predicate,) in predicates:
        for action in ("ROW_INSERTED", "ROW_UPDATED", "ROW_DELETED"):
            change = f"(values ('{action}', 'success'::audit.outcome)) as change (action, outcome)"
            assert one(postgresql, f"select {predicate} from {change}") == (False,)
