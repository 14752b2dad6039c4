"""Casts, operators, domains, defaults, indexes, policies, triggers made to attack: none runs as Indelible's owner."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql

from indelible.db.migrate import migrate
from tests.canary import CODE, LAIR, TABLE, WRITES, Heard, listen, no_alarm
from tests.replaying import both_captures
from tests.support import Connect, Login, admin_connection, events

Attacker = psycopg.Connection[Any]


@pytest.fixture
def attacker(postgresql: psycopg.Connection, login: Login, connect: Connect) -> Iterator[Attacker]:
    """A login in no group of Indelible's, which has made itself a lair."""
    with connect(login()) as connection:
        postgresql.execute(f"create schema lair authorization {connection.info.user}".encode())
        connection.execute(LAIR.encode())
        # As an extension would bring it: equality and order of the attacker's enum are the attacker's.
        postgresql.execute(
            """
            create function lair.mood_order(lair.mood, lair.mood) returns int language plpgsql immutable as
              $$ begin perform lair.sing('operator class'); return enum_cmp($1, $2); end $$;
            create operator class lair.mood_ops default for type lair.mood using btree as
              operator 1 lair.<, operator 2 lair.<=, operator 3 lair.=, operator 4 lair.>=, operator 5 lair.>,
              function 1 lair.mood_order(lair.mood, lair.mood);
            """
        )
        yield connection
    postgresql.execute("drop schema lair cascade")


def furnish(attacker: Attacker, *, partitioned: bool = False, code: bool = True) -> None:
    """The attacker's table, with all that can be attached to it."""
    definition = TABLE.format(partitioned="partition by range (id)" if partitioned else "")
    attacker.execute(definition.replace("primary key", "not null" if partitioned else "primary key").encode())
    if partitioned:
        attacker.execute("create table lair.low partition of lair.things for values from (0) to (15)")
        attacker.execute("create table lair.rest partition of lair.things default")
    if code:
        attacker.execute(CODE.encode())


def users(heard: Heard) -> set[str]:
    return {who for _, who in heard}


def test_the_canary_sings(postgresql: psycopg.Connection, attacker: Attacker) -> None:
    """The instrument itself: whoever reads such a table as the owner, without care, is heard; the alarm goes off."""
    furnish(attacker)
    attacker.execute(WRITES[0].encode())
    heard = listen(postgresql)
    postgresql.execute("set role audit_owner")
    postgresql.execute(
        "select to_jsonb(m), m::text, to_jsonb(ms), s::text, row_to_json(p), t::lair.word from lair.things"
    )
    postgresql.execute("select max(m) from lair.things where m is distinct from 'calm' group by p")
    postgresql.execute("reset role")
    assert {place for place, who in heard if who == "audit_owner"} >= {
        "mood_to_json", "mood_to_text", "span_to_text", "domain of text", "operator class", "fixed predicate",
    }  # fmt: skip
    with pytest.raises(AssertionError), no_alarm(postgresql):
        pass


@both_captures
@pytest.mark.parametrize("code", [True, False], ids=["with triggers", "without"])
def test_writes(postgresql: psycopg.Connection, attacker: Attacker, capture: str, code: bool) -> None:
    """Whoever writes to the attacker's table, by whatever statement, the attacker's code runs as that writer alone."""
    furnish(attacker, code=code)
    with no_alarm(postgresql):
        attacker.execute("select audit.watch('lair.things', 'THING', %s)", (capture,))
        theirs = listen(attacker)
        for path in ("pg_catalog", "lair, pg_catalog", "pg_temp, lair, pg_catalog, audit_private"):
            attacker.execute(sql.SQL("set search_path = {}").format(sql.SQL(path)))
            for statement in WRITES:
                attacker.execute(statement.encode())
        assert users(theirs) == {attacker.info.user}
        for role in ("origin", "replica"):
            with admin_connection(postgresql) as superuser:
                heard = listen(superuser)
                superuser.execute(f"set session_replication_role = {role}".encode())
                for statement in WRITES:
                    superuser.execute(statement.encode())
            assert users(heard) <= {"postgres", attacker.info.user}
    kept = events(postgresql, "entity_type = 'THING' and action = 'ROW_INSERTED'")
    assert len(kept) == 5 * 4 and kept[0]["changes"]["new"]["p"] == "(evil,x)"


def test_writes_to_partitions(postgresql: psycopg.Connection, attacker: Attacker) -> None:
    """The same where the table is partitioned, and rows move."""
    furnish(attacker, partitioned=True)
    with no_alarm(postgresql):
        attacker.execute("select audit.watch('lair.things', 'THING')")
        heard = listen(attacker)
        for statement in WRITES:
            if "on conflict" not in statement:
                attacker.execute(statement.encode())
        attacker.execute("create table lair.late partition of lair.things for values from (100) to (200)")
        attacker.execute(b"insert into lair.late (id) values (100); update lair.things set id = 1")
        with pytest.raises(psycopg.Error) as refused:
            attacker.execute("truncate lair.low")
        assert refused.value.sqlstate == "ID012"
        assert users(heard) == {attacker.info.user}


def test_truncate_reads_no_table_whose_indexes_run_code(postgresql: psycopg.Connection, attacker: Attacker) -> None:
    """Planning a query calls what indexes are made of: the owner reads no such table, and it is not emptied."""
    furnish(attacker, code=False)
    with no_alarm(postgresql):
        attacker.execute("select audit.watch('lair.things', 'THING')")
        attacker.execute(WRITES[0].encode())
        with pytest.raises(psycopg.Error) as refused:
            attacker.execute("truncate lair.things")
        assert refused.value.sqlstate == "ID012"
    assert not events(postgresql, "action = 'TABLE_TRUNCATED'")


ARGUMENTS = {
    "regclass": "'lair.things'::regclass", "text": "'1'", "anyelement": "null::lair.things", "jsonb": "'{}'",
    "timestamp with time zone": "now()", "text[]": "'{}'::text[]", "boolean": "false", "integer": "1", "bigint": "1",
    "integer[]": "'{1}'::int[]", "bigint[]": "'{1}'::bigint[]", "bytea[]": "'{x}'::bytea[]",
    "uuid[]": "'{}'::uuid[]", "timestamp with time zone[]": "'{}'::timestamptz[]", "numeric": "1",
    "interval": "'1 day'", "inet": "null::inet", "bytea": "''::bytea", "uuid": "gen_random_uuid()",
    "xid8": "'1'::xid8", "pg_snapshot": "pg_current_snapshot()",
}  # fmt: skip


def doors(connection: psycopg.Connection[Any]) -> list[str]:
    """A call of each public function, with the attacker's table wherever a table is asked for."""
    query = """
        select format('%I.%I', pronamespace::regnamespace, proname), pronargs,
          array(select format_type(type, null) from unnest(proargtypes::oid[]) as type)
        from pg_proc where pronamespace = 'audit'::regnamespace and prorettype <> 'trigger'::regtype order by 1
    """
    return [
        f"select {'* from ' * ('anyelement' in kinds)}{name}({', '.join(ARGUMENTS[kind] for kind in kinds)})"
        for name, _, kinds in connection.execute(query).fetchall()
    ]


def refusal(session: psycopg.Connection[Any], call: str, *, keep: bool) -> str | None:
    """The SQLSTATE with which a call is refused, or None; what it did is kept or undone."""
    try:
        with session.transaction(force_rollback=not keep):
            session.execute(call.encode())
    except psycopg.Error as error:
        return error.sqlstate
    return None


@both_captures
def test_doors(
    postgresql: psycopg.Connection, attacker: Attacker, login: Login, connect: Connect, capture: str
) -> None:
    """No function and no view of Indelible's runs the attacker's code as its owner, or as a superuser who calls it."""
    furnish(attacker)
    watch = f"select audit.watch('lair.things', 'THING', '{capture}')"
    with no_alarm(postgresql), connect(login("audit_admin", "audit_investigator")) as admin:
        for session in (attacker, postgresql, admin):
            heard = listen(session)
            calls = [watch, *doors(postgresql), "select * from audit.v_coverage", "select * from audit.v_data_changes"]
            # They may well be refused, but not for the way they are called; what counts is who was heard.
            refusals = {refusal(session, call, keep=call == watch) for call in calls}
            assert not refusals & {"42601", "42883", "42804", "42725", "42P18"}
            assert users(heard) <= {attacker.info.user}


@both_captures
def test_migration(postgresql: psycopg.Connection, attacker: Attacker, admin_dsn: str, capture: str) -> None:
    """Migrating anew writes the capture of the attacker's table again, and runs none of the attacker's code."""
    furnish(attacker)
    with no_alarm(postgresql):
        attacker.execute("select audit.watch('lair.things', 'THING', %s)", (capture,))
        migrate(admin_dsn, sample=True)
        for statement in WRITES:
            attacker.execute(statement.encode())
        postgresql.execute("select * from audit.doctor()")
        attacker.execute("select audit.unwatch('lair.things')")


OVERHEARD = """
    create function lair.quiet(int) returns int language plpgsql immutable as
      $$ begin perform lair.sing('quiet'); return $1; end $$;
"""


@pytest.mark.parametrize("level", ["the table", "a partition", "a partition that came later"])
def test_partition_keys(postgresql: psycopg.Connection, attacker: Attacker, level: str) -> None:
    """A partition key runs its code in whoever opens the table first: such a table gets no triggers from the owner."""
    attacker.execute(OVERHEARD.encode())
    key = "partition by list ((n + lair.quiet(0)))"
    parent = key if level == "the table" else "partition by list (n)"
    child = key if level == "a partition" else ""
    attacker.execute(f"create table lair.whole (n int) {parent}".encode())
    attacker.execute(f"create table lair.one partition of lair.whole for values in (1) {child}".encode())
    with no_alarm(postgresql):
        if level == "a partition that came later":
            attacker.execute("select audit.watch('lair.whole')")
            attacker.execute(f"create table lair.two partition of lair.whole for values in (2) {key}".encode())
            attacker.execute("create table lair.two_two partition of lair.two for values in (2)")
            attacker.execute("insert into lair.whole values (1), (2)")
        for session in (attacker, postgresql):
            heard = listen(session)
            assert refusal(session, "select audit.watch('lair.whole')", keep=False) == "ID012"
            refusal(session, "select audit.baseline('lair.whole')", keep=False)
            refused = refusal(session, "select audit.reconcile('lair.whole')", keep=False)
            assert refused == "ID012" or session is attacker
            assert users(heard) <= {attacker.info.user}


@pytest.mark.parametrize(
    "attachment",
    [
        "create index on lair.plain ((n + lair.quiet(0)))",
        "create statistics lair.guess_{} on (n + lair.quiet(0)) from lair.plain",
    ],
)
def test_an_old_snapshot_hides_nothing(postgresql: psycopg.Connection, attacker: Attacker, attachment: str) -> None:
    """What another session attaches after a snapshot is seen by the planner, and so it must be by whoever looks."""
    attacker.execute(OVERHEARD.encode())
    attacker.execute("create table lair.plain (n int); insert into lair.plain values (1)")
    with no_alarm(postgresql):
        attacker.execute("select audit.watch('lair.plain')")
        for isolation in ("repeatable read", "serializable"):
            with attacker.transaction():
                attacker.execute(f"set transaction isolation level {isolation}".encode())
                attacker.execute("select from lair.plain")
                postgresql.execute(attachment.format(isolation[:4]).encode())
                assert refusal(attacker, "truncate lair.plain", keep=False) == "ID012"
