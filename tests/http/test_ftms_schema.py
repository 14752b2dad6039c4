"""The sample's tables: every rule has a name and holds for everybody, and the application may do its work only."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from psycopg import errors

COLUMNS = "passenger_name, passenger_email, route, departs_at, seats, fare"
AGAIN = "insert into ftms.bookings ({0}, {1}) overriding system value select {0}, {1} from ftms.bookings"
BROKEN_RULES = {
    "routes_code_format": "insert into ftms.routes values ('oban', 'Oban', 1, 1)",
    "routes_capacity_positive": "insert into ftms.routes values ('AAA-BBB', 'A', 0, 1)",
    "routes_seat_fare_positive": "insert into ftms.routes values ('AAA-BBB', 'A', 1, -1)",
    "routes_pkey": "insert into ftms.routes values ('OBN-CST', 'Again', 1, 1)",
    "sailings_route_fkey": "insert into ftms.sailings values ('AAA-BBB', now(), 1)",
    "sailings_pkey": "insert into ftms.sailings select * from ftms.sailings",
    "sailings_within_capacity": "update ftms.sailings set seats_taken = capacity + 1",
    "bookings_reference_key": AGAIN.format("reference", COLUMNS),
    "bookings_pkey": AGAIN.format("id", COLUMNS),
    "bookings_reference_format": "update ftms.bookings set reference = 'FT-x'",
    "bookings_passenger_name_short": "update ftms.bookings set passenger_name = ''",
    "bookings_passenger_email_format": "update ftms.bookings set passenger_email = 'nobody'",
    "bookings_seats_sane": "update ftms.bookings set seats = 0",
    "bookings_fare_positive": "update ftms.bookings set fare = -1",
    "bookings_status_known": "update ftms.bookings set status = 'lost'",
    "bookings_sailing_fkey": "update ftms.bookings set departs_at = departs_at + interval '1 minute'",
    "bookings_cancelled_has_time": "update ftms.bookings set status = 'cancelled'",
    "bookings_cancelled_before_departure": "update ftms.bookings set status = 'cancelled', cancelled_at = departs_at",
}


@pytest.fixture
def booked(postgresql: psycopg.Connection[Any]) -> psycopg.Connection[Any]:
    """The superuser's connection to a database with one booking."""
    postgresql.execute("insert into ftms.sailings values ('OBN-CST', now() + interval '1 day', 40, 1)")
    postgresql.execute(
        "insert into ftms.bookings (passenger_name, passenger_email, route, departs_at, seats, fare)"
        " select 'A', 'a@example.org', route, departs_at, 1, 17.25 from ftms.sailings"
    )
    return postgresql


@pytest.mark.parametrize("rule", BROKEN_RULES)
def test_a_broken_rule_is_refused_by_name(booked: psycopg.Connection[Any], rule: str) -> None:
    """Whoever breaks a rule, were it a superuser, meets the constraint of that name."""
    with pytest.raises(errors.IntegrityError) as caught:
        booked.execute(BROKEN_RULES[rule].encode())
    assert caught.value.diag.constraint_name == rule


def test_every_rule_is_broken_here(postgresql: psycopg.Connection[Any]) -> None:
    """A constraint that no test breaks is one that nobody knows to hold."""
    rows = postgresql.execute(
        "select conname from pg_constraint"
        " where connamespace = 'ftms'::regnamespace and contype in ('c', 'f', 'p', 'u')"
    )
    assert {name for (name,) in rows} == set(BROKEN_RULES)


def test_ftms_owner_owns_everything_and_is_nobody(postgresql: psycopg.Connection[Any]) -> None:
    """Schema and tables belong to a role that cannot log in, and so do the rights of the application."""
    owners = postgresql.execute(
        "select distinct relowner::regrole::text from pg_class where relnamespace = 'ftms'::regnamespace"
        " union select nspowner::regrole::text from pg_namespace where nspname = 'ftms'"
    ).fetchall()
    assert owners == [("ftms_owner",)]
    logins = postgresql.execute("select rolname from pg_roles where rolname like 'ftms_%' and rolcanlogin").fetchall()
    assert not {"ftms_owner", "ftms_app"} & {name for (name,) in logins}


@pytest.mark.parametrize(
    "statement",
    [
        "delete from ftms.bookings",
        "truncate ftms.bookings",
        "update ftms.bookings set reference = 'FT-0000000000'",
        "update ftms.bookings set created_at = now()",
        "delete from ftms.sailings",
        "update ftms.sailings set capacity = 1000",
        "update ftms.routes set capacity = 1000",
        "insert into ftms.routes values ('AAA-BBB', 'A', 1, 1)",
        "alter table ftms.bookings disable trigger user",
        "drop table ftms.bookings",
        "create table ftms.mine ()",
    ],
)
def test_the_application_may_do_its_work_only(
    booked: psycopg.Connection[Any], login: Callable[..., str], connect: Callable[..., Any], statement: str
) -> None:
    """The business login is refused what no endpoint does."""
    connection = connect(login("ftms_app", "audit_app"))
    assert connection.execute("select count(*) from ftms.bookings").fetchone() == (1,)
    with pytest.raises(errors.InsufficientPrivilege):
        connection.execute(statement)


def test_strangers_see_nothing(
    booked: psycopg.Connection[Any], login: Callable[..., str], connect: Callable[..., Any]
) -> None:
    """A login without groups cannot even look into the schema."""
    connection = connect(login())
    for table in ("routes", "sailings", "bookings"):
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute(f"select from ftms.{table}")


def test_every_table_is_watched(booked: psycopg.Connection[Any]) -> None:
    """A change of any row of the sample, by hand and without context, is on record under the login that made it."""
    booked.execute("update ftms.routes set name = name || '!'")
    booked.execute("update ftms.sailings set capacity = 41")
    booked.execute("update ftms.bookings set notes = 'by hand'")
    rows = booked.execute(
        "select entity_type, count(*) from audit.audit_logs where action = 'ROW_UPDATED' and actor_proof = 'direct'"
        " and user_id is null and db_user = session_user and entity_type like 'FTMS%' group by 1 order by 1"
    ).fetchall()
    assert rows == [("FTMS_BOOKING", 1), ("FTMS_ROUTE", 3), ("FTMS_SAILING", 1)]
