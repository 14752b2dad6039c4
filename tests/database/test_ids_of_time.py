"""audit.id_since: from which id on the events of a time stand, and that no event is missed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support import Connect, Login, last_id, one

INSERT = """
insert into audit.audit_logs (created_at, recorded_at, action, actor_proof) values (%s, %s, 'TEST_DONE', 'direct')
"""
# Minutes from the record before, minutes that its claimed time is older, and those by which a clock was set back.
STEPS = st.lists(
    st.tuples(
        st.one_of(st.integers(0, 90), st.integers(0, 80 * 1440)),
        st.one_of(st.just(0), st.integers(0, 50), st.integers(0, 30 * 1440)),
        st.integers(0, 59),
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS, looks=st.lists(st.tuples(st.integers(0, 24), st.integers(-100, 100)), min_size=1, max_size=8))
def test_no_event_is_missed(
    postgresql: psycopg.Connection[Any], steps: list[tuple[int, int, int]], looks: list[tuple[int, int]]
) -> None:
    """Late, claimed, recorded while a clock was set back, after months of silence: each has an id above it."""
    with postgresql.transaction(force_rollback=True):
        first, at = last_id(postgresql), datetime.now(UTC) + timedelta(days=1)
        rows = []
        for gap, late, back in steps:
            at += timedelta(minutes=gap)
            recorded = at - timedelta(minutes=back)
            rows.append((recorded - timedelta(minutes=late), recorded))
        with postgresql.cursor() as cursor:
            cursor.executemany(INSERT, rows)
        for place, shift in looks:
            moment = rows[place % len(rows)][0] + timedelta(minutes=shift)
            wrong = postgresql.execute(
                """
                select id, created_at from audit.audit_logs
                where id > %(first)s and created_at >= %(moment)s and id <= (select audit.id_since(%(moment)s))
                """,
                {"first": first, "moment": moment},
            ).fetchall()
            assert wrong == [], (moment, rows)


def test_the_id_is_close(postgresql: psycopg.Connection[Any]) -> None:
    """No further off than the events of an hour; before the first event it is 0."""
    first, start = last_id(postgresql), datetime.now(UTC) + timedelta(days=3)
    with postgresql.cursor() as cursor:
        cursor.executemany(INSERT, [(start + timedelta(minutes=n),) * 2 for n in range(1000)])
    (since,) = one(postgresql, "select audit.id_since(%s)", start + timedelta(minutes=500))
    assert first + 500 - 62 < since <= first + 500
    assert one(postgresql, "select audit.id_since('2001-01-01'), audit.id_since('-infinity')") == (0, 0)
    (last,) = one(postgresql, "select max(id) from audit.audit_logs")
    assert one(postgresql, "select audit.id_since('infinity'), audit.id_since(%s)", start + timedelta(days=90)) == (
        last, last,
    )  # fmt: skip


def test_readers_may_ask(postgresql: psycopg.Connection[Any], login: Login, connect: Connect) -> None:
    """A search by time through a view, as the page for BI tools has it, finds what happened."""
    postgresql.execute("select audit.define_action('TEST_DONE', 'A test.', 'service')")
    with connect(login("audit_reader")) as reader:
        found = reader.execute(
            """
            select action from audit.v_events
            where created_at >= now() - interval '1 hour' and id > (select audit.id_since(now() - interval '1 hour'))
            order by id desc limit 1
            """
        ).fetchall()
    assert found == [("AUDIT_ACTION_DEFINED",)]
