"""audit.as_of: what it refuses, what it cannot know, and whose code it runs."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from psycopg import errors

from tests.support import Connect, Login, notices, one

PAST = "select * from audit.as_of(null::public.things, %s) order by 1"


@pytest.fixture
def watched(postgresql: psycopg.Connection[Any]) -> psycopg.Connection[Any]:
    """Three rows that were there before the table was watched; one column is masked."""
    postgresql.execute(
        """
        create table public.things (id int primary key, name text, secret text);
        insert into public.things select g, 'old', 's' from generate_series(1, 3) as g;
        select audit.watch('public.things', 'THING', mask => '{secret}')
        """
    )
    return postgresql


def moment(connection: psycopg.Connection[Any]) -> object:
    return one(connection, "select clock_timestamp()")[0]


def past(connection: psycopg.Connection[Any], at: object) -> list[tuple[Any, ...]]:
    return connection.execute(PAST, (at,)).fetchall()


def test_the_table_as_it_stood(watched: psycopg.Connection[Any]) -> None:
    """Across updates, changed keys, deletions, TRUNCATE and new rows; masked values are NULL, and it is said."""
    told = notices(watched)
    before = moment(watched)
    watched.execute("update public.things set name = 'new' where id = 1; update public.things set id = 5 where id = 2")
    between = moment(watched)
    watched.execute(
        "delete from public.things where id = 3; insert into public.things values (2, 'other'), (9, 'nine')"
    )
    watched.execute("truncate public.things")
    assert past(watched, before) == [(1, "old", None), (2, "old", None), (3, "old", None)]
    assert past(watched, between) == [(1, "new", None), (3, "old", None), (5, "old", None)]
    assert past(watched, moment(watched)) == []
    assert told == ["NULL, because their values are not on record: secret"] * 3


def test_before_the_watch_is_an_error(watched: psycopg.Connection[Any]) -> None:
    """What is not on record is refused (ID012), with the moment from which on it is; rows are never invented."""
    with pytest.raises(psycopg.Error, match=r"how public\.things stood at 2020-01-01 .* is not on record") as refusal:
        past(watched, "2020-01-01")
    assert refusal.value.sqlstate == "ID012"
    assert "without a gap, since" in str(refusal.value.diag.message_hint)
    for table in ("create table public.others (id int)", "create view public.others_seen as select 1 as id"):
        watched.execute(table.encode())
    with pytest.raises(psycopg.Error, match="is not watched"):
        watched.execute("select * from audit.as_of(null::public.others, now())")
    for wrong in ("null::public.others_seen", "1", "null::text"):
        with pytest.raises(errors.DatatypeMismatch, match="wants a row of a table"):
            watched.execute(f"select audit.as_of({wrong}, now())".encode())


@pytest.mark.parametrize(
    ("gap", "words"),
    [
        ("alter table public.things disable trigger all", "is not on record"),
        ("alter table public.things disable trigger all; select audit.watch('public.things')", "is not on record"),
        (
            "select audit.unwatch('public.things'), audit.watch('public.things', 'THING')",
            "stood at .* is not on record",
        ),
        ("select audit.watch('public.things', operations => '{insert}')", "is not on record"),
        ("select audit.watch('public.things', entity_type => 'OTHER')", "stood at .* is not on record"),
        ("alter table public.things drop constraint things_pkey, add primary key (id, name)", "is not on record"),
    ],
)
def test_a_gap_is_an_error(watched: psycopg.Connection[Any], gap: str, words: str) -> None:
    """Where changes may be missing from the log, or keys mean other rows, nothing is rebuilt across it (ID012)."""
    before = moment(watched)
    for statement in gap.split("; "):
        watched.execute(statement.encode())
    with pytest.raises(psycopg.Error, match=words) as refusal:
        past(watched, before)
    assert refusal.value.sqlstate == "ID012"


def test_capture_that_is_off_is_an_error(watched: psycopg.Connection[Any]) -> None:
    """While it is, nothing is known of any moment (ID012)."""
    watched.execute("alter table public.things disable trigger all")
    with pytest.raises(psycopg.Error, match="capture was disabled or replaced") as refusal:
        past(watched, moment(watched))
    assert refusal.value.sqlstate == "ID012"


def test_writers_during_watch_are_no_gap(postgresql: psycopg.Connection[Any], admin_dsn: str, connect: Connect) -> None:
    """The record begins when the triggers are there, not when they were asked for and had to wait for a writer."""
    postgresql.execute("create table public.things (id int primary key, name text, secret text)")
    waiting = "select exists (select from pg_locks where not granted and relation = 'public.things'::regclass)"
    with connect(admin_dsn, autocommit=False) as writer, connect(admin_dsn) as owner, ThreadPoolExecutor(1) as pool:
        writer.execute("insert into public.things values (1, 'unrecorded')")
        watch = pool.submit(owner.execute, b"select audit.watch('public.things', 'THING')")
        while one(postgresql, waiting) == (False,):
            time.sleep(0.01)
        before = moment(postgresql)
        writer.commit()
        watch.result()
    with pytest.raises(psycopg.Error, match="is not on record"):
        past(postgresql, before)


def test_partitions_that_came_and_went(postgresql: psycopg.Connection[Any]) -> None:
    """Rows of a partition attached since were not there; one that was detached leaves nothing to rebuild from."""
    postgresql.execute(
        """
        create table public.things (id int primary key, name text) partition by range (id);
        create table public.low partition of public.things for values from (0) to (10);
        create table public.high (id int primary key, name text);
        insert into public.things values (1, 'low');
        insert into public.high values (11, 'high');
        select audit.watch('public.things', 'THING')
        """
    )
    before = moment(postgresql)
    postgresql.execute("alter table public.things attach partition public.high for values from (10) to (20)")
    postgresql.execute("update public.things set name = 'new'")
    assert past(postgresql, before) == [(1, "low")]
    postgresql.execute("alter table public.things detach partition public.low")
    with pytest.raises(psycopg.Error, match="a partition was dropped or detached since") as refusal:
        past(postgresql, before)
    assert refusal.value.sqlstate == "ID012"


def test_values_that_the_present_type_cannot_hold(watched: psycopg.Connection[Any]) -> None:
    """Of a column that was retyped they are NULL, and it is said; all others are what they were."""
    watched.execute("insert into public.things values (7, '7')")
    before = moment(watched)
    watched.execute("update public.things set name = '8'")
    watched.execute("alter table public.things alter name type int using name::int")
    told = notices(watched)
    assert past(watched, before) == [(1, None, None), (2, None, None), (3, None, None), (7, 7, None)]
    assert "of another type then: name" in told


def test_what_the_client_has_set_is_no_matter(watched: psycopg.Connection[Any]) -> None:
    """Also in READ ONLY transactions and at any isolation; the settings are the client's again afterwards."""
    watched.execute(
        "alter table public.things add at timestamptz default '2026-07-01 12:00+00', add f float8 default 0.1"
    )
    before = moment(watched)
    watched.execute(
        "update public.things set at = now(), f = 0.30000000000000004 where id < 3; delete from public.things"
    )
    watched.execute("set timezone = 'Asia/Tokyo'; set datestyle = 'German'; set extra_float_digits = -10")
    watched.execute("begin isolation level serializable read only")
    rows = watched.execute(
        "select count(*), min(f) from audit.as_of(null::public.things, %s) where at = '2026-07-01 12:00Z'", (before,)
    )
    assert rows.fetchone() == (3, 0.1)
    assert one(watched, "show timezone") == ("Asia/Tokyo",)
    watched.execute("rollback")


def test_who_may(watched: psycopg.Connection[Any], login: Login, connect: Connect) -> None:
    """An investigator whose login may read the table, not through SET ROLE, and with no row security in the way."""
    calls = [
        "select * from audit.as_of(null::public.things, now())",
        "select * from audit.past_rows('public.things', now())",
        "select * from audit.history('public.things', '1')",
        "select * from audit.blame('public.things', '1')",
        "select audit.undo_sql('public.things', '1')",
    ]
    watched.execute("update public.things set name = 'new'")

    def refused(connection: psycopg.Connection[Any]) -> None:
        for call in calls:
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute(call.encode())

    with connect(login("audit_investigator")) as blind, connect(login("audit_reader")) as reader:
        refused(blind)
        watched.execute(f"grant select on public.things to {reader.info.user}".encode())
        refused(reader)
        watched.execute(f"grant {reader.info.user} to {blind.info.user} with inherit false, set true".encode())
        blind.execute(f"set role {reader.info.user}".encode())
        refused(blind)
        blind.execute("reset role")
        watched.execute(f"grant select on public.things to {blind.info.user}".encode())
        for call in calls:
            blind.execute(call.encode())
        watched.execute("alter table public.things enable row level security")
        refused(blind)


def test_a_half_is_no_whole(watched: psycopg.Connection[Any]) -> None:
    """The query of as_of is made for as_of alone, which says who calls."""
    with pytest.raises(errors.InsufficientPrivilege, match=r"part of audit\.as_of"):
        watched.execute("select audit.past_source('public.things', now())")


def test_names_of_objects_are_not_known(postgresql: psycopg.Connection[Any]) -> None:
    """A regclass is on record by a name that others change: NULL, with a notice, not a wrong one."""
    notices: list[str] = []
    postgresql.add_notice_handler(lambda notice: notices.append(notice.message_primary or ""))
    postgresql.execute("create table public.named (id int primary key, object regclass)")
    postgresql.execute("select audit.watch('public.named', 'NAMED')")
    postgresql.execute("insert into public.named values (1, 'pg_class')")
    assert postgresql.execute("select * from audit.as_of(null::public.named, now())").fetchall() == [(1, None)]
    assert any("object" in notice for notice in notices)


def test_no_code_of_the_table_runs_for_anybody_but_its_owner(
    watched: psycopg.Connection[Any], login: Login, connect: Connect
) -> None:
    """Checks of domains that others made run neither as audit_owner nor as the investigator (ID012)."""
    with connect(login()) as owner, connect(login("audit_investigator")) as reader:
        watched.execute(f"grant create on schema public to {owner.info.user}".encode())
        owner.execute(
            """
            create table public.ran (by text);
            grant insert on public.ran to public;
            create function public.evil(int) returns boolean language plpgsql as
              'begin insert into public.ran values (current_user); return true; end';
            create domain public.trap as int check (public.evil(value));
            create table public.trapped (id int primary key, a public.trap[]);
            """
        )
        owner.execute("select audit.watch('public.trapped', 'TRAPPED')")
        owner.execute("insert into public.trapped values (1, '{1}'); delete from public.ran")
        owner.execute(f"grant select on public.trapped to {reader.info.user}".encode())
        before = moment(watched)
        owner.execute("update public.trapped set a = '{2}'; delete from public.ran")
        call = "select * from audit.as_of(null::public.trapped, %s)"
        for other in (reader, watched):
            with pytest.raises(psycopg.Error, match="a domain of its calls") as refusal:
                other.execute(call, (before,))
            assert refusal.value.sqlstate == "ID012"
        assert one(watched, "select count(*) from public.ran") == (0,)
        watched.execute(f"grant audit_investigator to {owner.info.user}".encode())
        assert owner.execute(call, (before,)).fetchall() == [(1, "{1}")]
        assert watched.execute("select distinct by from public.ran").fetchall() == [(owner.info.user,)]


def test_it_reads_the_log_from_the_moment_on(watched: psycopg.Connection[Any]) -> None:
    """The records since are found on the primary key of the log, whose current month has no index on time."""
    watched.execute(
        """
        insert into audit.audit_logs (created_at, recorded_at, action, actor_proof, entity_type, entity_id)
        select now(), now(), 'ROW_UPDATED', 'direct', 'THING', g from generate_series(1, 20000) as g;
        analyze audit.audit_logs
        """
    )
    (source,) = one(watched, "select prosrc from pg_proc where oid = 'audit_private.records_since'::regproc")
    query = source.split("return query\n")[1].split(";\nend")[0]
    for word, literal in {
        "(watch).entity_type": "'THING'",
        "(watch, moment)": "(null::audit_private.watches, now())",
        "records_since.moment": "now()",
        "v_before": "19900",
        "side": "'old'",
    }.items():
        query = query.replace(word, literal)
    plan = "\n".join(line for (line,) in watched.execute(f"explain {query}".encode()))
    assert "_pkey on audit_logs" in plan and "Index Cond: ((id > 19900)" in plan


def test_the_end_of_the_past_is_found(watched: psycopg.Connection[Any]) -> None:
    """id_before gives the newest record more than an hour older than a moment, wherever ids have gaps."""
    assert one(watched, "select audit_private.id_before('2020-01-01')") == (0,)
    (last,) = one(watched, "select max(id) from audit.audit_logs")
    assert one(watched, "select audit_private.id_before(now() + interval '2 hours')") == (last,)
    watched.execute(
        """
        insert into audit.audit_logs (created_at, recorded_at, action, actor_proof)
        select at, at, 'ROW_INSERTED', 'direct'
        from generate_series(now() + '1 hour', now() + '90 hours', '1 hour') as at
        where nextval(pg_get_serial_sequence('audit.audit_logs', 'id')) > 0
        """
    )
    for hours in (3, 17, 40, 89):
        found, wanted = one(
            watched,
            f"select audit_private.id_before(now() + '{hours}.5 hours'), max(id) from audit.audit_logs "
            f"where recorded_at < now() + '{hours - 1}.5 hours'",
        )
        assert found == wanted
