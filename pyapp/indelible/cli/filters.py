"""Which events a command shows: options that `events` and `tail` share."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import psycopg
from cyclopts import Parameter

from indelible.queries import QUERIES


@dataclass(frozen=True)
class Filters:
    """Only events that match all of these.

    Args:
        actor: User or database login.
        action: Event code; % stands for anything: AUTH_%.
        outcome: How it went.
        entity_type: What kind of record it was about.
        entity_id: Which one.
        request: Id of the request it belonged to.
        since: Not before this time, such as 2026-01-31 or "2 hours ago".
        until: Before this time.
        reads: Reads of the log, too.
    """

    actor: str | None = None
    action: str | None = None
    outcome: Literal["success", "failure", "denied", "attempted"] | None = None
    entity_type: str | None = None
    entity_id: str | None = None
    request: str | None = None
    since: str | None = None
    until: str | None = None
    reads: Annotated[bool, Parameter(negative="", show_default=False)] = False

    def values(self, connection: psycopg.Connection[Any]) -> list[Any]:
        """Parameters of the named queries, in their order; times as the database reads them."""
        times = [time and moment(connection, time) for time in (self.since, self.until)]
        return [
            self.actor, self.action, self.outcome, self.entity_type, self.entity_id, self.request, *times, self.reads
        ]  # fmt: skip


def moment(connection: psycopg.Connection[Any], text: str) -> Any:
    """A time as people write it: a timestamp, or how long ago."""
    row = connection.execute(QUERIES["moment"].encode(), (text,)).fetchone()
    return row and row[0]
