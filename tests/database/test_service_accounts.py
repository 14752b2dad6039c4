"""Service accounts, their keys and scopes: administered on record, and nothing that is stored opens a door."""

import hashlib

import psycopg
import pytest

from indelible import new_api_key
from indelible.services.keys import ApiKey
from tests.producing import define_actions, hand_over, hash_of, make_account, make_key, refusal_of, scanned
from tests.support import Connect, Login, events, last_id, one

KEY_ID, DIGEST = "a1b2c3d4e5f6", "sha256('a key')"
CALLS = [
    "iam.create_service_account('till', 'The tills.')",
    "iam.set_service_account_active('till', false)",
    "iam.set_service_account_active('till', true)",
    f"iam.create_api_key('till', '{KEY_ID}', {DIGEST}, '2099-01-01 00:00+00')",
    f"iam.revoke_api_key('{KEY_ID}')",
    "iam.grant_scope('till', 'action', 'SHOP_*')",
    "iam.revoke_scope('till', 'action', 'SHOP_*')",
]
ACTIONS = [
    "IAM_ACCOUNT_CREATED", "IAM_ACCOUNT_DEACTIVATED", "IAM_ACCOUNT_ACTIVATED", "IAM_KEY_CREATED", "IAM_KEY_REVOKED",
    "IAM_SCOPE_GRANTED", "IAM_SCOPE_REVOKED",
]  # fmt: skip


def test_every_change_is_recorded_twice_over(postgresql: psycopg.Connection, login: Login, connect: Connect) -> None:
    """Each call leaves its event and the row change beneath it, in one transaction; doing it again leaves nothing."""
    with connect(login("iam_admin")) as connection:
        for call, action in zip(CALLS, ACTIONS, strict=True):
            mark = last_id(postgresql)
            connection.execute(f"select {call}".encode())
            rows = events(postgresql, "id > %s", mark)
            assert [rows[-1]["action"], rows[-1]["entity_id"]] == [action, "till"]
            assert rows[0]["action"].startswith("ROW_") and len({row["xid"] for row in rows}) == 1
            assert {row["db_user"] for row in rows} == {connection.info.user}
            mark = last_id(postgresql)
            connection.execute(f"select {call}".encode())
            assert last_id(postgresql) == mark, call


@pytest.mark.parametrize(
    "call",
    [
        "iam.create_service_account('Till', 'x')", "iam.create_service_account('', 'x')",
        "iam.create_service_account(null, 'x')", "iam.create_service_account('till2', null)",
        "iam.create_service_account('till2', '')", "iam.create_service_account(E'a\\nb', 'x')",
        "iam.set_service_account_active('ghost', true)", "iam.set_service_account_active(null, null)",
        "iam.create_api_key('ghost', 'a1b2c3d4e5f6', sha256('x'))", "iam.create_api_key('till', 'short', sha256('x'))",
        "iam.create_api_key('till', 'A1B2C3D4E5F6', sha256('x'))", "iam.create_api_key('till', 'a1b2c3d4e5f6', 'x')",
        "iam.create_api_key('till', 'a1b2c3d4e5f6', null)", "iam.create_api_key('till', null, sha256('x'))",
        "iam.create_api_key('till', 'taken0000000', sha256('other'))",
        "iam.create_api_key('till', 'a1b2c3d4e5f6', sha256('taken'))",
        "iam.create_api_key('lift', 'taken0000000', sha256('taken'))",
        "iam.revoke_api_key('ghost')", "iam.revoke_api_key(null)",
        "iam.grant_scope('ghost', 'action', 'SHOP_*')", "iam.grant_scope('till', 'table', 'SHOP_*')",
        "iam.grant_scope('till', null, 'SHOP_*')", "iam.grant_scope('till', 'action', null)",
    ],
)  # fmt: skip
def test_nonsense_is_refused_with_a_sentence(
    postgresql: psycopg.Connection, login: Login, connect: Connect, call: str
) -> None:
    """What does not exist, has the wrong form or belongs to another is ID009, and nothing is recorded."""
    make_account(postgresql, "till")
    make_account(postgresql, "lift")
    postgresql.execute("select iam.create_api_key('till', 'taken0000000', sha256('taken'))")
    mark = last_id(postgresql)
    with connect(login("iam_admin")) as connection, pytest.raises(psycopg.Error) as refusal:
        connection.execute(f"select {call}".encode())
    assert refusal.value.sqlstate == "ID009"
    assert last_id(postgresql) == mark


@pytest.mark.parametrize(
    "pattern",
    [
        "*", "_*", "SHOP*", "SHOP_%", "SHOP__", "SHOP_*_X", "SHOP_**", "%", "shop_*", "SHOP_.*", "SHOP_|AUTH_X",
        "SHOP_* ", "SHOP_*\n", "ШОП_*", "SHOP_É", "",
        "1SHOP_*", "(SHOP)_*", "SHOP\\_*", "[A-Z]_*", "^SHOP_*", "S" * 101,
    ],
)  # fmt: skip
def test_a_scope_is_a_name_or_the_beginning_of_names(postgresql: psycopg.Connection, pattern: str) -> None:
    """Nothing that another language of patterns could take for more than it says."""
    make_account(postgresql)
    with pytest.raises(psycopg.Error) as refusal:
        postgresql.execute("select iam.grant_scope('till', 'action', %s)", [pattern])
    assert refusal.value.sqlstate == "ID009"


def test_what_is_stored_of_a_key_opens_nothing(postgresql: psycopg.Connection, login: Login, connect: Connect) -> None:
    """Not the digest in the table, not its hash, and of neither is anything in the log."""
    make_account(postgresql)
    key = make_key(postgresql)
    (stored,) = one(postgresql, "select key_digest from iam.api_keys")
    assert stored == hashlib.sha256(hash_of(key)).digest()
    with connect(login("audit_writer")) as connection:
        assert refusal_of(connection, key) == ("till", None)
        for leaked in (stored, stored.hex().encode(), hashlib.sha256(stored).digest(), b"", key.encode()):
            row = connection.execute("select refusal from audit.ingest(%s, '[]')", [leaked]).fetchone()
            assert row == ("unknown",)
    (text,) = one(postgresql, "select string_agg(log::text, '') from audit.audit_logs as log")
    assert key not in text and stored.hex() not in text and hash_of(key).hex() not in text


def test_keys_are_changed_without_a_gap(postgresql: psycopg.Connection, login: Login, connect: Connect) -> None:
    """Two keys open one account; when the old one is revoked the new one still does; when it was used is told."""
    make_account(postgresql)
    old, new = make_key(postgresql), make_key(postgresql)
    with connect(login("audit_writer")) as connection, connect(login("iam_admin")) as administrator:
        assert [refusal_of(connection, key) for key in (old, new)] == [("till", None)] * 2
        administrator.execute("select iam.revoke_api_key(%s)", [ApiKey.of(old).key_id])
        assert refusal_of(connection, old) == ("till", "revoked")
        assert refusal_of(connection, new) == ("till", None)
        rows = administrator.execute(
            "select key_id, active, revoked_at is null, last_used_at <= now() from iam.list_api_keys()"
        ).fetchall()
    assert rows == [(ApiKey.of(old).key_id, True, False, True), (ApiKey.of(new).key_id, True, True, True)]


def test_the_use_of_a_key_is_noted_once_a_minute_and_is_no_change(
    postgresql: psycopg.Connection, login: Login, connect: Connect
) -> None:
    """Calls in between write nothing, and none is a record of its own."""
    make_account(postgresql)
    key = make_key(postgresql)
    mark = last_id(postgresql)
    with connect(login("audit_writer")) as connection:
        refusal_of(connection, key)
        first = one(postgresql, "select last_used_at, xmin::text from iam.api_keys")
        refusal_of(connection, key)
        assert one(postgresql, "select last_used_at, xmin::text from iam.api_keys") == first
        postgresql.execute("update iam.api_keys set last_used_at = last_used_at - interval '61 seconds'")
        refusal_of(connection, key)
        assert one(postgresql, "select last_used_at > %s from iam.api_keys", first[0]) == (True,)
    assert last_id(postgresql) == mark


def test_events_do_not_wait_for_the_note_of_use(postgresql: psycopg.Connection, login: Login, connect: Connect) -> None:
    """Somebody else holds the key's row: events of that key are stored all the same."""
    make_account(postgresql)
    define_actions(postgresql)
    key = make_key(postgresql)
    dsn = login("audit_writer")
    with connect(dsn, autocommit=False) as first, connect(dsn, options="-c lock_timeout=5s") as second:
        assert hand_over(first, key, scanned("1"))[0][0] == "stored"
        assert hand_over(second, key, scanned("2"))[0][0] == "stored"
        first.commit()


def test_why_a_key_opens_nothing(postgresql: psycopg.Connection, login: Login, connect: Connect) -> None:
    """Unknown, expired, revoked and inactive are told apart, and nothing is looked at or recorded."""
    make_account(postgresql)
    define_actions(postgresql)
    expired, revoked, inactive = (make_key(postgresql) for _ in range(3))
    postgresql.execute(
        "update iam.api_keys set expires_at = clock_timestamp() where key_id = %s", [ApiKey.of(expired).key_id]
    )
    postgresql.execute("select iam.revoke_api_key(%s)", [ApiKey.of(revoked).key_id])
    mark = last_id(postgresql)
    with connect(login("audit_writer")) as connection:
        assert refusal_of(connection, new_api_key().key.get_secret_value()) == (None, "unknown")
        assert refusal_of(connection, expired) == ("till", "expired")
        assert refusal_of(connection, revoked) == ("till", "revoked")
        postgresql.execute("select iam.set_service_account_active('till', false)")
        mark = last_id(postgresql)
        assert refusal_of(connection, inactive) == ("till", "inactive")
        row = connection.execute(
            "select refusal, verdicts, log_ids from audit.ingest(%s, '[{}]')", [hash_of(inactive)]
        ).fetchone()
        assert row == ("inactive", None, None)
    assert last_id(postgresql) == mark


def test_a_made_key_is_what_it_says() -> None:
    """Prefix, id and secret; no two are alike; what is no key has no digest, and is not repeated."""
    keys = [new_api_key() for _ in range(50)]
    assert len({key.key_id for key in keys}) == len({key.digest for key in keys}) == 50
    for made in keys:
        text = made.key.get_secret_value()
        assert text.startswith(f"ind_{made.key_id}_") and len(text) == 60
        assert ApiKey.of(text) == made and text not in repr(made)
    for wrong in ("", "ind_", text + "x", text[:-1], text.replace("ind_", "ink_"), text + "\n"):
        with pytest.raises(ValueError, match=r"^This is no API key\.$"):
            ApiKey.of(wrong)
