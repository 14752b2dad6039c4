"""What the sealer puts on record by itself: that it is at work, and what the capture triggers are."""

from pathlib import Path

import psycopg
import pytest

from tests.sealing import ORIGIN, leading, published
from tests.support import Login, Row, events, last_id, one


@pytest.fixture
def watched(postgresql: psycopg.Connection) -> psycopg.Connection:
    """A watched table whose triggers were seen."""
    postgresql.execute("create table public.things (id int primary key, name text)")
    postgresql.execute("select audit.watch('public.things', 'THING')")
    assert seen(postgresql, 0)
    assert not seen(postgresql, last_id(postgresql))
    return postgresql


def seen(connection: psycopg.Connection, after: int) -> list[Row]:
    """What a look at the triggers puts on record of the table."""
    connection.execute("select audit.observe_capture()")
    return events(connection, "id > %s and action = 'AUDIT_CAPTURE_SEEN' and entity_id ~ 'things'", after)


def test_disabled_capture_is_on_record(watched: psycopg.Connection) -> None:
    """For how long nothing was captured can be told: from one event, with disabled triggers, to the next."""
    mark = last_id(watched)
    watched.execute("alter table public.things disable trigger all")
    (gone,) = seen(watched, mark)
    assert gone["metadata"]["disabled"] == gone["metadata"]["triggers"] > 0
    watched.execute("alter table public.things enable trigger all")
    (back,) = seen(watched, gone["id"])
    assert back["metadata"]["disabled"] == 0
    assert back["metadata"]["former_digest"] == gone["metadata"]["digest"] != gone["metadata"]["former_digest"]


def test_what_was_disabled_between_two_looks_is_on_record(watched: psycopg.Connection) -> None:
    """Put back as it was, the definition is the same: that it was written meanwhile still shows."""
    mark = last_id(watched)
    watched.execute('alter table public.things disable trigger "!indelible_capture_update"')
    watched.execute("update public.things set name = 'unseen'")
    watched.execute('alter table public.things enable always trigger "!indelible_capture_update"')
    (event,) = seen(watched, mark)
    assert event["metadata"]["digest"] == event["metadata"]["former_digest"]


@pytest.mark.parametrize(
    "change",
    [
        'drop trigger "!indelible_capture_delete" on public.things',
        "create or replace function audit_private.capture_1_update() returns trigger language plpgsql as 'begin end'",
        "alter event trigger audit_watch_drop disable; drop table public.things",
    ],
)
def test_replaced_capture_is_on_record(watched: psycopg.Connection, change: str) -> None:
    """A trigger or its function taken away or written anew, or the table gone: another digest."""
    (number,) = one(watched, "select watch_id from audit_private.watches where target = 'public.things'::regclass")
    mark = last_id(watched)
    watched.execute(change.replace("capture_1_", f"capture_{number}_").encode())
    (event,) = seen(watched, mark)
    assert event["metadata"]["digest"] != event["metadata"]["former_digest"]


def test_the_guards_of_the_log_are_watched_too(watched: psycopg.Connection) -> None:
    """A superuser who takes the guards down for a moment is on record."""
    mark = last_id(watched)
    watched.execute("alter table audit.audit_logs disable trigger log_refuse_statement")
    watched.execute("alter table audit.audit_logs enable always trigger log_refuse_statement")
    assert not seen(watched, mark)
    assert events(watched, "id > %s and action = 'AUDIT_CAPTURE_SEEN' and entity_id = 'audit.audit_logs'", mark)


def test_heartbeats(postgresql: psycopg.Connection, login: Login, tmp_path: Path) -> None:
    """An event a minute says how far the log is sealed, and is sealed itself: silence is visible."""
    now = [0.0]
    with leading(login("audit_sealer"), tmp_path) as sealer:
        sealer.clock = lambda: now[0]
        sealer.start(ORIGIN)
        for second in (0.0, 1.0, 59.0, 61.0, 62.0):
            now[0] = second
            while not sealer.step():
                pass
    beats = events(postgresql, "action = 'AUDIT_HEARTBEAT'")
    assert len(beats) == 2
    assert {beat["id"] for beat in beats} <= {entry.id for entry in published(postgresql, tmp_path)}
    sizes = [size for (size,) in postgresql.execute("select tree_size from audit_private.batches").fetchall()]
    assert beats[1]["metadata"]["size"] in sizes
