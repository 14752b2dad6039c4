"""What is asked of the log, and about what: keys are drawn from the log, and some are of events that never were."""

from dataclasses import dataclass
from typing import Any, Final, LiteralString

import psycopg

WATCHED: Final = "public.bookings"

# Events in proportion: whoever does much, and what is changed often, is asked for often.
SAMPLE: Final[LiteralString] = """
with sample as materialized (
  select log.*, row_number() over () as place
  from (
    select distinct (%(first)s + random() * (%(last)s - %(first)s))::bigint as id
    from generate_series(1, 40 * %(keys)s)
  ) as drawn
  join audit.audit_logs as log using (id)
)
"""


@dataclass(frozen=True)
class Query:
    """One thing that is asked: `source` has a parameter for each column of `keys`, which reads `sample`.

    `of_owner`: as functions of the owner ask it; under row security no index serves an operator that is not leakproof.
    """

    name: str
    title: str
    source: str
    keys: str
    of_owner: bool = False

    def draw(self, connection: psycopg.Connection, first: int, last: int, keys: int) -> list[tuple[Any, ...]]:
        """So many keys from the events `first` to `last`, repeated where there are fewer."""
        query = f"{SAMPLE} select * from ({self.keys}) as key order by random() limit %(keys)s"
        connection.execute("select setseed(0.5)")
        found = connection.execute(query.encode(), {"first": first, "last": last, "keys": keys}).fetchall()
        return [found[number % len(found)] for number in range(keys)]


BOOKING: Final = f"select '{WATCHED}', entity_id from sample where entity_type = 'FTMS_BOOKING' and action like 'ROW%%'"
ENTITY: Final = "select entity_type, entity_id from sample where entity_id is not null"
REQUEST: Final = "select request_id from sample where request_id is not null"
# Half of them by how much they do, half of them each alike.
USER: Final = """
select user_id from sample where user_id is not null and place %% 2 = 0
union all
select 'user-' || (1 + random() * %(last)s / 200)::bigint from sample where place %% 2 = 1
"""
NETWORK: Final = """
select set_masklen(ip_address::cidr, (array[16, 24, 24, 32])[1 + place %% 4]) from sample where ip_address is not null
"""
RANGE: Final = """
select created_at - (array[interval '1 hour', '1 day', '7 days', '60 days'])[1 + place %% 4], created_at from sample
"""
RECENT: Final = """
select format('%%1$s:%%1$s:', xid::text::bigint - 100) from audit.audit_logs where id = %(last)s
"""
ID: Final = "select id from sample"


def page(
    name: str, title: str, condition: str, keys: str, source: str = "v_events", *, of_owner: bool = False
) -> Query:
    """The newest 50 that match."""
    return Query(
        name, title, f"select * from audit.{source} where {condition} order by id desc limit 50", keys, of_owner
    )


QUERIES: Final = (
    Query("history", "`audit.history`", "select * from audit.history(%s::text::regclass, %s)", BOOKING),
    Query("blame", "`audit.blame`", "select * from audit.blame(%s::text::regclass, %s)", BOOKING),
    Query("undo", "`audit.undo_sql`", "select audit.undo_sql(%s::text::regclass, %s)", BOOKING),
    Query("transaction", "`audit.transaction`", "select * from audit.transaction(%s)", "select xid from sample"),
    Query("request", "`audit.request`", "select * from audit.request(%s)", REQUEST),
    Query(
        "between",
        "`audit.events_between`: a hundred transactions",
        "select * from audit.events_between(%s::text::pg_snapshot, pg_current_snapshot())",
        RECENT,
    ),
    page("entity", "page by entity", "entity_type = %s and entity_id = %s", ENTITY, "v_entity_history"),
    page("user", "page by user", "user_id = %s", USER),
    page("action", "page by action, each of the catalogue", "action = %s", "select code from audit.actions"),
    page("page_of_request", "page by request", "request_id = %s", REQUEST),
    page("time", "page of an hour to 60 days", "created_at >= %s and created_at < %s", RANGE),
    page("newest", "page of the newest", "id < %s", "select 9223372036854775807"),
    page("cursor", "page after a cursor", "id < %s", ID),
    page("denials", "page of `audit.v_denials`", "id < %s", ID, "v_denials"),
    page("logins", "page of `audit.v_authentication`", "id < %s", ID, "v_authentication"),
    page("changes", "page of `audit.v_data_changes`", "id < %s", ID, "v_data_changes"),
    page(
        "outcome",
        "page by outcome",
        "outcome = %s::audit.outcome",
        "select unnest(enum_range(null::audit.outcome))::text",
        "audit_logs",
        of_owner=True,
    ),
    page(
        "network",
        "page by network, of months that are over",
        "ip_address <<= %s and created_at < date_trunc('month', now()) - interval '1 month'",
        NETWORK,
        "audit_logs",
        of_owner=True,
    ),
)
