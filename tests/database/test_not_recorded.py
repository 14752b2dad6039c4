"""What is not to be recorded: columns that alone do not count, operations, updates that change nothing."""

import psycopg
import pytest

from tests.support import events

both_captures = pytest.mark.parametrize("capture", ["row", "statement"])


def actions(connection: psycopg.Connection, capture: str, options: str) -> list[tuple[str, object]]:
    """What a fixed story leaves on record under these options of watch."""
    connection.execute("create table public.things (id int primary key, a text, seen int)")
    connection.execute(f"select audit.watch('public.things', 'THING', '{capture}', {options})".encode())
    for statement in (
        "insert into public.things values (1, 'x', 1)",
        "update public.things set seen = 2",
        "update public.things set a = 'y', seen = 3",
        "update public.things set a = a",
        "delete from public.things",
    ):
        connection.execute(statement.encode())
    return [(row["action"], row["changes"]) for row in events(connection, "entity_type = 'THING'")]


@both_captures
def test_skipped_columns_come_along_only(postgresql: psycopg.Connection, capture: str) -> None:
    """An update of a skipped column alone leaves nothing; beside another change its values are there."""
    recorded = actions(postgresql, capture, "skip => array['seen']")
    assert [action for action, _ in recorded] == ["ROW_INSERTED", "ROW_UPDATED", "ROW_DELETED"]
    assert recorded[1][1] == {"old": {"a": "x", "seen": 2}, "new": {"a": "y", "seen": 3}}


@both_captures
def test_operations_are_chosen(postgresql: psycopg.Connection, capture: str) -> None:
    """Only the operations that were named are recorded."""
    recorded = actions(postgresql, capture, "operations => array['delete']")
    assert [action for action, _ in recorded] == ["ROW_DELETED"]


@both_captures
def test_unchanged_updates_are_recorded_when_asked(postgresql: psycopg.Connection, capture: str) -> None:
    """An update that changes nothing leaves an empty record, when asked for."""
    recorded = actions(postgresql, capture, "record_unchanged => true")
    assert [action for action, _ in recorded].count("ROW_UPDATED") == 3
    assert recorded[3][1] == {"old": {}, "new": {}}


@pytest.mark.parametrize(
    ("options", "sqlstate"),
    [
        ("skip => array['id']", "ID007"),
        ("skip => array['nope']", "ID007"),
        ("operations => array['select']", "ID006"),
        ("operations => '{}'", "ID006"),
    ],
)
def test_wrong_rules_are_refused(postgresql: psycopg.Connection, options: str, sqlstate: str) -> None:
    """The key, unknown columns and unknown operations are refused with a sentence."""
    with pytest.raises(psycopg.Error) as refusal:
        actions(postgresql, "row", options)
    assert refusal.value.sqlstate == sqlstate
