"""Logins decided by the database: every verdict is a record of its own, and rolling back is no way to guess."""

import hashlib
import uuid
from collections.abc import Iterator

import psycopg
import pytest

from tests.support import Connect, Login, events, last_id

KEY = b"k" * 32
WRONG = b"w" * 32
TOKEN = b"t" * 32


@pytest.fixture
def application(postgresql: psycopg.Connection, login: Login, connect: Connect) -> Iterator[psycopg.Connection]:
    """A login of audit_app, in autocommit, with users ann and the deactivated ian."""
    for name in ("ann", "ian"):
        postgresql.execute("select iam.create_user(%s, 'Somebody')", (name,))
        postgresql.execute(
            "select iam.set_password(%s, %s, 8192, 1, 1, %s)", (name, b"s" * 16, hashlib.sha256(KEY).digest())
        )
    postgresql.execute("select iam.set_active('ian', false)")
    postgresql.commit()
    with connect(login("audit_app")) as connection:
        yield connection


def begin(connection: psycopg.Connection, name: str) -> tuple[uuid.UUID, bytes, int, int, int]:
    row = connection.execute("select * from iam.login_begin(%s, '10.0.0.9', 'r9')", (name,)).fetchone()
    assert row is not None
    return row


def finish(
    connection: psycopg.Connection, attempt: uuid.UUID, key: bytes, token: bytes = TOKEN
) -> tuple[str, str | None]:
    row = connection.execute(
        "select verdict, username from iam.login_finish(%s, %s, %s)", (attempt, key, token)
    ).fetchone()
    assert row is not None
    return row


def attempt(connection: psycopg.Connection, name: str, key: bytes) -> str:
    return finish(connection, begin(connection, name)[0], key)[0]


@pytest.mark.parametrize(
    ("name", "key", "verdict", "action", "reason", "user"),
    [
        ("ann", KEY, "succeeded", "AUTH_LOGIN_SUCCEEDED", None, "ann"),
        ("  ANN ", KEY, "succeeded", "AUTH_LOGIN_SUCCEEDED", None, "ann"),
        ("ann", WRONG, "failed", "AUTH_LOGIN_FAILED", "wrong_password", "ann"),
        ("nobody", KEY, "unknown", "AUTH_LOGIN_FAILED", "unknown_user", None),
        ("ian", KEY, "inactive", "AUTH_LOGIN_INACTIVE", "inactive", "ian"),
        ("ian", WRONG, "inactive", "AUTH_LOGIN_INACTIVE", "inactive", "ian"),
    ],
)
def test_each_verdict_is_its_own_record(
    postgresql: psycopg.Connection, application: psycopg.Connection,
    name: str, key: bytes, verdict: str, action: str, reason: str | None, user: str | None,
) -> None:  # fmt: skip
    """Success, wrong password, unknown and inactive user differ in the log, with identity, address and request."""
    before = last_id(postgresql)
    postgresql.rollback()
    assert attempt(application, name, key) == verdict
    (event,) = events(postgresql, "id > %s", before)
    assert (event["action"], event["user_id"]) == (action, user)
    assert (str(event["ip_address"]), event["request_id"]) == ("10.0.0.9", "r9")
    assert (event["metadata"] or {}).get("reason") == reason
    assert event["outcome"] == ("success" if verdict == "succeeded" else "failure")


def test_unknown_names_are_kept_as_a_digest(postgresql: psycopg.Connection, application: psycopg.Connection) -> None:
    """A name nobody has may be a password in the wrong field: only the policy keeps it verbatim."""
    attempt(application, "hunter2-my-password", KEY)
    (event,) = events(postgresql, "action = 'AUTH_LOGIN_FAILED'")
    assert len(event["metadata"]["name_digest"]) == 64
    dump = postgresql.execute("select string_agg(a::text, '') from iam.login_attempts a").fetchone()
    assert "hunter2" not in str(event) and "hunter2" not in str(dump)
    postgresql.execute("select iam.set_policy(keep_unknown_names => true)")
    postgresql.commit()
    attempt(application, "typo-ann", KEY)
    assert events(postgresql, "metadata ->> 'name' = 'typo-ann'")


def test_unknown_names_get_constant_convincing_parameters(application: psycopg.Connection) -> None:
    """The parameters of a name nobody has look like those of others, and stay the same."""
    first, second, other = (begin(application, name)[1:] for name in ("ghost", "ghost", "ghoul"))
    assert first == second and first[0] != other[0] and len(first[0]) == 16


def test_five_failures_lock_the_name(postgresql: psycopg.Connection, application: psycopg.Connection) -> None:
    """After five failures even the right password is refused, on record as locked."""
    assert [attempt(application, "ann", WRONG) for _ in range(5)] == ["failed"] * 5
    assert attempt(application, "ann", KEY) == "locked"
    (event,) = events(postgresql, "action = 'AUTH_LOGIN_LOCKED'")
    assert event["user_id"] == "ann"
    postgresql.execute("update iam.login_attempts set started_at = started_at - interval '16 minutes'")
    postgresql.commit()
    assert attempt(application, "ann", KEY) == "succeeded"


def test_success_forgives(application: psycopg.Connection) -> None:
    """Failures count since the last success."""
    for _ in range(2):
        for _ in range(4):
            assert attempt(application, "ann", WRONG) == "failed"
        assert finish(application, begin(application, "ann")[0], KEY, uuid.uuid4().bytes * 2)[0] == "succeeded"


def test_unknown_names_lock_like_known_ones(application: psycopg.Connection) -> None:
    """Lock-out does not tell who exists."""
    assert [attempt(application, "ghost", KEY) for _ in range(6)] == ["unknown"] * 5 + ["locked"]


def test_rolling_back_is_a_failure(application: psycopg.Connection) -> None:
    """Whoever rolls every finish back has used up the guesses all the same."""
    for _ in range(5):
        attempt_id = begin(application, "ann")[0]
        with application.transaction(force_rollback=True):
            assert finish(application, attempt_id, WRONG)[0] == "failed"
    assert attempt(application, "ann", KEY) == "locked"


def savepoint_then_finish(connection: psycopg.Connection) -> None:
    with connection.transaction():
        attempt_id = begin(connection, "ann")[0]
    with connection.transaction():
        finish(connection, attempt_id, KEY)


def test_begin_and_finish_in_one_transaction_is_refused(application: psycopg.Connection) -> None:
    """An attempt that is not committed cannot be finished: it could be rolled back with its failure."""
    with pytest.raises(psycopg.Error) as refusal, application.transaction():
        attempt(application, "ann", KEY)
    assert refusal.value.sqlstate == "ID008"
    with application.transaction(), pytest.raises(psycopg.Error) as refusal:
        savepoint_then_finish(application)
    assert refusal.value.sqlstate == "ID008"


def test_an_attempt_is_finished_once(application: psycopg.Connection) -> None:
    """No second guess on one attempt, none on an invented one, no token of another length."""
    attempt_id = begin(application, "ann")[0]
    assert finish(application, attempt_id, WRONG)[0] == "failed"
    for identifier, token in [(attempt_id, TOKEN), (uuid.uuid4(), TOKEN), (begin(application, "ann")[0], b"short")]:
        with pytest.raises(psycopg.Error) as refusal:
            finish(application, identifier, KEY, token)
        assert refusal.value.sqlstate == "ID008"


def test_null_key_is_no_key(application: psycopg.Connection) -> None:
    """Comparing with nothing is a failure, not a success."""
    attempt_id = begin(application, "ann")[0]
    row = application.execute("select verdict from iam.login_finish(%s, null, %s)", (attempt_id, TOKEN)).fetchone()
    assert row == ("failed",)


def test_hashes_never_leave(postgresql: psycopg.Connection, application: psycopg.Connection) -> None:
    """Neither salt nor verifier is in the log, though credentials are watched."""
    rows = events(postgresql, "entity_type = 'IAM_CREDENTIAL_ROW'")
    assert rows and all(row["changes"]["new"]["verifier"] == "***" for row in rows)
    assert hashlib.sha256(KEY).hexdigest() not in str(rows)
