"""The sample's service accounts: other applications that hand events over to it."""

from typing import Any, Final

import psycopg

from indelible.cli.credentials import Credentials
from indelible.queries import QUERIES
from indelible.services.keys import KEY, ApiKey, new_api_key

# name → (description, what it may record: kind and pattern)
SERVICE_ACCOUNTS: Final = {
    "ftms_gate": ("The gates at the piers.", (("action", "FTMS_BOARDING_*"), ("entity_type", "FTMS_BOOKING")))
}


def set_service_accounts(administrator: psycopg.Connection[Any], credentials: Credentials) -> None:
    """Make the accounts, each with one key: the one in `credentials`, or a new one there. Safe to repeat.

    `administrator` is a member of iam_admin with raw cursors.
    """
    for account, (description, scopes) in SERVICE_ACCOUNTS.items():
        _call(administrator, "create_service_account", account, description)
        for kind, pattern in scopes:
            _call(administrator, "grant_scope", account, kind, pattern)
        credentials.api_keys[account] = _only_key(administrator, account, credentials.api_keys.get(account))


def _only_key(administrator: psycopg.Connection[Any], account: str, known: str | None) -> str:
    """The account's valid key; all others are revoked, for nobody can know them."""
    valid = {key_id for (key_id,) in _call(administrator, "valid_api_keys", account)}
    key = ApiKey.of(known) if known and KEY.fullmatch(known) else None
    if key is None or key.key_id not in valid:
        key = new_api_key()
        _call(administrator, "create_api_key", account, key.key_id, key.digest)
    for key_id in valid - {key.key_id}:
        _call(administrator, "revoke_api_key", key_id)
    return key.key.get_secret_value()


def _call(administrator: psycopg.Connection[Any], query: str, *parameters: object) -> psycopg.Cursor[Any]:
    return administrator.execute(QUERIES[query].encode(), parameters)
