"""Fail-closed actions, whose success is recorded in the transaction that makes it true."""

from collections.abc import Iterator, Sequence
from typing import Any

from indelible.context import Attempt
from indelible.queries import QUERIES


def success_calls(attempts: Sequence[Attempt]) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """The statements, with their parameters, to be run before the transaction commits."""
    for attempt in attempts:
        if attempt.success is not None and not attempt.succeeded:
            yield QUERIES["finish_attempt"], attempt.success()


def note_committed(attempts: Sequence[Attempt]) -> None:
    """The transaction has committed, and what `success_calls` gave with it."""
    for attempt in attempts:
        attempt.succeeded = True
