"""Fixtures that several files of this folder share."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from indelible import Settings
from indelible.db.dsn import dsn_of
from tests.producing import define_actions, make_account, make_key
from tests.proxy import Proxy
from tests.support import Connect, Login


@pytest.fixture
def owner(postgresql: psycopg.Connection, login: Login, connect: Connect) -> Iterator[psycopg.Connection[Any]]:
    """A login that owns schema shop, and nothing else."""
    with connect(login()) as connection:
        postgresql.execute(f"create schema shop authorization {connection.info.user}".encode())
        yield connection
        connection.rollback()
    postgresql.execute("drop schema shop cascade")


@pytest.fixture
def people(postgresql: psycopg.Connection) -> None:
    """ann holds shop.order.take, bob a role without it, ian is inactive, dan has no role."""
    postgresql.execute(
        """
        select iam.create_role('shop_clerk', 'Takes orders.'), iam.create_role('shop_guest', 'Looks.'),
          iam.create_permission('shop.order.take', 'Take an order.'),
          iam.grant_permission('shop_clerk', 'shop.order.take')
        from (select count(iam.create_user(name, name)) from unnest(array['ann', 'bob', 'ian', 'dan']) as name) as made;
        select iam.grant_role('ann', 'shop_clerk'), iam.grant_role('bob', 'shop_guest'),
          iam.grant_role('ian', 'shop_clerk'), iam.set_active('ian', false);
        """
    )


@pytest.fixture
def proxy(settings: Settings) -> Iterator[Proxy]:
    """What stands between the independent session and the database, where a file has `settings` of its own."""
    with Proxy(dsn_of(settings, independent=True)) as proxy:
        yield proxy


@pytest.fixture
def till(postgresql: psycopg.Connection) -> str:
    """The key of an account that may record SHOP_* of SHOP_ITEM."""
    define_actions(postgresql)
    make_account(postgresql)
    return make_key(postgresql)


@pytest.fixture
def writer(login: Login, connect: Connect) -> Iterator[psycopg.Connection[Any]]:
    """The audit service's session."""
    with connect(login("audit_writer")) as connection:
        yield connection
