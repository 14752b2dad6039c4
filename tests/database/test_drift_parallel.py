"""Drift in several sessions at once: nobody waits for a stranger, and nobody undoes what another has declared."""

from concurrent.futures import ThreadPoolExecutor

import psycopg

from tests.support import Connect, Login, admin_connection, events, last_id, one

WAITS = "select count(*) from pg_locks where not granted and pid = %s"


def test_a_schema_of_nobodys_concern_locks_nothing(
    postgresql: psycopg.Connection, login: Login, connect: Connect
) -> None:
    """Whoever has a schema, and leaves a change of it open, keeps no watched table of others from being changed."""
    postgresql.execute("create table public.pay (id int primary key); select audit.watch('public.pay', 'PAY')")
    with connect(login(), autocommit=False) as stranger:
        me = stranger.info.user
        postgresql.execute(f"create schema lair authorization {me}".encode())
        stranger.execute(f"alter schema lair owner to {me}".encode())
        with admin_connection(postgresql) as owner:
            owner.execute("set lock_timeout = '10s'; alter table public.pay add column amount int")
        stranger.rollback()
    postgresql.execute("drop schema lair")
    assert events(postgresql, "action = 'AUDIT_SCHEMA_CHANGED' and entity_id = 'public.pay'")


def test_what_was_read_before_a_lock_undoes_nothing(postgresql: psycopg.Connection) -> None:
    """A change that waited for another session follows the table as it is then: what that masked stays masked."""
    postgresql.execute(
        """
        create schema lair; create function lair.f() returns trigger language plpgsql as 'begin return null; end';
        create table public.pay (id int primary key);
        create trigger f before truncate on public.pay execute function lair.f();
        select audit.watch('public.pay', 'PAY');
        """
    )
    with admin_connection(postgresql) as owner, admin_connection(postgresql) as other, ThreadPoolExecutor() as pool:
        with owner.transaction():
            owner.execute("alter table public.pay add column iban text")
            owner.execute("select audit.watch('public.pay', mask => '{iban}')")
            waiting = pool.submit(other.execute, "alter schema lair rename to den")
            while one(postgresql, WAITS, other.info.backend_pid) == (0,):
                assert not waiting.done()
        waiting.result()
    assert one(postgresql, "select masked from audit_private.watches where entity_type = 'PAY'") == (["iban"],)
    mark = last_id(postgresql)
    postgresql.execute("insert into public.pay values (1, 'hush')")
    (event,) = events(postgresql, "id > %s", mark)
    assert event["changes"] == {"new": {"id": 1, "iban": "***"}}
    postgresql.execute("drop table public.pay; drop schema den cascade")
