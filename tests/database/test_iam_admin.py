"""Administration of users, roles and permissions: on record, idempotent, and refused in sentences."""

import psycopg
import pytest

from tests.support import Connect, Login, events, last_id

CALLS = [
    "iam.create_user('zoe', 'Zoe')",
    "iam.set_active('zoe', false)",
    "iam.set_active('zoe', true)",
    "iam.create_role('keeper', 'Keeps.')",
    "iam.create_permission('zoo.feed', 'Feed.')",
    "iam.grant_permission('keeper', 'zoo.feed')",
    "iam.grant_role('zoe', 'keeper')",
    "iam.revoke_role('zoe', 'keeper')",
    "iam.revoke_permission('keeper', 'zoo.feed')",
    "iam.set_policy(max_failures => 7)",
]
ACTIONS = [
    "IAM_USER_CREATED", "IAM_USER_DEACTIVATED", "IAM_USER_ACTIVATED", "IAM_ROLE_CREATED", "IAM_PERMISSION_CREATED",
    "IAM_PERMISSION_GRANTED", "IAM_ROLE_GRANTED", "IAM_ROLE_REVOKED", "IAM_PERMISSION_REVOKED", "IAM_POLICY_CHANGED",
]  # fmt: skip


def test_every_change_is_recorded_twice_over(postgresql: psycopg.Connection, login: Login, connect: Connect) -> None:
    """Each call leaves its event and the row change beneath it, in one transaction; doing it again leaves nothing."""
    with connect(login("iam_admin")) as connection:
        for call, action in zip(CALLS, ACTIONS, strict=True):
            mark = last_id(postgresql)
            connection.execute(f"select {call}".encode())
            rows = events(postgresql, "id > %s", mark)
            assert rows[-1]["action"] == action and rows[0]["action"].startswith("ROW_")
            assert len({row["xid"] for row in rows}) == 1
            assert {row["db_user"] for row in rows} == {connection.info.user}
            mark = last_id(postgresql)
            connection.execute(f"select {call}".encode())
            assert last_id(postgresql) == mark, call


@pytest.mark.parametrize(
    "call",
    [
        "iam.create_user('Zoe', 'x')", "iam.create_user('', 'x')", "iam.create_user(null, 'x')",
        "iam.create_user('zoe', '')",
        "iam.create_user(E'a\\nb', 'x')", "iam.create_user(repeat('a', 101), 'x')",
        "iam.set_active('ghost', true)", "iam.set_active(null, true)",
        "iam.set_password('ghost', '1234567890123456', 8192, 1, 1, sha256('x'))",
        "iam.set_password('alice', 'short', 8192, 1, 1, sha256('x'))",
        "iam.set_password('alice', '1234567890123456', 1, 1, 1, sha256('x'))",
        "iam.set_password('alice', '1234567890123456', 8192, 1, 1, 'x')",
        "iam.create_role('UPPER', 'x')", "iam.create_role('ok', null)",
        "iam.create_permission('nodots', 'x')", "iam.create_permission('a.b', null)",
        "iam.grant_permission('ghost', 'zoo.feed')", "iam.grant_role('ghost', 'keeper')", "iam.grant_role(null, null)",
        "iam.set_policy(max_failures => 0)", "iam.set_policy(session_hours => 100000)",
    ],
)  # fmt: skip
def test_nonsense_is_refused_with_a_sentence(
    postgresql: psycopg.Connection, login: Login, connect: Connect, call: str
) -> None:
    """What does not exist or has the wrong form is ID009, and nothing is recorded."""
    postgresql.execute("select iam.create_user('alice', 'Alice')")
    mark = last_id(postgresql)
    with connect(login("iam_admin")) as connection, pytest.raises(psycopg.Error) as refusal:
        connection.execute(f"select {call}".encode())
    assert refusal.value.sqlstate == "ID009"
    assert last_id(postgresql) == mark


def test_changes_around_the_functions_are_on_record(postgresql: psycopg.Connection) -> None:
    """A superuser who writes to iam directly is captured like anybody."""
    mark = last_id(postgresql)
    postgresql.execute("insert into iam.users (username, display_name) values ('sneak', 'Sneak')")
    postgresql.execute("update iam.policy set lock_minutes = 1")
    rows = events(postgresql, "id > %s", mark)
    assert [(row["action"], row["entity_type"]) for row in rows] == [
        ("ROW_INSERTED", "IAM_USER_ROW"), ("ROW_UPDATED", "IAM_POLICY_ROW"),
    ]  # fmt: skip


def test_every_table_of_iam_that_grants_is_watched(postgresql: psycopg.Connection) -> None:
    """Users, roles, permissions, grants, credentials and policy are watched; sessions and attempts are events."""
    rows = postgresql.execute("select target_name from audit_private.watches where target_name like 'iam.%'")
    names = {name for (name,) in rows}
    tables = {
        name
        for (name,) in postgresql.execute(
            "select oid::regclass::text from pg_class where relnamespace = 'iam'::regnamespace and relkind = 'r'"
        )
    }
    assert tables - names == {"iam.sessions", "iam.login_attempts"}
