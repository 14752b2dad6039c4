"""Named queries are found, described and unique."""

import pytest

from indelible import queries
from indelible.queries import QUERIES, parse


def test_every_query_of_the_package_is_loaded() -> None:
    """The names that Python uses are there, and statements come without their comments and semicolons."""
    assert {"record_batch", "set_context", "set_sealed_context"} <= set(QUERIES)
    for statement in QUERIES.values():
        assert not statement.startswith("--")
        assert not statement.endswith(";")


def test_a_file_holds_several_queries() -> None:
    """Each name line begins the next one; the statement keeps its line breaks."""
    text = "-- name: first\n-- One.\nselect 1;\n\n-- name: second\n-- Two.\n-- More.\nselect\n  $1;\n"
    assert dict(parse(text)) == {"first": "select 1", "second": "select\n  $1"}


@pytest.mark.parametrize("text", ["-- name: bare\nselect 1", "-- name: empty\n-- Nothing.\n"])
def test_a_query_without_description_or_statement_is_refused(text: str) -> None:
    """A statement that nobody can explain is not sent."""
    with pytest.raises(ValueError, match="lacks a description or a statement"):
        dict(parse(text))


def test_two_queries_of_one_name_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second would silently replace the first."""
    monkeypatch.setattr(queries, "parse", lambda _: [("twice", "select 1"), ("twice", "select 2")])
    with pytest.raises(ValueError, match="twice"):
        queries.load()
