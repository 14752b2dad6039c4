"""iam.require_permission(): stops what is not permitted, and what it refused is on record whatever is undone."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.requiring import PERMISSION, TOLD, denials, refuse, require
from tests.support import Connect, Login, events, last_id, one


@pytest.fixture
def application(
    postgresql: psycopg.Connection, people: None, login: Login, connect: Connect
) -> Iterator[psycopg.Connection[Any]]:
    """A login that says for whom it acts, in a database that is drained."""
    one(postgresql, "select audit.drain()")
    with connect(login("audit_app")) as connection:
        yield connection


def test_who_holds_it_goes_on_without_a_record(postgresql: psycopg.Connection, application: psycopg.Connection) -> None:
    """A permission that is held stops nothing, is no event, and costs a transaction nothing."""
    with application.transaction():
        application.execute("set transaction read only; select audit.set_context('ann', null, null)")
        assert one(application, "select iam.require_permission(%s)", PERMISSION) == ("",)
        assert one(application, "select pg_current_xact_id_if_assigned()") == (None,)
    assert denials(postgresql) == []


@pytest.mark.parametrize(
    ("user", "permission"),
    [
        ("bob", PERMISSION),
        ("ann", "shop.order.lose"),
        ("dan", PERMISSION),
        ("eve", PERMISSION),
        ("ian", PERMISSION),
        (None, PERMISSION),
        ("ann", "x\r\ny"),
        ("ann", None),
        ("é" * 300, "p" * 300),
    ],
)
def test_the_record_is_that_of_check_permission(
    postgresql: psycopg.Connection, application: psycopg.Connection, user: str | None, permission: str | None
) -> None:
    """Action, permission, reason, user and proof, address, request and login: just what the service records."""
    who = {"user_id": user, "ip_address": "10.0.0.1", "request_id": "r1"}
    require(application, permission, **who)
    one(
        application, "select iam.check_permission(%s, user_id => %s, ip_address => %s, request_id => %s)", permission,
        *who.values(),
    )  # fmt: skip
    mark = last_id(postgresql)
    assert one(postgresql, "select audit.drain()") == (1,)
    (checked,) = events(postgresql, "id = %s", mark)
    (required,) = events(postgresql, "id > %s", mark)
    assert {name: required[name] for name in TOLD} == {name: checked[name] for name in TOLD}
    assert required["created_at"] < checked["created_at"] < required["recorded_at"]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    words=st.tuples(*[st.none() | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))] * 3),
)
def test_whatever_is_said_is_recorded_as_the_service_would(
    postgresql: psycopg.Connection, application: psycopg.Connection, words: tuple[str | None, str | None, str | None]
) -> None:
    """Any permission, user and request id, odd characters included, leave the same record on both ways."""
    permission, user, request = words
    query = "select iam.{}_permission(%s, user_id => %s, request_id => %s)"
    refuse(application, query.format("require"), permission, user, request)
    application.execute(query.format("check").encode(), words)
    mark = last_id(postgresql)
    assert one(postgresql, "select audit.drain()") == (1,)
    pair = events(postgresql, "id >= %s", mark)
    assert len(pair) == 2
    assert {name: pair[0][name] for name in TOLD} == {name: pair[1][name] for name in TOLD}


def test_the_transactions_own_user(postgresql: psycopg.Connection, application: psycopg.Connection) -> None:
    """Inside a context nobody has to be named; who acts later in the same transaction changes no earlier record."""
    application.execute("begin; select audit.set_context('bob', '10.0.0.7', 'first'); savepoint s")
    require(application)
    application.execute("rollback to s; select audit.set_context('dan', '10.0.0.8', 'second')")
    require(application)
    application.execute("rollback")
    require(application)
    told = [
        (row["user_id"], str(row["ip_address"]), row["request_id"], row["actor_proof"]) for row in denials(postgresql)
    ]
    assert told == [
        ("bob", "10.0.0.7", "first", "service"),
        ("dan", "10.0.0.8", "second", "service"),
        (None, "None", None, "direct"),
    ]


ASK = f"select iam.require_permission('{PERMISSION}', user_id => 'bob', request_id => 'r')"
SWALLOW = (
    "do $$ begin perform iam.require_permission('%s', user_id => 'bob'); "
    "exception when sqlstate 'ID015' then null; end $$"
)


@pytest.mark.parametrize("isolation", ["read committed", "repeatable read", "serializable"])
@pytest.mark.parametrize("mode", ["read only", "read write"])
def test_it_outlives_the_whole_transaction(
    postgresql: psycopg.Connection, application: psycopg.Connection, isolation: str, mode: str
) -> None:
    """Rolled back as a whole, in every isolation, reading only or not, after work that is undone with it."""
    application.execute(f"begin isolation level {isolation}, {mode}".encode())
    if mode == "read write":
        application.execute("create temp table work (id int); insert into work values (1)")
    refuse(application, ASK)
    application.execute("rollback")
    (event,) = denials(postgresql)
    assert (event["user_id"], event["request_id"], event["outcome"]) == ("bob", "r", "denied")


def test_it_outlives_savepoints_and_handlers(postgresql: psycopg.Connection, application: psycopg.Connection) -> None:
    """A caller who swallows the error and commits, or rolls back to a savepoint, was refused, once each."""
    application.execute((SWALLOW % "shop.a").encode())
    application.execute(f"begin; savepoint a; {SWALLOW % 'shop.b'}; rollback to a; commit".encode())
    application.execute(f"begin; savepoint a; savepoint b; {SWALLOW % 'shop.c'}; rollback".encode())
    nested = f"do $o$ begin begin {(SWALLOW % 'shop.d').replace('do $$', '').rstrip('$ ').strip()}; raise 'over'; "
    application.execute(f"{nested} exception when others then null; end; end $o$".encode())
    application.execute("begin")
    application.execute((SWALLOW % "shop.e").encode())
    application.execute("rollback")
    assert [row["permission"] for row in denials(postgresql)] == [f"shop.{letter}" for letter in "abcde"]
    assert denials(postgresql) == events(postgresql, "permission is not null")


@pytest.mark.parametrize("end", ["commit", "rollback"])
def test_prepared_transactions(postgresql: psycopg.Connection, application: psycopg.Connection, end: str) -> None:
    """A refusal that was swallowed before PREPARE TRANSACTION is on record before anybody decides about that."""
    name = f"{application.info.dbname}-{end}"
    postgresql.execute("create table public.work (id int); grant insert on public.work to public")
    application.execute(f"begin; insert into public.work values (1); {SWALLOW % PERMISSION}".encode())
    application.execute(f"prepare transaction '{name}'".encode())
    try:
        assert len(denials(postgresql)) == 1
    finally:
        application.execute(f"{end} prepared '{name}'".encode())
    assert len(denials(postgresql)) == 1


def test_the_moment_is_that_of_the_attempt(postgresql: psycopg.Connection, application: psycopg.Connection) -> None:
    """Neither that of the transaction, nor that of the drain, whatever the session's time zone and styles are."""
    application.execute("set timezone = 'Asia/Tokyo'; set datestyle = 'German, DMY'; begin; select pg_sleep(0.05)")
    (before,) = one(postgresql, "select clock_timestamp()")
    require(application, user_id="bob")
    (after,) = one(postgresql, "select clock_timestamp()")
    application.execute("rollback")
    (event,) = denials(postgresql)
    assert before <= event["created_at"] <= after <= event["recorded_at"]
    assert event["time_source"] == "database"


def test_a_drain_has_it_once(
    postgresql: psycopg.Connection, application: psycopg.Connection, login: Login, connect: Connect
) -> None:
    """The second drain finds nothing, also after one that was undone."""
    require(application)
    with connect(login("audit_admin")) as administrator:
        with administrator.transaction(force_rollback=True):
            assert one(administrator, "select audit.drain()") == (1,)
        assert [one(administrator, "select audit.drain()") for _ in range(3)] == [(1,), (0,), (0,)]
    assert len(denials(postgresql)) == 1


def test_revoking_takes_effect_at_once(postgresql: psycopg.Connection, application: psycopg.Connection) -> None:
    """From the next statement on, in a transaction that began before."""
    application.execute("begin; select audit.set_context('ann', null, null)")
    one(application, "select iam.require_permission(%s)", PERMISSION)
    postgresql.execute("select iam.revoke_permission('shop_clerk', %s)", (PERMISSION,))
    require(application)
    application.execute("rollback")
    assert [row["metadata"]["reason"] for row in denials(postgresql)] == ["not_granted"]
