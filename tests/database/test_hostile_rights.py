"""Writers with few rights, and rows that their writers may not even see: captured whole, under the login that wrote."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import errors

from tests.replaying import Follower, both_captures, records
from tests.support import Connect, Login, admin_connection, events, last_id

Logins = tuple[psycopg.Connection[Any], psycopg.Connection[Any]]


@pytest.fixture
def owner_and_writer(postgresql: psycopg.Connection, login: Login, connect: Connect) -> Iterator[Logins]:
    """A login that owns shop.things, and one that may enter the schema."""
    with connect(login()) as owner, connect(login()) as writer:
        postgresql.execute(f"create schema shop authorization {owner.info.user}".encode())
        owner.execute("create table shop.things (id int primary key, a text, secret text default 'hidden')")
        owner.execute(f"grant usage on schema shop to {writer.info.user}".encode())
        yield owner, writer


def watch(owner: psycopg.Connection[Any], postgresql: psycopg.Connection, capture: str) -> Follower:
    """Watched by its owner, followed by somebody who sees everything."""
    owner.execute("select audit.watch('shop.things', 'THING', %s)", (capture,))
    return Follower(postgresql, "shop.things", "THING")


def play(writer: psycopg.Connection[Any], follower: Follower, *statements: str) -> None:
    for statement in statements:
        writer.execute(statement.encode())
        follower.note()


@both_captures
def test_rights_on_columns_alone(postgresql: psycopg.Connection, owner_and_writer: Logins, capture: str) -> None:
    """Who may write two columns and read one leaves whole records all the same."""
    owner, writer = owner_and_writer
    owner.execute(f"grant insert (id, a), update (a), select (id) on shop.things to {writer.info.user}".encode())
    follower = watch(owner, postgresql, capture)
    play(
        writer,
        follower,
        "insert into shop.things (id, a) values (1, 'x'), (2, 'y')",
        "update shop.things set a = 'z' where id = 1",
    )
    with pytest.raises(errors.InsufficientPrivilege):
        writer.execute("update shop.things set secret = 'seen' returning secret")
    follower.check()
    kept = events(postgresql, "entity_type = 'THING'")
    assert kept[0]["changes"]["new"] == {"id": 1, "a": "x", "secret": "hidden"}
    assert {row["db_user"] for row in kept} == {writer.info.user}


@both_captures
@pytest.mark.parametrize("force", ["", "force"])
def test_row_security(postgresql: psycopg.Connection, owner_and_writer: Logins, capture: str, force: str) -> None:
    """Policies, those that hold for the owner too, hide rows from writers and not from the log."""
    owner, writer = owner_and_writer
    owner.execute(
        f"""
        grant select, insert, update, delete on shop.things to {writer.info.user};
        alter table shop.things enable row level security;
        create policy reads on shop.things for select using (a <> 'unseen');
        create policy adds on shop.things for insert with check (true);
        create policy changes on shop.things for update using (id < 100) with check (true);
        create policy removes on shop.things for delete using (id < 100);
        """.encode()
    )
    if force:
        owner.execute("alter table shop.things force row level security")
    follower = watch(owner, postgresql, capture)
    play(
        writer,
        follower,
        "insert into shop.things values (1, 'a'), (2, 'unseen'), (100, 'b')",
        "update shop.things set a = a || '!', secret = 'other'",
        "delete from shop.things",
    )
    play(owner, follower, "update shop.things set a = 'owner'", "delete from shop.things")
    follower.check()
    assert events(postgresql, "entity_type = 'THING'")[1]["changes"]["new"]["a"] == "unseen"


@both_captures
def test_writers_by_proxy(postgresql: psycopg.Connection, owner_and_writer: Logins, capture: str) -> None:
    """SET ROLE, definer functions and views with the owner's rights: the record names the login that is behind them."""
    owner, writer = owner_and_writer
    name = writer.info.user
    owner.execute(
        f"""
        create view shop.window with (security_barrier) as select id, a from shop.things where id < 100;
        grant insert, update, delete, select on shop.window to {name};
        create function shop.add(id int) returns void language sql security definer
          as 'insert into shop.things values (id, current_user)';
        """.encode()
    )
    postgresql.execute(f"grant {owner.info.user} to {name} with inherit false, set true".encode())
    follower = watch(owner, postgresql, capture)
    play(
        writer,
        follower,
        "select shop.add(1)",
        "insert into shop.window values (2, 'through the window')",
        "update shop.window set a = a || '!'",
        f"set role {owner.info.user}",
        "update shop.things set secret = 'as the owner'",
        "reset role",
        "delete from shop.window where id = 1",
    )
    follower.check()
    assert {row["db_user"] for row in events(postgresql, "entity_type = 'THING'")} == {name}
    postgresql.execute(f"revoke {owner.info.user} from {name}".encode())


@both_captures
def test_evil_sessions(postgresql: psycopg.Connection, owner_and_writer: Logins, capture: str) -> None:
    """What a session finds first by its search_path, temporary or its own, takes no part in capture."""
    owner, writer = owner_and_writer
    owner.execute(f"grant all on shop.things to {writer.info.user}".encode())
    postgresql.execute(f"create schema lair authorization {writer.info.user}".encode())
    follower = watch(owner, postgresql, capture)
    play(
        writer,
        follower,
        """
        create temp table audit_logs (a int); create temp table indelible_new (id int, a text, secret text);
        create temp table indelible_old (like indelible_new); create temp table things (like shop.things);
        insert into indelible_new values (666, 'forged', ''); insert into indelible_old values (666, 'forged', '');
        create function lair.jsonb_build_object(text, text) returns jsonb language sql
          as $$ select '{"forged": 1}'::jsonb $$;
        create function lair.format(text, text) returns text language sql as $$ select 'forged' $$;
        create function lair.current_setting(text, boolean) returns text language sql as $$ select 'forged' $$;
        create function lair.differs(text, text) returns boolean language sql as 'select false';
        create function lair.joined(jsonb, jsonb) returns jsonb language sql
          as $$ select '{"forged": 1}'::jsonb $$;
        create operator lair.<> (leftarg = text, rightarg = text, function = lair.differs);
        create operator lair.= (leftarg = text, rightarg = text, function = lair.differs);
        create operator lair.|| (leftarg = jsonb, rightarg = jsonb, function = lair.joined);
        create domain pg_temp.jsonb as text; create domain pg_temp.timestamptz as int;
        create domain pg_temp.text as int;
        """,
        "set search_path = pg_temp, lair, pg_catalog",
        "insert into shop.things values (1, 'a'), (2, 'b')",
        "update shop.things set a = 'c', id = id operator(pg_catalog.+) 10",
        "delete from shop.things",
    )
    follower.check()
    assert len(records(postgresql, "THING")) == 6
    assert not events(postgresql, "entity_type = 'THING' and audit_logs::text like '%%forged%%'")
    postgresql.execute("drop schema lair cascade")


def test_partitions_of_several_owners(postgresql: psycopg.Connection, owner_and_writer: Logins) -> None:
    """Who owns a partitioned table and not all of its partitions is refused, and nothing is half done."""
    owner, writer = owner_and_writer
    owner.execute("create table shop.whole (id int primary key) partition by range (id)")
    owner.execute("create table shop.part partition of shop.whole default")
    postgresql.execute(f"alter table shop.part owner to {writer.info.user}".encode())
    mark = last_id(postgresql)
    with pytest.raises(errors.InsufficientPrivilege):
        owner.execute("select audit.watch('shop.whole', 'WHOLE')")
    assert last_id(postgresql) == mark
    with admin_connection(postgresql) as connection:
        connection.execute("select audit.watch('shop.whole', 'WHOLE')")
        connection.execute("insert into shop.whole values (1)")
    writer.execute("insert into shop.part values (2)")
    assert [row["entity_id"] for row in events(postgresql, "entity_type = 'WHOLE'")] == ["1", "2"]


@pytest.mark.parametrize("statement", ["analyze shop.bait", "reindex table shop.bait", "delete from shop.whole"])
def test_anothers_session_is_nobodys_right(
    postgresql: psycopg.Connection, owner_and_writer: Logins, connect: Connect, admin_dsn: str, statement: str
) -> None:
    """Code that PostgreSQL runs with its author's rights, in whoever's session, gets at no capture and no record."""
    owner, _ = owner_and_writer
    postgresql.execute(
        """
        create table public.pay (id int primary key, amount int, iban text);
        select audit.watch('public.pay', 'PAY', mask => array['iban']);
        insert into public.pay values (1, 10, 'hush');
        create table shop.whole (id int primary key); insert into shop.whole values (1);
        """
    )
    owner.execute(
        """
        create table shop.heard (call text, answer text);
        create function shop.attack() returns void language plpgsql as $$
        declare v_call text;
        begin
          foreach v_call in array array[
            $q$ select audit.watch('public.pay', mask => '{}', exclude => '{amount}') $q$,
            $q$ select audit.prepare_watch('public.pay', null, null, '{amount}', '{}', false) $q$,
            $q$ select audit.unwatch('public.pay') $q$,
            $q$ select audit.finish_unwatch('public.pay') $q$,
            $q$ select audit.reconcile('public.pay') $q$,
            $q$ select audit.recorded_rows('public.pay') $q$,
            $q$ select audit.comparison_source('public.pay') $q$
          ] loop
            begin
              perform set_config('indelible.caller', 'postgres', true);
              execute v_call;
              insert into shop.heard values (v_call, 'done');
            exception when others then
              insert into shop.heard values (v_call, sqlstate);
            end;
          end loop;
        end $$;
        create function shop.quiet(int) returns int language plpgsql immutable as
          $$ begin if session_user <> current_user then perform shop.attack(); end if; return $1; end $$;
        create table shop.bait (id int primary key); insert into shop.bait values (1);
        create index on shop.bait (shop.quiet(id));
        create function shop.pulled() returns trigger language plpgsql as
          $$ begin perform shop.quiet(1); return old; end $$;
        """
    )
    postgresql.execute(
        """
        alter table shop.bait add foreign key (id) references shop.whole on delete cascade;
        create trigger pulled before delete on shop.bait for each row execute function shop.pulled();
        """
    )
    mark = last_id(postgresql)
    postgresql.execute(statement.encode())
    answers = set(owner.execute("select call, answer from shop.heard").fetchall())
    assert len(answers) == 7 and {answer for _, answer in answers} == {"42501"}
    assert not events(postgresql, "id > %s", mark)
    postgresql.execute("drop schema shop cascade; drop table public.pay")
