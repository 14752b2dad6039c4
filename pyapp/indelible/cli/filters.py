"""Which events a command shows or writes: options that several share."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import psycopg
from cyclopts import Parameter
from pydantic import ValidationError

from indelible.errors import ConfigurationError
from indelible.queries import QUERIES
from indelible.services.reading.filters import EventFilter
from indelible.text import neutralise


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

    def event_filter(self, connection: psycopg.Connection[Any]) -> EventFilter:
        """The same as the reading endpoints and the database have it; ConfigurationError for what cannot be meant."""
        since, until = (moment(connection, time) if time else None for time in (self.since, self.until))
        try:
            return EventFilter(
                actor=self.actor,
                action=self.action and self.action.replace("%", "*"),
                outcome=self.outcome,
                entity_type=self.entity_type,
                entity_id=self.entity_id,
                since=since,
                until=until,
                request_id=self.request,
                reads=self.reads,
            )
        except ValidationError as error:
            field = error.errors(include_url=False)[0]
            name = str(field["loc"][0]).replace("_", "-")
            raise ConfigurationError(f"--{name} cannot be that: {neutralise(field['msg'])}.") from None


def moment(connection: psycopg.Connection[Any], text: str) -> Any:
    """A time as people write it: a timestamp, or how long ago."""
    row = connection.execute(QUERIES["moment"].encode(), (text,)).fetchone()
    return row and row[0]
