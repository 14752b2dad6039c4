"""A log as a booking application of some size leaves it after two years, filled into the log's partitions.

Groups of five events: a request that creates a booking or changes one (its business event; the booking, a hot sailing
and a passenger as row changes, in one transaction) and one event of logins, denials or roles. Few users and bookings
make most of it. One group in 16 is a nightly batch without user, address or request; some events come late. Users,
bookings and sailings grow with the log. Each month is filled apart, attached as maintain does it, maintained, vacuumed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, LiteralString

import psycopg
from psycopg import sql

MONTHS: Final = 24
GROUP: Final = 5

# Transactions of which nothing is left but their numbers: those of the log must be of the past.
BURN: Final[LiteralString] = """
do $$ begin
  for step in 1..{} loop
    begin
      perform pg_logical_emit_message(true, 'bench', '');
      raise sqlstate 'BENCH';
    exception when sqlstate 'BENCH' then
    end;
  end loop;
end $$
"""

MONTH: Final[LiteralString] = """
insert into {partition} (
  id, created_at, recorded_at, xid, action, outcome, user_id, db_user, actor_proof, entity_type, entity_id, permission,
  ip_address, request_id, changes, metadata, time_source
) overriding system value
select
  %(first_id)s + i,
  case when is_late then greatest(at - interval '3 days', %(since)s) else at end,
  at,
  (%(first_xid)s + 2 * t + (s = 4)::int)::text::xid8,
  action,
  (case
    when action like 'RBAC%%' then 'denied'
    when action = 'AUTH_LOGIN_FAILED' or kind = 'event' and dice %% 128 = 7 then 'failure'
    else 'success'
  end)::audit.outcome,
  case when not is_batch then 'user-' || user_number end,
  case when is_batch then 'night_batch' else 'ftms_api' end,
  (case when is_batch then 'direct' else 'sealed' end)::audit.actor_proof,
  case kind when 'sailing' then 'FTMS_SAILING' when 'passenger' then 'FTMS_PASSENGER' when 'access' then null
    else 'FTMS_BOOKING' end,
  case kind when 'sailing' then 1 + t / 500 when 'passenger' then 1 + t / 2 when 'access' then null else booking end,
  case when action like 'RBAC%%' then 'ftms.booking.create' end,
  -- Twenty users to a network.
  case when not is_batch then
    inet '10.0.0.0' + 256 * (user_number %% (1 + %(users)s / 20)) + user_number / (1 + %(users)s / 20) %% 250
  end,
  case when not is_batch then
    lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || substr(md5(t::text), 1, 20)
  end,
  case
    when action = 'ROW_UPDATED' and kind = 'sailing' then
      format('{{"old": {{"seats_left": %%s}}, "new": {{"seats_left": %%s}}}}', 500 - t %% 500, 499 - t %% 500)
    when action = 'ROW_UPDATED' then
      format(
        '{{"old": {{"seats": %%s, "status": "draft"}}, "new": {{"seats": %%s, "status": "confirmed"}}}}',
        dice %% 9, dice %% 9 + 1
      )
    when kind = 'booking' then format(
      '{{"new": {{"id": %%s, "reference": "FT-%%s", "passenger": "Grainne Malley", "email": '
      '"grainne@example.org", "route": "ROS-DUN", "departs_at": "%%s", "seats": %%s, "fare": 178.00, "status": '
      '"draft", "created_at": "%%s"}}}}',
      booking, booking, at + interval '9 days', dice %% 9, at
    )
    when kind = 'passenger' then format(
      '{{"%%s": {{"id": %%s, "name": "Grainne Malley", "email": "grainne@example.org", "born": "1971-03-0%%s"}}}}',
      case when action = 'ROW_INSERTED' then 'new' else 'old' end, 1 + t / 2, 1 + dice %% 9
    )
  end::jsonb,
  case when kind = 'event' and dice %% 128 = 7 then jsonb '{{"reason": "sailing_full"}}' end,
  (case when is_late then 'claimed' else 'database' end)::audit.time_source
from (
  select *,
    case
      when kind = 'sailing' then 'ROW_UPDATED'
      when kind = 'booking' then case when t %% 2 = 0 then 'ROW_INSERTED' else 'ROW_UPDATED' end
      when kind = 'passenger' then case when t %% 2 = 0 then 'ROW_INSERTED' else 'ROW_DELETED' end
      when kind = 'event' then case
        when t %% 2 = 0 then 'FTMS_BOOKING_CREATED'
        when dice < 40 then 'FTMS_BOOKING_CANCELLED'
        else 'FTMS_BOOKING_UPDATED'
      end
      when t %% 20000 = 9999 then 'IAM_ROLE_GRANTED'
      when dice < 700 then 'AUTH_LOGIN_SUCCEEDED'
      when dice < 900 then 'AUTH_LOGOUT'
      when dice < 990 then 'AUTH_LOGIN_FAILED'
      else 'RBAC_PERMISSION_DENIED'
    end as action,
    kind = 'event' and dice %% 256 = 3 as is_late
  from (
    select *,
      %(start)s + i * %(step)s as at,
      case when s = 1 then 'booking' when s = 3 then 'passenger' when s = 2 or is_batch then 'sailing'
        when s = 0 then 'event' else 'access' end as kind,
      1 + (%(users)s * u * u)::bigint as user_number,
      -- New; changed soon; or changed at any time, some very often.
      case when t %% 2 = 0 then 1 + t / 2
        when dice %% 2 = 0 then greatest(1, t / 2 - (2000 * v * v * v * v)::bigint)
        else 1 + (t / 2 * v * v)::bigint end as booking
    from (
      select i, i / 5 as t, i %% 5 as s,
        (hashint8extended(i / 5, 1) & 1048575) / 1048576.0::float8 as u,
        (hashint8extended(i / 5, 2) & 1048575) / 1048576.0::float8 as v,
        hashint8extended(i / 5, 3) & 1023 as dice,
        hashint8extended(i / 5, 4) & 15 = 0 as is_batch
      from generate_series(%(first)s::bigint, %(last)s::bigint) as i
      offset 0
    ) as drawn
    offset 0
  ) as named
  offset 0
) as event
"""

ATTACH: Final[LiteralString] = """
alter table audit.audit_logs attach partition {partition} for values from ({since}) to ({until});
select audit_private.guard_partition({name}::regclass);
"""


@dataclass(frozen=True)
class Log:
    """So many `events`, the last of them made just before `until`, by transactions from `first_xid` on."""

    events: int
    until: datetime
    first_xid: int

    @property
    def users(self) -> int:
        """How many users there are."""
        return max(20, self.events // 200)

    @property
    def start(self) -> datetime:
        """When it began."""
        return self.until - self.events * self.step

    @property
    def step(self) -> timedelta:
        """Time from one event to the next, in whole microseconds."""
        return timedelta(days=MONTHS * 30.4) / self.events

    def months(self) -> Iterator[tuple[datetime, datetime]]:
        """Each month's beginning and end."""
        since = self.start.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        while since < self.until:
            until = (since + timedelta(days=32)).replace(day=1)
            yield since, until
            since = until

    def number_at(self, moment: datetime) -> int:
        """The first event that is not before `moment`."""
        return min(max(0, -((self.start - moment) // self.step)), self.events)


def xids(events: int) -> int:
    """How many transactions such a log has."""
    return 2 * (events // GROUP + 1)


def burn_xids(dsn: str, count: int) -> int:
    """Use up so many transaction ids of the cluster; the first of them."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        first = connection.execute("select pg_snapshot_xmax(pg_current_snapshot())::text::bigint").fetchone()
        for done in range(0, count, 100_000):
            connection.execute(sql.SQL(BURN).format(min(100_000, count - done)))
        return int(first[0]) if first else 0


def fill(dsn: str, log: Log) -> int:
    """Fill the log of this database, as a superuser of it; the id of the first event.

    Raises:
        WrongSizeError: it does not hold as many events as it ought to.
    """
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("set timezone = 'UTC'; set role audit_owner; set maintenance_work_mem = '512MB'")
        first = 1 + _number(connection, "select max(id) from audit.audit_logs")
        # What is done to the log is recorded after it.
        last = first + log.events - 1
        connection.execute("select setval(pg_get_serial_sequence('audit.audit_logs', 'id'), %s)", (last,))
        for since, until in log.months():
            _fill_month(connection, log, first, since, until)
        connection.execute("select audit.maintain()")
        connection.execute("reset role")
        connection.execute("vacuum (analyze)")
        connection.execute("checkpoint")
        found = _number(connection, f"select count(*) from audit.audit_logs where id between {first} and {last}")
        if found != log.events:
            raise WrongSizeError(f"{found} of {log.events} events are in the log")
        return first


def _fill_month(connection: psycopg.Connection, log: Log, first_id: int, since: datetime, until: datetime) -> None:
    name = f"audit_private.audit_logs_{since:%Y_%m}"
    partition = sql.Identifier(*name.split("."))
    exists = _number(connection, f"select count(to_regclass('{name}'))")
    if not exists:
        connection.execute(sql.SQL(
            "create table {} (like audit.audit_logs including defaults including constraints including storage)"
        ).format(partition))  # fmt: skip
    first, end = log.number_at(since), log.number_at(until)
    connection.execute(
        sql.SQL(MONTH).format(partition=partition),
        {
            "first": first, "last": end - 1, "first_id": first_id, "since": since, "start": log.start, "step": log.step,
            "users": log.users, "first_xid": log.first_xid,
        },
    )  # fmt: skip
    if not exists:
        bounds = {"since": sql.Literal(since), "until": sql.Literal(until), "name": sql.Literal(name)}
        connection.execute(sql.SQL(ATTACH).format(partition=partition, **bounds))


def _number(connection: psycopg.Connection, query: str) -> int:
    row = connection.execute(query.encode()).fetchone()
    return int(row[0]) if row and row[0] is not None else 0


class WrongSizeError(Exception):
    """Something else was filled than was meant to be."""


def new_log(events: int, first_xid: int) -> Log:
    """A log that ends now."""
    return Log(events, datetime.now(UTC), first_xid)
