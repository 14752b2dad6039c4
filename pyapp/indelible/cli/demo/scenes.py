"""The first nine scenes: what is done, and what must be on record afterwards."""

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from indelible.cli.demo.client import Answer, Client, Row
from indelible.cli.demo.scene import Scene, events_of, http_step

LOG_WRITES = (
    "UPDATE audit.audit_logs SET user_id = 'nobody'",
    "DELETE FROM audit.audit_logs",
    "TRUNCATE audit.audit_logs",
)


def play(client: Client) -> Iterator[Scene]:
    """All scenes in order; each is played when it is asked for."""
    created, booking, token = booking_created(client)
    yield created
    yield wrong_password(client)
    yield unknown_user(client)
    yield inactive_user(client)
    yield refused(client, "bob", "Permission denied", "RBAC_PERMISSION_DENIED", "not_granted")
    yield refused(client, "dave", "User without any role", "RBAC_ROLE_MISSING", "no_role")
    yield halfway_failure(client, token, booking)
    yield direct_update(client, booking)
    yield log_attacked(client)


def departure() -> str:
    """A departure of its own for every call, so that each demo finds an empty ferry."""
    return (datetime.now(UTC) + timedelta(days=7)).isoformat()


def new_booking(route: str, departs_at: str, seats: int) -> dict[str, Any]:
    """The body of a booking."""
    return {
        "passenger_name": "Grainne Malley",
        "passenger_email": "grainne@example.org",
        "route": route,
        "departs_at": departs_at,
        "seats": seats,
    }


def booking_created(client: Client) -> tuple[Scene, int, str]:
    """Scene 1, and what later scenes need of it: the booking's id and alice's token."""
    login = client.login("alice")
    token = login.body.get("token", "")
    created = client.post("/v1/ftms/bookings", new_booking("ROS-DUN", departure(), 2), token)
    who = {"user_id": "alice", "actor_proof": "sealed", "ip_address": "127.0.0.1"}
    booking = created.body.get("id", 0)
    scene = Scene(
        "Booking created: its event and its row changes share a request",
        [http_step("POST /v1/auth/login as alice", login), http_step("POST /v1/ftms/bookings", created)],
        [
            {"action": "AUTH_LOGIN_SUCCEEDED", "outcome": "success", "request_id": login.request_id} | who,
            *(
                {"action": action, "outcome": "success", "entity_type": kind, "request_id": created.request_id} | who
                for action, kind in [
                    ("ROW_INSERTED", "FTMS_SAILING"),
                    ("ROW_UPDATED", "FTMS_SAILING"),
                    ("ROW_INSERTED", "FTMS_BOOKING"),
                    ("FTMS_BOOKING_CREATED", "FTMS_BOOKING"),
                ]
            ),
        ],
        events_of(client, login, created),
        {"answered 200 and 201": (login.status, created.status) == (200, 201)},
    )
    entities = {event["entity_id"] for event in scene.recorded[3:]}
    scene.rules["row change and business event name the same booking"] = entities == {str(booking)}
    return scene, booking, token


def wrong_password(client: Client) -> Scene:
    """Scene 2."""
    answer = client.login("alice", "not-" + secrets.token_urlsafe(8))
    want = {"action": "AUTH_LOGIN_FAILED", "user_id": "alice", "reason": "wrong_password"}
    return _refused_login(client, "Wrong password", "alice", answer, want)


def unknown_user(client: Client) -> Scene:
    """Scene 3: the name is new each time, or it would be locked one day."""
    name = f"mallory-{secrets.token_hex(4)}"
    answer = client.login(name, secrets.token_urlsafe(8))
    want = {"action": "AUTH_LOGIN_FAILED", "user_id": None, "reason": "unknown_user"}
    scene = _refused_login(client, "Unknown user", name, answer, want)
    scene.rules["the name typed is kept as a digest only"] = name not in str(scene.recorded)
    return scene


def inactive_user(client: Client) -> Scene:
    """Scene 4: the right password of a user who has left."""
    want = {"action": "AUTH_LOGIN_INACTIVE", "user_id": "carol", "reason": "inactive"}
    return _refused_login(client, "Inactive user", "carol", client.login("carol"), want)


def halfway_failure(client: Client, token: str, booking: int) -> Scene:
    """Scene 7: seats are given back, then the new sailing is full, and all of it is undone but the record."""
    full = departure()
    filled = client.post("/v1/ftms/bookings", new_booking("OBN-CST", full, 40), token)
    moved = client.post(f"/v1/ftms/bookings/{booking}/transfer", {"route": "OBN-CST", "departs_at": full}, token)
    want = {"action": "FTMS_BOOKING_UPDATED", "outcome": "failure", "user_id": "alice", "entity_id": str(booking)}
    return Scene(
        "Handler fails halfway: rolled back, and on record all the same",
        [
            http_step("POST /v1/ftms/bookings (fills a ferry)", filled),
            http_step(f"POST /v1/ftms/bookings/{booking}/transfer", moved),
        ],
        [want | {"entity_type": "FTMS_BOOKING", "ip_address": "127.0.0.1"}],
        events_of(client, moved),
        {"answered 201 and 409": (filled.status, moved.status) == (201, 409)},
    )


def direct_update(client: Client, booking: int) -> Scene:
    """Scene 8: psql, a script, a repair at night: the database sees them all."""
    statement = "UPDATE ftms.bookings SET notes = 'changed past the application' WHERE id = %s"
    with client.session("ftms_dba") as connection, connection.transaction():
        connection.execute(statement, [booking])
        (xid,) = connection.execute("select pg_catalog.pg_current_xact_id()::text").fetchone() or ("0",)
    want = {"action": "ROW_UPDATED", "db_user": "ftms_dba", "user_id": None, "actor_proof": "direct"}
    return Scene(
        "A DBA updates a booking directly, past the application",
        [(f"ftms_dba: {statement % booking}", "UPDATE 1")],
        [want | {"entity_type": "FTMS_BOOKING", "entity_id": str(booking)}],
        client.recorded("events_of_transaction", xid),
        {},
    )


def log_attacked(client: Client) -> Scene:
    """Scene 9: the application's own login tries to change the past."""
    ((last,),) = (row.values() for row in client.recorded("last_event"))
    before = client.recorded("digest_of_log", last)
    steps = [(f"ftms_api: {statement}", _refusal(client, statement)) for statement in LOG_WRITES]
    return Scene(
        "The application's role tries to change the log",
        steps,
        [],
        [],
        {
            "each statement was refused with SQLSTATE 42501": {answer for _, answer in steps} == {"refused: 42501"},
            f"count and digest of all {before[0]['count']} events are unchanged": client.recorded("digest_of_log", last)
            == before,
        },
    )


def _refusal(client: Client, statement: str) -> str:
    try:
        with client.session("ftms_api") as connection:
            connection.execute(statement.encode())
    except psycopg.Error as error:
        return f"refused: {error.sqlstate}"
    return "done"


def _refused_login(client: Client, title: str, name: str, answer: Answer, want: Row) -> Scene:
    return Scene(
        title,
        [http_step(f"POST /v1/auth/login as {name}", answer)],
        [want | {"outcome": "failure", "ip_address": "127.0.0.1"}],
        events_of(client, answer),
        {"the client learns nothing: 401": answer.status == 401},
    )


def refused(client: Client, name: str, title: str, action: str, reason: str) -> Scene:
    """Scenes 5 and 6."""
    token = client.login(name).body.get("token", "")
    answer = client.post("/v1/ftms/bookings", new_booking("ROS-DUN", departure(), 1), token)
    want = {
        "action": action,
        "outcome": "denied",
        "user_id": name,
        "permission": "ftms.booking.create",
        "reason": reason,
    }
    return Scene(
        title,
        [http_step(f"POST /v1/ftms/bookings as {name}", answer)],
        [want | {"ip_address": "127.0.0.1", "actor_proof": "sealed"}],
        events_of(client, answer),
        {"answered 403": answer.status == 403},
    )
