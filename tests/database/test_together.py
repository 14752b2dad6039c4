"""audit.transaction and audit.request: everything that belonged together, of what the login may see."""

from typing import Any

import psycopg
import pytest

from tests.support import Connect, Login, notices, one, plan_of


@pytest.fixture
def story(postgresql: psycopg.Connection[Any], login: Login, connect: Connect) -> psycopg.Connection[Any]:
    """A request changes two tables in one transaction, and its business event comes on the independent session."""
    for table in ("things", "secrets"):
        postgresql.execute(f"create table public.{table} (id int primary key)".encode())
        postgresql.execute(f"select audit.watch('public.{table}', '{table.upper()}')".encode())
    postgresql.execute("select audit.define_action('THING_MADE', 'A thing was made.', 'service')")
    with connect(login("audit_app", "audit_writer")) as application:
        postgresql.execute(f"grant insert on public.things, public.secrets to {application.info.user}".encode())
        with application.transaction():
            application.execute("select audit.set_context('ann', null, 'request-1')")
            application.execute("insert into public.things values (1); insert into public.secrets values (1)")
        application.execute(
            "select audit.record('THING_MADE', 'THINGS', '1', user_id => 'ann', request_id => 'request-1')"
        )
    postgresql.execute("insert into public.things values (2)")
    return postgresql


WANTED = [("ROW_INSERTED", "THINGS"), ("ROW_INSERTED", "SECRETS"), ("THING_MADE", "THINGS")]


def told(connection: psycopg.Connection[Any], call: str, *parameters: object) -> list[Any]:
    return connection.execute(f"select action, entity_type from {call}".encode(), parameters).fetchall()


def test_business_event_and_rows(story: psycopg.Connection[Any]) -> None:
    """By request and by the transaction of any of its rows: all of it, in order, and nothing else."""
    assert told(story, "audit.request('request-1')") == WANTED
    (transaction,) = one(story, "select distinct xid from audit.audit_logs where entity_type = 'SECRETS'")
    assert told(story, "audit.transaction(%s)", transaction) == WANTED
    (alone,) = one(story, "select xid from audit.audit_logs where (entity_type, entity_id) = ('THINGS', '2')")
    assert told(story, "audit.transaction(%s)", alone) == [("ROW_INSERTED", "THINGS")]
    assert told(story, "audit.request(null)") == []


def test_rows_of_tables_that_the_login_may_not_read(
    story: psycopg.Connection[Any], login: Login, connect: Connect
) -> None:
    """They are left out, also when the table is gone, and their number is said."""
    with connect(login("audit_investigator")) as reader:
        story.execute(f"grant select on public.things to {reader.info.user}".encode())
        heard = notices(reader)
        assert told(reader, "audit.request('request-1')") == [WANTED[0], WANTED[2]]
        story.execute("drop table public.secrets; revoke all on public.things from public")
        assert told(reader, "audit.request('request-1')") == [WANTED[0], WANTED[2]]
        assert heard == [f"1 more of tables that {reader.info.user} may not read"] * 2


@pytest.mark.parametrize(
    ("function", "arguments", "index"),
    [
        ("records_of_transaction", {"transaction": "'1'::xid8"}, "xid_idx"),
        ("records_of_request", {"request_id": "'request-1'"}, "request_id_idx"),
    ],
)
def test_indexes_serve(story: psycopg.Connection[Any], function: str, arguments: dict[str, str], index: str) -> None:
    """Neither reads the log from end to end."""
    plan = plan_of(story, function, **arguments)
    assert index in plan and "Seq Scan" not in plan
