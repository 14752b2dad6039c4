"""Values survive exactly: whatever table and statements, the log leads from nothing to it and back, to the bit."""

from contextlib import suppress
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from psycopg import errors

from tests.literals import ODD, USER_TYPES
from tests.replaying import followed
from tests.stories import Step, Table, statement, stories
from tests.support import one


def replay(connection: psycopg.Connection[Any], story: tuple[Table, list[Step]]) -> None:
    """Play the story on a table of its own, then follow the log there and back."""
    if one(connection, "select to_regnamespace(%s) is null", ODD) == (True,):
        connection.execute(USER_TYPES.encode())
        connection.execute("set timezone = 'Asia/Tokyo'")
    table, steps = story
    with connection.transaction(force_rollback=True):
        follower = followed(connection, table.capture, table.create(), table.spelled)
        for step in steps:
            # A key that is taken, or a row that would be written twice, ends the statement and nothing else.
            with (
                suppress(errors.UniqueViolation, errors.CardinalityViolation),
                connection.transaction(force_rollback=step.undone),
            ):
                connection.execute(statement(table, step).encode())
            follower.note()
        follower.check()


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(story=stories())
def test_the_log_is_the_table(postgresql: psycopg.Connection[Any], story: tuple[Table, list[Step]]) -> None:
    """Whatever is made and done: after each statement, forwards and backwards, log and table say the same."""
    replay(postgresql, story)


@pytest.mark.heavy
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(story=stories())
def test_the_log_is_the_table_for_long(postgresql: psycopg.Connection[Any], story: tuple[Table, list[Step]]) -> None:
    """The same, five times as often."""
    replay(postgresql, story)
