"""audit.ingest(): the account is proven, everything else is the client's word; each event has a verdict of its own."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from tests.producing import SCANNED, define_actions, hand_over, hash_of, make_account, make_key, scanned
from tests.support import Connect, Login, events, one


def test_an_event_is_the_clients_word(postgresql: psycopg.Connection, writer: psycopg.Connection, till: str) -> None:
    """User and address as claimed, proof `client`; account, its address and the ids stand beside, db_user is ours."""
    happened = datetime.now(UTC).replace(microsecond=123000) - timedelta(hours=1)
    event = scanned(
        "0198C0DE-7b1a-7c55-9f3e-2f6d1a4b5c6d", user_id="ann", ip_address="2001:db8::7", request_id="r-1",
        outcome="denied", permission="shop.scan", description="At the till.", metadata={"till": 3},
        created_at=happened.isoformat(),
    )  # fmt: skip
    ((verdict, log_id),) = hand_over(writer, till, event)
    assert verdict == "stored"
    (row,) = events(postgresql, "id = %s", log_id)
    assert row["metadata"] == {
        "till": 3, "producer": "till", "producer_address": "192.0.2.50", "client_request_id": "r-1",
        "event_id": event["event_id"],
    }  # fmt: skip
    assert (row["user_id"], str(row["ip_address"]), row["actor_proof"]) == ("ann", "2001:db8::7", "client")
    assert (row["db_user"], row["request_id"]) == (writer.info.user, "e" * 32)
    assert (row["action"], row["entity_type"], row["entity_id"]) == (SCANNED, "SHOP_ITEM", "7")
    assert (row["outcome"], row["permission"], row["description"]) == ("denied", "shop.scan", "At the till.")
    assert (row["created_at"], row["time_source"]) == (happened, "claimed")
    (ledger,) = postgresql.execute("select producer, event_id::text, log_id from audit_private.event_ids").fetchall()
    assert ledger == ("client:till", event["event_id"].lower(), log_id)


def test_a_bare_event_is_enough(postgresql: psycopg.Connection, writer: psycopg.Connection, till: str) -> None:
    """Id and action: success, now, of nobody in particular; null is the same as nothing."""
    nothing = dict.fromkeys(("entity_type", "entity_id", "user_id", "ip_address", "created_at", "metadata", "outcome"))
    for event in ({"event_id": "1", "action": SCANNED}, {"event_id": "2", "action": SCANNED, **nothing}):
        ((verdict, log_id),) = hand_over(writer, till, event)
        (row,) = events(postgresql, "id = %s", log_id)
        assert (verdict, row["outcome"], row["time_source"]) == ("stored", "success", "database")
        assert (row["user_id"], row["ip_address"], row["entity_id"]) == (None, None, None)
        assert row["metadata"] == {
            "producer": "till", "producer_address": "192.0.2.50", "event_id": event["event_id"],
        }  # fmt: skip


@pytest.mark.parametrize(
    ("claimed", "kept"),
    [("2999-01-01T00:00:00Z", timedelta()), ("1999-01-01T00:00:00+14:00", timedelta(days=-30))],
)
def test_claimed_times_are_clamped(
    postgresql: psycopg.Connection, writer: psycopg.Connection, till: str, claimed: str, kept: timedelta
) -> None:
    """Neither the future nor more than 30 days ago, and the record says that it was clamped."""
    hand_over(writer, till, scanned("1", created_at=claimed))
    (row,) = events(postgresql, "action = %s", SCANNED)
    assert row["time_source"] == "clamped" and row["created_at"] == row["recorded_at"] + kept


def test_an_event_sent_again_is_known(postgresql: psycopg.Connection, writer: psycopg.Connection, till: str) -> None:
    """The answer got lost: the same event, in another batch, with other spaces and order, is the same row."""
    first = hand_over(writer, till, scanned("a", metadata={"x": 1, "y": [1, 2]}), scanned("b"))
    again = hand_over(writer, till, scanned("c"), scanned("a", metadata={"y": [1, 2], "x": 1}), scanned("b"))
    assert [verdict for verdict, _ in again] == ["stored", "known", "known"]
    assert [log_id for _, log_id in again[1:]] == [log_id for _, log_id in first]
    assert len(events(postgresql, "action = %s", SCANNED)) == 3


def test_a_uuid_is_one_however_it_is_written(writer: psycopg.Connection, till: str) -> None:
    """Capitals mean nothing in it; in any other text they do, and no text is taken for the UUID it is kept under."""
    uuid = "0198c0de-7b1a-7c55-9f3e-2f6d1a4b5c6d"
    made = [
        hand_over(writer, till, scanned(event_id))[0][0] for event_id in (uuid, uuid.upper(), "id", "ID", f"{uuid} ")
    ]
    assert made == ["stored", "known", "stored", "stored", "stored"]


def test_other_content_under_a_known_id_is_a_conflict(
    postgresql: psycopg.Connection, writer: psycopg.Connection, till: str
) -> None:
    """It is not stored, the first one stays, and the attempt is on record with the row that it conflicts with."""
    ((_, log_id),) = hand_over(writer, till, scanned("a", entity_id="7"))
    assert hand_over(writer, till, scanned("a", entity_id="8"), scanned("b"))[0] == ("conflict", log_id)
    (conflict,) = events(postgresql, "action = 'AUDIT_EVENT_CONFLICT'")
    assert (conflict["entity_type"], conflict["entity_id"]) == ("AUDIT_EVENT", str(log_id))
    assert conflict["metadata"] == {"producer": "till", "event_id": "a", "action": SCANNED}
    assert (conflict["outcome"], conflict["actor_proof"], conflict["request_id"]) == ("failure", "client", "e" * 32)
    assert [row["entity_id"] for row in events(postgresql, "action = %s", SCANNED)] == ["7", "7"]


def test_one_call_may_repeat_itself(postgresql: psycopg.Connection, writer: psycopg.Connection, till: str) -> None:
    """Twice the same event is one row, other content under its id a conflict, in the order of the call."""
    verdicts = hand_over(
        writer, till, scanned("z"), scanned("a"), scanned("a"), scanned("a", user_id="eve"), scanned("b")
    )
    assert [verdict for verdict, _ in verdicts] == ["stored", "stored", "known", "conflict", "stored"]
    ids = [log_id for _, log_id in verdicts]
    assert ids[1] == ids[2] == ids[3]
    assert [row["metadata"]["event_id"] for row in events(postgresql, "action = %s", SCANNED)] == ["z", "a", "b"]


def test_ids_belong_to_their_account(postgresql: psycopg.Connection, writer: psycopg.Connection, till: str) -> None:
    """Another account's same id is another event, and can neither take nor probe what this one has sent."""
    make_account(postgresql, "lift")
    lift = make_key(postgresql, "lift")
    mine = hand_over(writer, till, scanned("a"))
    theirs = hand_over(writer, lift, scanned("a", user_id="other"))
    assert mine[0][0] == theirs[0][0] == "stored" and mine[0][1] != theirs[0][1]
    assert [row["metadata"]["producer"] for row in events(postgresql, "action = %s", SCANNED)] == ["till", "lift"]


REFUSED: list[tuple[str, Any]] = [
    ("action_out_of_scope", scanned("1", action="AUTH_LOGIN_SUCCEEDED")),
    ("action_out_of_scope", scanned("1", action="ROW_UPDATED")),
    ("action_out_of_scope", scanned("1", action="NO_SUCH_ACTION")),
    ("entity_type_out_of_scope", scanned("1", entity_type="SHOP_ORDER")),
    ("unknown_action", scanned("1", action="SHOP_ITEM_EATEN")),
    ("wrong_origin", scanned("1", action="SHOP_ORDER_PAID")),
    *(
        ("invalid_event", item)
        for item in (
            None, 1, "x", [], {}, [scanned("1")],
            {"action": SCANNED}, {"event_id": "1"},
            scanned(""), scanned("x" * 201), scanned("1", event_id=1), scanned("1", event_id=None),
            scanned("1", action=None), scanned("1", action=""), scanned("1", action=["SHOP_ITEM_SCANNED"]),
            scanned("1", entity_type=None), scanned("1", entity_type=""), scanned("1", entity_id=""),
            scanned("1", entity_id=7), scanned("1", entity_id="x" * 1001), scanned("1", entity_type={"SHOP_ITEM": 1}),
            scanned("1", outcome="Success"), scanned("1", outcome=""), scanned("1", outcome=True),
            scanned("1", user_id=""), scanned("1", user_id="x" * 201), scanned("1", description="x" * 2001),
            scanned("1", permission="x" * 101), scanned("1", request_id="x" * 129),
            scanned("1", ip_address="10.0.0.0/8"), scanned("1", ip_address="somewhere"), scanned("1", ip_address=""),
            scanned("1", created_at="now"), scanned("1", created_at="yesterday"), scanned("1", created_at="infinity"),
            scanned("1", created_at="2026-01-05"), scanned("1", created_at="2026-01-05T08:23:49"),
            scanned("1", created_at="2026-02-30T08:23:49Z"), scanned("1", created_at="0000-01-01T00:00:00Z"),
            scanned("1", created_at="2026-01-05T08:23:49+99:00"), scanned("1", created_at=1767601429),
            scanned("1", metadata=[]), scanned("1", metadata="x"), scanned("1", metadata=1),
            scanned("1", metadata={"x": "y" * 60_000}), scanned("1", metadata={"x": [1e308] * 300}),
            scanned("1", metadata={"producer": "other"}), scanned("1", metadata={"claim": "root"}),
            scanned("1", metadata={"event_id": "2"}), scanned("1", metadata={"producer_address": "::"}),
            scanned("1", metadata={"client_request_id": "x"}),
            scanned("1", actor_proof="sealed"), scanned("1", db_user="postgres"), scanned("1", id=1),
            scanned("1", recorded_at="2026-01-05T08:23:49Z"), scanned("1", sealed="x"), scanned("1", changes={}),
        )
    ),
]  # fmt: skip


@pytest.mark.parametrize(("word", "item"), REFUSED)
def test_a_refused_event_takes_no_other_with_it(
    postgresql: psycopg.Connection, writer: psycopg.Connection, till: str, word: str, item: Any
) -> None:
    """Each refusal has its word, its neighbours are stored, and its id stays free for what is right."""
    verdicts = hand_over(writer, till, scanned("before"), item, scanned("after"))
    assert [verdict for verdict, _ in verdicts] == ["stored", word, "stored"]
    assert verdicts[1][1] is None
    assert len(events(postgresql, "action = %s", SCANNED)) == 2
    assert hand_over(writer, till, scanned("1"))[0][0] == "stored"


ESCAPES = [
    ("SHOP_ITEM_SCANNED", "shop_item_scanned"), ("SHOP_ITEM_SCANNED", "SHOP_ITEM_SCANNED "),
    ("SHOP_ITEM_SCANNED", "SHOP_ITEM_SCANNED\n"), ("SHOP_ITEM_SCANNED", "SHOP_ITEM_SCANNEDX"),
    ("SHOP_ITEM_SCANNED", "XSHOP_ITEM_SCANNED"), ("SHOP_ITEM_SCANNED", "SHOPXITEMXSCANNED"),
    ("SHOP_*", "SHOPLIFT_SEEN"), ("SHOP_*", "SHOP_"), ("SHOP_*", "SHOP"), ("SHOP_*", "SHOP_*"), ("SHOP_*", "SHOP_%"),
    ("SHOP_*", "\uff33HOP_ITEM_SCANNED"), ("SHOP_*", "SH\u041eP_ITEM_SCANNED"), ("SHOP_*", "SHOP_\u200bITEM_SCANNED"),
    ("SHOP_*", "SHOP_ITEM_SCANNED\u2028"), ("SHOP_*", "X\nSHOP_ITEM_SCANNED"),
    ("SHOP_*", "SHOP_ITEM_SCANNED|AUTH_LOGIN_FAILED"), ("SHOP_*", ".*"), ("SHOP_*", "SHOP_\u0130TEM"),
    ("SHOP_*", "SHOP_\u0131TEM"),
    ("SHOP_*", "SHOP__ITEM"), ("SHOP_*", "SHOP_item"),
]  # fmt: skip


@pytest.mark.parametrize(("pattern", "tried"), ESCAPES)
def test_no_spelling_leads_out_of_a_scope(
    postgresql: psycopg.Connection, writer: psycopg.Connection, pattern: str, tried: str
) -> None:
    """Case, look-alikes, blanks, line ends and signs of pattern languages: of actions and of entity types."""
    define_actions(postgresql)
    make_account(postgresql, "till", [pattern], [pattern])
    key = make_key(postgresql)
    good = {"event_id": "good", "action": SCANNED, "entity_type": SCANNED, "entity_id": "1"}
    verdicts = hand_over(writer, key, {**good, "action": tried}, {**good, "entity_type": tried}, good)
    assert [verdict for verdict, _ in verdicts] == ["action_out_of_scope", "entity_type_out_of_scope", "stored"]
    (denied,) = events(postgresql, "action = 'AUDIT_EVENT_DENIED'")
    assert denied["outcome"] == "denied" and denied["entity_id"] == "till"


def test_without_a_scope_nothing_comes_in(postgresql: psycopg.Connection, writer: psycopg.Connection) -> None:
    """An account that was given no scope, or whose scope was revoked, records nothing."""
    define_actions(postgresql)
    make_account(postgresql, "till", [], [])
    key = make_key(postgresql)
    event = {"event_id": "1", "action": SCANNED}
    assert hand_over(writer, key, event) == [("action_out_of_scope", None)]
    postgresql.execute("select iam.grant_scope('till', 'action', %s)", [SCANNED])
    assert hand_over(writer, key, scanned("1"), event)[0] == ("entity_type_out_of_scope", None)
    postgresql.execute("select iam.revoke_scope('till', 'action', %s)", [SCANNED])
    assert hand_over(writer, key, event | {"event_id": "2"}) == [("action_out_of_scope", None)]


def test_what_is_denied_is_on_record_once_a_call(
    postgresql: psycopg.Connection, writer: psycopg.Connection, till: str
) -> None:
    """How many there were and what the first one was, with the address and request they came by."""
    forged = [scanned(str(number), action="SHOP_ORDER_PAID") for number in range(5)]
    hand_over(
        writer, till, scanned("a"), *forged, scanned("b", entity_type="IAM_USER"), scanned("c", action="SHOP_X_Y")
    )
    (denied,) = events(postgresql, "action = 'AUDIT_EVENT_DENIED'")
    assert denied["metadata"] == {
        "producer": "till", "count": 6,
        "first": {"reason": "wrong_origin", "action": "SHOP_ORDER_PAID", "entity_type": "SHOP_ITEM"},
    }  # fmt: skip
    assert (str(denied["ip_address"]), denied["request_id"]) == ("192.0.2.50", "e" * 32)
    assert denied["actor_proof"] == "client" and denied["user_id"] is None


@pytest.mark.parametrize("body", ["null", "1", "{}", '"x"', None, json.dumps([{}] * 1001)])
def test_what_is_no_batch_is_refused_as_a_whole(writer: psycopg.Connection, till: str, body: str | None) -> None:
    """Not an array, or more than 1000 events: ID005."""
    with pytest.raises(psycopg.Error) as refusal:
        writer.execute("select audit.ingest(%s, %s::jsonb)", [hash_of(till), body])
    assert refusal.value.sqlstate == "ID005"


def test_what_is_answered_is_on_disk(postgresql: psycopg.Connection, login: Login, connect: Connect, till: str) -> None:
    """A login that has been set to commit without waiting waits for events of other applications."""
    dsn = login("audit_writer")
    with connect(dsn, options="-c synchronous_commit=off") as connection, connection.transaction():
        hand_over(connection, till, scanned("1"))
        assert one(connection, "show synchronous_commit") == ("on",)
    with connect(dsn, options="-c synchronous_commit=remote_write") as connection, connection.transaction():
        hand_over(connection, till, scanned("2"))
        assert one(connection, "show synchronous_commit") == ("remote_write",)


def test_control_characters_are_neutralised(
    postgresql: psycopg.Connection, writer: psycopg.Connection, till: str
) -> None:
    """What the HTTP door would have refused is harmless in every column that a person reads."""
    hand_over(writer, till, scanned("a\nb", user_id="ann\r\n\u202e", request_id="\u0001", description="x\u2028y"))
    (row,) = events(postgresql, "action = %s", SCANNED)
    metadata = row["metadata"]
    texts = row["user_id"], row["description"], metadata["event_id"], metadata["client_request_id"]
    assert texts == ("ann���", "x�y", "a�b", "�")
