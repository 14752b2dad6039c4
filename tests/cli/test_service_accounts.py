"""The sample's service accounts: one key each, which credentials.json has, and no other that opens anything."""

from collections.abc import Iterator

import psycopg
import pytest

from indelible.cli.credentials import Credentials
from indelible.cli.service_accounts import SERVICE_ACCOUNTS, set_service_accounts
from indelible.services.keys import ApiKey
from tests.producing import hash_of
from tests.support import Connect, Login, last_id


@pytest.fixture
def administrator(login: Login, connect: Connect) -> Iterator[psycopg.Connection]:
    """As `demo` and `up` have one."""
    with connect(login("iam_admin", "audit_writer")) as connection:
        connection.cursor_factory = psycopg.RawCursor
        yield connection


def opens(connection: psycopg.Connection, key: str) -> bool:
    """Whether the key proves an account."""
    row = connection.execute("select refusal from audit.ingest($1, '[]')", [hash_of(key)]).fetchone()
    return row == (None,)


def test_a_key_that_holds_is_kept(administrator: psycopg.Connection, postgresql: psycopg.Connection) -> None:
    """Doing it again changes nothing and leaves no record."""
    credentials = Credentials()
    set_service_accounts(administrator, credentials)
    keys, mark = dict(credentials.api_keys), last_id(postgresql)
    set_service_accounts(administrator, credentials)
    assert credentials.api_keys == keys and keys.keys() == SERVICE_ACCOUNTS.keys()
    assert last_id(postgresql) == mark
    assert all(opens(administrator, key) for key in keys.values())


@pytest.mark.parametrize("left", [None, "edited by hand", "a revoked key"])
def test_a_key_that_is_lost_is_ended(administrator: psycopg.Connection, left: str | None) -> None:
    """Whoever finds an old credentials.json has nothing of it; the new one has a key that opens."""
    credentials = Credentials()
    set_service_accounts(administrator, credentials)
    (account, lost), *_ = credentials.api_keys.items()
    if left == "a revoked key":
        administrator.execute("select iam.revoke_api_key($1)", [ApiKey.of(lost).key_id])
    else:
        credentials.api_keys = {account: left} if left else {}
    set_service_accounts(administrator, credentials)
    assert credentials.api_keys[account] != lost
    assert opens(administrator, credentials.api_keys[account]) and not opens(administrator, lost)
