"""Doctor finds what no event trigger sees: the guard taken down by a superuser, and ways past it that fire none."""

import psycopg
import pytest

from tests.support import Connect, Login, remove_guard

SOUND = "create table public.things (id int primary key); select audit.watch('public.things')"


@pytest.fixture(autouse=True)
def drained(postgresql: psycopg.Connection) -> None:
    """Before the first drain refusals are not kept, which is a finding."""
    postgresql.execute("select audit.drain()")


def findings(connection: psycopg.Connection, role: str = "") -> list[tuple[str, str]]:
    """What doctor finds, of roles (which other tests make too) only this one."""
    rows = connection.execute("select finding, object, detail, remedy from audit.doctor()").fetchall()
    assert all(detail and remedy for _, _, detail, remedy in rows)
    of_roles = ("application can bypass", "owner open")
    return [(finding, thing) for finding, thing, _, _ in rows if finding not in of_roles or thing == role]


@pytest.mark.parametrize(
    ("change", "finding", "thing"),
    [
        ("drop event trigger audit_guard_end", "guard missing", "audit_guard_end"),
        ("alter event trigger audit_guard_start disable", "guard missing", "audit_guard_start"),
        ("alter event trigger audit_watch_drop enable", "guard missing", "audit_watch_drop"),
        ("drop schema audit_guard cascade", "guard missing", "audit_guard_drop"),
        (
            ("drop event trigger audit_guard_end; create event trigger audit_guard_end on ddl_command_end "
            "execute function audit_guard.tg__refuse_start(); alter event trigger audit_guard_end enable always"),
            "guard missing",
            "audit_guard_end",
        ),
        (
            ("drop event trigger audit_guard_end; create event trigger audit_guard_end on ddl_command_end when tag in "
            "('COMMENT') execute function audit_guard.tg__refuse_end(); "
            "alter event trigger audit_guard_end enable always"),
            "guard missing",
            "audit_guard_end",
        ),
        ("grant create on schema audit_guard to public", "guard open", "audit_guard"),
        ("alter schema audit_guard owner to audit_app", "guard open", "audit_guard"),
        ("alter table audit.actions owner to audit_app", "ownership changed", "audit.actions"),
        ("alter function audit.record owner to postgres", "ownership changed", "audit.record"),
        ("create function public.f() returns int return 1; alter function public.f() owner to audit_owner",
         "ownership changed", "public.f()"),
        ("create table public.t (); alter table public.t owner to audit_owner", "ownership changed", "public.t"),
        (("create function public.f() returns trigger language plpgsql as 'begin return null; end'; create trigger x "
         "before insert on audit.audit_logs for each row execute function public.f()"),
         "log altered", "audit.audit_logs"),
        ("create rule x as on insert to audit_private.audit_logs_default do instead nothing",
         "log altered", "audit_private.audit_logs_default"),
        ("create policy x on audit.audit_logs using (true)", "log altered", "audit.audit_logs"),
        ("alter publication indelible_verdicts add table public.things", "verdicts wait", "indelible_verdicts"),
        ("drop publication indelible_verdicts", "verdicts wait", "indelible_verdicts"),
    ],
)  # fmt: skip
def test_each_way_past_the_guard_is_found(
    postgresql: psycopg.Connection, change: str, finding: str, thing: str
) -> None:
    """One change by a superuser, and the finding names it."""
    postgresql.execute(SOUND)
    assert findings(postgresql) == []
    postgresql.execute(change.encode())
    found = findings(postgresql)
    assert [f for f in found if f[0] == finding and f[1].startswith(thing)], found


def test_who_may_send_messages(postgresql: psycopg.Connection) -> None:
    """Where others could delay verdicts that is found; on 16 they can, for pg_upgrade would stop at the privilege."""
    postgresql.execute(SOUND)
    if postgresql.info.server_version < 170000:
        assert findings(postgresql) == []
        return
    function = "pg_logical_emit_message(boolean,text,bytea,boolean)"
    postgresql.execute(f"grant execute on function {function} to public".encode())
    assert findings(postgresql) == [("guard open", function)]


def test_reassigned_objects_are_found(postgresql: psycopg.Connection, login: Login, connect: Connect) -> None:
    """REASSIGN OWNED and GRANT of the role fire no event; what they leave behind is found."""
    postgresql.execute(SOUND)
    with connect(login("audit_owner", inherit=True)) as insider:
        me = insider.info.user
        postgresql.execute(f"grant create on database {insider.info.dbname} to {me}".encode())
        assert findings(postgresql, me) == [("owner open", me)]
        insider.execute(f"reassign owned by audit_owner to {me}".encode())
        found = findings(postgresql, me)
        assert ("ownership changed", "audit.audit_logs") in found and ("ownership changed", "audit_private") in found
        for attack in ("alter table audit.audit_logs disable trigger all", "drop schema audit_private cascade"):
            with pytest.raises(psycopg.Error) as refusal:
                insider.execute(attack.encode())
            assert refusal.value.sqlstate == "ID013"
        postgresql.execute(f"reassign owned by {me} to audit_owner".encode())
    postgresql.execute(f"revoke audit_owner from {me}; grant {me} to audit_owner".encode())
    assert findings(postgresql, me) == [("owner open", me)]


def test_settings_that_switch_the_guard_off(postgresql: psycopg.Connection, login: Login) -> None:
    """Whom a superuser lets set event_triggers or session_replication_role is named."""
    user = psycopg.conninfo.conninfo_to_dict(login())["user"]
    names = ["session_replication_role"] + ["event_triggers"] * (postgresql.info.server_version >= 170000)
    query = "select object from audit.doctor() where finding = 'guard open' and detail like %s"
    try:
        for name in names:
            postgresql.execute(f"grant set on parameter {name} to {user}".encode())
        found = [name for (name,) in postgresql.execute(query.encode(), (f"{user}%",))]
        assert sorted(found) == sorted(names)
    finally:
        for name in names:
            postgresql.execute(f"revoke set on parameter {name} from {user}".encode())


def test_where_no_guard_ever_was_there_is_a_note(postgresql: psycopg.Connection) -> None:
    """Not everybody has a superuser: without one it is no finding; taken down, it is one."""
    postgresql.execute(SOUND)
    assert postgresql.execute("select * from audit.notes()").fetchall() == []
    remove_guard(postgresql)
    assert findings(postgresql) == []
    ((note, remedy),) = postgresql.execute("select * from audit.notes()").fetchall()
    assert "guard is not installed" in note and "superuser" in remedy


def test_drift_that_fired_no_event_is_found(postgresql: psycopg.Connection, login: Login) -> None:
    """A partitioned table that changed hands by REASSIGN OWNED, a statement-captured partition, a vanished table."""
    user = psycopg.conninfo.conninfo_to_dict(login())["user"]
    postgresql.execute(
        f"""
        create schema shop authorization {user}; set session authorization {user};
        create table shop.parts (id int primary key) partition by range (id);
        create table shop.orders (id int primary key); create table shop.gone (id int primary key);
        reset session authorization;
        select audit.watch('shop.parts'), audit.watch('shop.orders', capture => 'statement'), audit.watch('shop.gone');
        """.encode()
    )
    assert findings(postgresql) == []
    postgresql.execute(f"create role {user}_heir; reassign owned by {user} to {user}_heir".encode())
    try:
        assert findings(postgresql) == [("capture drifted", "shop.parts")]
        postgresql.execute("select audit.watch('shop.parts')")
        assert findings(postgresql) == []
        remove_guard(postgresql)
        postgresql.execute("create table shop.all (id int primary key) partition by range (id)")
        postgresql.execute("alter table shop.all attach partition shop.orders default; drop table shop.gone")
        found = findings(postgresql)
        assert ("capture drifted", "shop.orders") in found and ("capture drifted", "shop.gone") in found
    finally:
        postgresql.execute(f"drop schema shop cascade; drop owned by {user}_heir; drop role {user}_heir".encode())
