"""Many events at once: each is recorded as it would be alone, once, and none suffers for another one."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict

from indelible.models import Event
from indelible.services.event import compose, new_event_id
from tests.batches import send, send_alone
from tests.stage import alice
from tests.support import Connect, Login, events, facts, last_id, one

Postgresql = psycopg.Connection[Any]
ACTION = "TEST_DONE"
# Of a batch's row and of a single one; the time of recording, the transaction and the id are their own.
COMPARED = (
    "action", "outcome", "user_id", "db_user", "actor_proof", "entity_type", "entity_id", "description", "permission",
    "ip_address", "request_id", "changes", "time_source",
)  # fmt: skip


@pytest.fixture
def writer(postgresql: Postgresql, login: Login, connect: Connect) -> Iterator[Postgresql]:
    """The audit service's login."""
    postgresql.execute("select audit.define_action(%s, 'A test.', 'service')", (ACTION,))
    with connect(login("audit_app", "audit_writer")) as connection:
        yield connection


def made(number: int = 0, **changes: Any) -> Event:
    """An event of alice's about thing `number`."""
    event = compose(ACTION, alice(), {"entity_type": "THING", "entity_id": number, "metadata": {"n": number}})
    return replace(event, **changes)


def things(postgresql: Postgresql) -> list[str]:
    return [event["entity_id"] for event in events(postgresql, "action = %s", ACTION)]


def test_a_batch_is_recorded_in_its_order(postgresql: Postgresql, writer: Postgresql) -> None:
    """One verdict and one row for each event, ids rising in the order given, each event's own id in its metadata."""
    batch = [made(number) for number in range(600)]
    verdicts = send(writer, batch)
    rows = events(postgresql, "action = %s", ACTION)
    assert [word for word, _, _ in verdicts] == ["stored"] * 600
    assert [log_id for _, log_id, _ in verdicts] == [row["id"] for row in rows]
    assert [row["metadata"] for row in rows] == [{"n": n, "event_id": str(e.event_id)} for n, e in enumerate(batch)]
    assert len({row["xid"] for row in rows}) == 1
    ledger = "select count(*) from audit_private.event_ids where producer = 'service:' || %s"
    assert one(postgresql, ledger, writer.info.user) == (600,)


def test_an_empty_batch_is_no_error(writer: Postgresql) -> None:
    """Nothing is asked, nothing is answered."""
    nothing = ", ".join(["'{}'"] * 13)
    assert one(writer, f"select count(*) from audit.record_batch({nothing})") == (0,)


@pytest.mark.parametrize("again", [slice(0, 20), slice(5, 15), slice(19, 20)], ids=["all", "some", "one"])
def test_what_comes_again_is_known(postgresql: Postgresql, writer: Postgresql, again: slice) -> None:
    """A repeated event leads to the row it had, beside new ones; nothing is recorded twice."""
    first = [made(number) for number in range(20)]
    log_ids = [log_id for _, log_id, _ in send(writer, first)]
    verdicts = send(writer, [*first[again], made(99), *first[again]])
    known = [("known", log_id, None) for log_id in log_ids[again]]
    assert verdicts[: len(known)] == known == verdicts[-len(known) :]
    assert verdicts[len(known)][0] == "stored"
    assert things(postgresql) == [*(str(number) for number in range(20)), "99"]


def test_one_id_twice_in_a_batch(postgresql: Postgresql, writer: Postgresql) -> None:
    """The first one is recorded, the second one known."""
    event = made()
    (word, log_id, _), again = send(writer, [event, event])
    assert (word, again) == ("stored", ("known", log_id, None))
    assert things(postgresql) == ["0"]


@pytest.mark.parametrize(
    "change",
    [
        {"action": "TEST_OTHER"},
        {"entity_id": "8"},
        {"outcome": "failure"},
        {"metadata": '{"n": 1}'},
        {"user_id": "bob"},
        {"ip_address": None},
        {"created_at": datetime(2026, 1, 1, tzinfo=UTC)},
        {"entity_type": None, "description": "THING"},
    ],
    ids=range(8),
)
def test_other_content_under_a_known_id_is_a_conflict(
    postgresql: Postgresql, writer: Postgresql, change: dict[str, Any]
) -> None:
    """It is not recorded, its neighbours are, and that it came is on record."""
    postgresql.execute("select audit.define_action('TEST_OTHER', 'A test.', 'service')")
    event = made()
    ((_, log_id, _),) = send(writer, [event])
    verdicts = send(writer, [made(1), replace(event, **change), made(2)])
    assert [word for word, _, _ in verdicts] == ["stored", "conflict", "stored"]
    assert things(postgresql) == ["0", "1", "2"]
    (told,) = events(postgresql, "action = 'AUDIT_EVENT_CONFLICT'")
    assert (told["entity_id"], told["outcome"], told["db_user"]) == (str(log_id), "denied", writer.info.user)
    assert told["metadata"] == {"producer": f"service:{writer.info.user}", "event_id": str(event.event_id)}


POISON = [
    ({"action": "NEVER_DEFINED"}, "ID002"),
    ({"action": "ROW_INSERTED"}, "ID003"),
    ({"outcome": "great"}, "ID005"),
    ({"outcome": None}, "ID005"),
    ({"action": None}, "ID002"),
    ({"event_id": None}, "23502"),
    ({"ip_address": "nowhere"}, "22P02"),
    ({"action": "AUTH_LOGIN_MALFORMED"}, "ID005"),
]


@pytest.mark.parametrize(("poison", "state"), POISON, ids=range(len(POISON)))
def test_a_bad_event_fails_alone(
    postgresql: Postgresql, writer: Postgresql, poison: dict[str, Any], state: str
) -> None:
    """It is refused with its own SQLSTATE; all others are recorded, in order, and repetitions are known."""
    first = made(0)
    send(writer, [first])
    verdicts = send(writer, [made(1), first, made(2, **poison), made(3)])
    assert [(word, found) for word, _, found in verdicts] == [
        ("stored", None), ("known", None), ("refused", state), ("stored", None)
    ]  # fmt: skip
    assert things(postgresql) == ["0", "1", "3"]


@pytest.mark.parametrize(
    "metadata",
    [
        "[]",
        "7",
        "{",
        '"\\u0000"',
        '{"a": "\\u0000"}',
        '{"n": 1e200000}',
        '{"d": ' * 100_000 + "1" + "}" * 100_000,
        "null",
    ],
    ids=range(8),
)
def test_an_event_is_worth_more_than_its_metadata(postgresql: Postgresql, writer: Postgresql, metadata: str) -> None:
    """What cannot be stored is left out, and the event says so; sent again with it, it is the same event."""
    event = made(1, metadata=metadata)
    for word in ("stored", "known"):
        assert [found for found, _, _ in send(writer, [made(0), event])] == ["stored", word]
    (row,) = events(postgresql, "entity_id = '1' and action = %s", ACTION)
    assert facts(row) == {"metadata_sanitised": ["refused"]}


def test_a_batch_that_the_server_cannot_take_has_no_verdict(postgresql: Postgresql, writer: Postgresql) -> None:
    """Read-only, out of time or out of space is no event's fault: an error for the whole batch, and no row."""
    mark = last_id(postgresql)
    writer.execute("set default_transaction_read_only = on")
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        send(writer, [made()])
    writer.execute("set default_transaction_read_only = off; set lock_timeout = '1ms'")
    with postgresql.transaction():
        postgresql.execute("lock table audit_private.event_ids")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            send(writer, [made(), made(action="NEVER_DEFINED")])
    assert last_id(postgresql) == mark


def test_what_is_answered_is_durable(writer: Postgresql) -> None:
    """Asynchronous commit is not for the audit service: an answer that a crash could take back would be a lie."""
    writer.execute("set synchronous_commit = off")
    with writer.transaction():
        send(writer, [made()])
        assert one(writer, "show synchronous_commit") == ("on",)
    with writer.transaction():
        writer.execute("set synchronous_commit = remote_apply")
        send(writer, [made()])
        assert one(writer, "show synchronous_commit") == ("remote_apply",)


def test_the_same_batches_at_once_are_recorded_once(
    postgresql: Postgresql, writer: Postgresql, connect: Connect
) -> None:
    """Two processes that both send what they do not know to be on record neither double it nor stop each other."""
    dsn = psycopg.conninfo.make_conninfo(writer.info.dsn, password=writer.info.password)
    batches = [[made(number) for number in range(50)] for _ in range(6)]

    def work(backwards: bool) -> list[str]:
        with psycopg.connect(dsn, autocommit=True) as connection:
            return [word for batch in batches for word, _, _ in send(connection, batch[::-1] if backwards else batch)]

    with ThreadPoolExecutor(2) as pool:
        one_, other = pool.map(work, [False, True])
    assert sorted(one_ + other) == ["known"] * 300 + ["stored"] * 300
    assert len(things(postgresql)) == 300


def test_an_event_may_come_after_the_end_of_its_session(postgresql: Postgresql, writer: Postgresql) -> None:
    """From a spool, when the user is not logged in any more: then the user is on the word of the application."""
    postgresql.execute("select iam.create_user('alice', 'Alice')")
    postgresql.execute(
        "insert into iam.sessions (token_digest, username, expires_at) values (sha256('t'), 'alice', 'infinity')"
    )
    (sealed,) = one(postgresql, "select sealed from iam.authenticate('t', '192.0.2.7', 'r1')")
    send(writer, [made(0, sealed=sealed)])
    postgresql.execute("update iam.sessions set ended_at = now()")
    send(writer, [made(1, sealed=sealed), made(2, sealed=f"{sealed[:-2]}00")])
    proven, late, forged = events(postgresql, "action = %s", ACTION)
    assert (proven["user_id"], proven["actor_proof"]) == ("alice", "sealed")
    assert (late["user_id"], late["actor_proof"]) == ("alice", "service")
    assert late["metadata"]["claim"] == "sealed context of an ended session of alice"
    assert (forged["user_id"], forged["actor_proof"], forged["metadata"]["claim"]) == (
        None, "direct", "forged sealed context"
    )  # fmt: skip


def test_who_is_no_application_claims_nothing(postgresql: Postgresql, login: Login, connect: Connect) -> None:
    """A login that may only write records what it says about users as a claim."""
    postgresql.execute("select audit.define_action(%s, 'A test.', 'service')", (ACTION,))
    with connect(login("audit_writer")) as connection:
        send(connection, [made()])
    (row,) = events(postgresql, "action = %s", ACTION)
    assert (row["user_id"], row["actor_proof"]) == (None, "direct")
    assert row["metadata"]["claim"] == f"claim by {row['db_user']}: alice"


short = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)
text = short | short.map(lambda part: (part or "a\u202e\x1b\n") * 250)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | text,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(short, inner, max_size=2),
    max_leaves=4,
)  # fmt: skip
contents = st.fixed_dictionaries({
    "action": st.sampled_from([ACTION, "TEST_UNKNOWN", "ROW_INSERTED", "AUTH_LOGIN_MALFORMED", "AUTH_LOGIN_FAILED"]),
    "entity_type": st.none() | text,
    "entity_id": st.none() | text,
    "description": st.none() | text,
    "outcome": st.sampled_from(["success", "failure", "denied", "attempted", "other"]),
    "metadata": st.none() | st.dictionaries(short | st.just("claim"), json_values, max_size=3).map(json.dumps),
    "permission": st.none() | text,
    "user_id": st.none() | text,
    "ip_address": st.none() | st.ip_addresses().map(str),
    "request_id": st.none() | text,
    "created_at": st.none() | st.timedeltas(timedelta(-60), timedelta(1)).map(lambda age: datetime.now(UTC) + age),
    "sealed": st.none() | st.just("forged") | text,
})  # fmt: skip


def alone(connection: Postgresql, event: Event) -> int | str:
    """The id of its row, or the SQLSTATE of its refusal."""
    try:
        return send_alone(connection, event)
    except psycopg.Error as error:
        return str(error.sqlstate)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(contents, min_size=1, max_size=4))
def test_a_batch_is_what_its_events_are_alone(
    postgresql: Postgresql, writer: Postgresql, batch: list[dict[str, Any]]
) -> None:
    """Whatever is in it: each event is recorded or refused as by audit.record(), with the same row."""
    sent = [Event(event_id=new_event_id(), **content) for content in batch]
    for event, (word, log_id, state) in zip(sent, send(writer, sent), strict=True):
        expected = alone(writer, event)
        if word == "refused":
            assert expected == state
            continue
        rows = {row["id"]: row for row in events(postgresql, "id in (%s, %s)", log_id, expected)}
        one_, other = rows[log_id], rows[expected]
        assert [one_[name] for name in COMPARED] == [other[name] for name in COMPARED]
        if one_["time_source"] == "claimed":
            assert one_["created_at"] == other["created_at"] == event.created_at
        assert facts(one_) == (other["metadata"] or {})
        assert one_["metadata"]["event_id"] == str(event.event_id)


def test_the_login_is_the_producer(writer: Postgresql, postgresql: Postgresql, login: Login, connect: Connect) -> None:
    """Two services that draw the same id do not stand in each other's way."""
    event = made()
    with connect(login("audit_app", "audit_writer")) as other:
        assert [send(connection, [event])[0][0] for connection in (writer, other)] == ["stored", "stored"]
        assert conninfo_to_dict(other.info.dsn)["user"] != writer.info.user
    assert things(postgresql) == ["0", "0"]
