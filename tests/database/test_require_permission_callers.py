"""Who calls iam.require_permission(): anybody, from anywhere in SQL, and as nobody but who is proven to be at work."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.requiring import PERMISSION, denials, refuse, require
from tests.support import Connect, Login, one


@pytest.fixture
def anybody(
    postgresql: psycopg.Connection, people: None, login: Login, connect: Connect
) -> Iterator[psycopg.Connection[Any]]:
    """A login that is a member of nothing."""
    one(postgresql, "select audit.drain()")
    with connect(login()) as connection:
        yield connection


def test_a_login_without_a_context_is_nobody(postgresql: psycopg.Connection, anybody: psycopg.Connection) -> None:
    """Whatever its name, and though a user of iam has the same one: refused, under that login."""
    me = anybody.info.user
    postgresql.execute(f"select iam.create_user('{me}', 'Me'), iam.grant_role('{me}', 'shop_clerk')".encode())
    require(anybody)
    (event,) = denials(postgresql)
    assert (event["user_id"], event["db_user"], event["actor_proof"]) == (None, me, "direct")
    assert (event["action"], event["metadata"]) == ("RBAC_PERMISSION_DENIED", {"reason": "unauthenticated"})


def test_a_claim_is_kept_and_not_believed(postgresql: psycopg.Connection, anybody: psycopg.Connection) -> None:
    """By argument, by set_config, by a made-up sealed context: who is no application acts for nobody else."""
    me = anybody.info.user
    require(anybody, user_id="ann")
    require(anybody, sealed="00.00")
    anybody.execute("select set_config('indelible.context', repeat('0', 64) || '(ann,,,sealed,)', false)")
    require(anybody)
    anybody.execute("select set_config('indelible.context', 'session(ann,,,sealed,)', false)")
    require(anybody)
    found = denials(postgresql)
    assert [(row["user_id"], row["actor_proof"], row["db_user"]) for row in found] == [(None, "direct", me)] * 4
    assert found[0]["metadata"]["claim"] == f"claim by {me}: ann" and "ann" in found[2]["metadata"]["claim"]


def test_a_superuser_is_nobody_too(postgresql: psycopg.Connection, people: None) -> None:
    """Whoever has all rights proves nothing by what he says."""
    one(postgresql, "select audit.drain()")
    require(postgresql, user_id="ann")
    assert [row["user_id"] for row in denials(postgresql)] == [None]


def test_a_forged_context_of_an_application(
    postgresql: psycopg.Connection, people: None, login: Login, connect: Connect
) -> None:
    """A context copied from another transaction, or altered, is no context: also where the login may set one."""
    one(postgresql, "select audit.drain()")
    with connect(login("audit_app")) as application:
        application.execute("begin; select audit.set_context('ann', null, null)")
        (context,) = one(application, "select current_setting('indelible.context')")
        one(application, "select iam.require_permission(%s)", PERMISSION)
        application.execute("commit")
        for forged in (context, context.replace("ann", "bob"), "x"):
            application.execute("begin")
            application.execute("select set_config('indelible.context', %s, true)", (forged,))
            require(application)
            application.execute("rollback")
    found = denials(postgresql)
    assert [(row["user_id"], row["actor_proof"]) for row in found] == [(None, "direct")] * 3
    assert all(row["metadata"]["claim"] for row in found)


def test_set_role_changes_nothing(postgresql: psycopg.Connection, people: None, login: Login, connect: Connect) -> None:
    """The login that is recorded and judged is that of the session, whichever role it has taken on."""
    one(postgresql, "select audit.drain()")
    with connect(login("audit_app", set_=True)) as application, connect(login()) as other:
        me = application.info.user
        postgresql.execute(f"grant {other.info.user} to {me}".encode())
        application.execute(f"set role {other.info.user}".encode())
        require(application, user_id="bob")
        application.execute("set role audit_app")
        require(application, user_id="bob")
    assert [(row["user_id"], row["db_user"]) for row in denials(postgresql)] == [("bob", me)] * 2


# What a table's owner makes others run, with their rights or with its own.
PLACES = {
    "policy": """
        alter table shop.orders enable row level security;
        create policy guarded on shop.orders using ((select iam.require_permission('shop.order.take')) is not null)
    """,
    "trigger": """
        create function shop.demand() returns trigger language plpgsql as
          $$ begin perform iam.require_permission('shop.order.take'); return new; end $$;
        create trigger demand before insert or update on shop.orders for each row execute function shop.demand()
    """,
    "deferred trigger": """
        create function shop.demand() returns trigger language plpgsql as
          $$ begin perform iam.require_permission('shop.order.take'); return null; end $$;
        create constraint trigger demand after insert or update on shop.orders initially deferred
          for each row execute function shop.demand()
    """,
    "definer trigger": """
        create function shop.demand() returns trigger language plpgsql security definer as
          $$ begin perform iam.require_permission('shop.order.take'); return new; end $$;
        create trigger demand before insert or update on shop.orders for each row execute function shop.demand()
    """,
    "check": """
        create function shop.demand() returns boolean language plpgsql as
          $$ begin perform iam.require_permission('shop.order.take'); return true; end $$;
        alter table shop.orders add check (shop.demand()) not valid
    """,
    "default": """
        create function shop.demand() returns int language plpgsql as
          $$ begin perform iam.require_permission('shop.order.take'); return 1; end $$;
        alter table shop.orders alter note set default shop.demand()
    """,
}


@pytest.mark.parametrize("place", PLACES)
def test_from_the_code_of_others(
    postgresql: psycopg.Connection, owner: psycopg.Connection, anybody: psycopg.Connection, login: Login,
    connect: Connect, place: str,
) -> None:  # fmt: skip
    """A policy, a trigger, a check, a default asks on behalf of whoever is at work; ann gets through, others not."""
    owner.execute("create table shop.orders (id int primary key, note text)")
    owner.execute(PLACES[place].encode())
    statement = "insert into shop.orders (id) values (1)"
    with connect(login("audit_app")) as application:
        me = application.info.user
        for who in (me, anybody.info.user):
            owner.execute(f"grant usage on schema shop to {who}; grant all on shop.orders to {who}".encode())
        with application.transaction():
            application.execute("select audit.set_context('ann', null, null)")
            application.execute(statement.encode())
        refuse(anybody, statement.replace("1", "2"))
        application.execute("begin; select audit.set_context('bob', null, null)")
        refuse(application, f"{statement.replace('1', '3')}; commit")
        application.execute("rollback")
    found = [(row["user_id"], row["db_user"], row["permission"]) for row in denials(postgresql)]
    assert found == [(None, anybody.info.user, PERMISSION), ("bob", me, PERMISSION)]


def test_on_a_watched_table(
    postgresql: psycopg.Connection, owner: psycopg.Connection, anybody: psycopg.Connection
) -> None:
    """The row change is undone with its record, the denial is not."""
    owner.execute("create table shop.orders (id int primary key, note text)")
    owner.execute("select audit.watch('shop.orders', 'ORDER')")
    owner.execute("begin; insert into shop.orders values (1); savepoint s")
    require(owner)
    owner.execute("rollback")
    assert len(denials(postgresql)) == 1
    assert one(postgresql, "select count(*) from audit.audit_logs where entity_type = 'ORDER'") == (0,)
