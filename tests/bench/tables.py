"""The rivals: one 10-column bookings table each, and what is done to them."""

from collections.abc import Mapping
from typing import Final

BULK: Final = 50_000

# Name of the table → what hangs on it.
RIVALS: Final[Mapping[str, str]] = {
    "unaudited": "nothing",
    "empty_trigger": "a trigger that does nothing",
    "narrow": "one narrow insert for each row: the floor",
    "shadow": "a typed shadow table: whole rows, no actor",
    "by_row": "audit.watch, capture => 'row'",
    "by_statement": "audit.watch, capture => 'statement'",
}

COLUMNS: Final = "reference, passenger, email, route, departs_at, seats, fare, status"
VALUES: Final = "'FT-0F3A92C41B', 'Grainne Malley', 'grainne@example.org', 'ROS-DUN', now(), 2, 178.00, 'draft'"

COPIES: Final = "".join(
    f"create table bench.{rival} (like bench.unaudited including all);" for rival in RIVALS if rival != "unaudited"
)

SETUP: Final = f"""
create schema bench;
create table bench.unaudited (
  id bigint generated always as identity primary key, reference text not null, passenger text not null,
  email text not null, route text not null, departs_at timestamptz not null, seats int not null,
  fare numeric(10,2) not null, status text not null, created_at timestamptz not null default now()
);
{COPIES}

create function bench.tg__nothing() returns trigger language plpgsql as 'begin return null; end';
create trigger nothing after insert or update or delete on bench.empty_trigger
  for each row execute function bench.tg__nothing();

create table bench.narrow_log (
  id bigint generated always as identity primary key, at timestamptz, who text, key bigint
);
create function bench.tg__narrow() returns trigger language plpgsql as $$
begin
  insert into bench.narrow_log (at, who, key) values (clock_timestamp(), session_user, coalesce(new.id, old.id));
  return null;
end $$;
create trigger narrow after insert or update or delete on bench.narrow for each row execute function bench.tg__narrow();

create table bench.shadow_log (
  event bigint generated always as identity primary key, at timestamptz, who text, operation text, like bench.unaudited
);
create index on bench.shadow_log (id, event);
create function bench.tg__shadow() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    insert into bench.shadow_log overriding system value
      select nextval('bench.shadow_log_event_seq'), clock_timestamp(), session_user, tg_op, old.*;
  else
    insert into bench.shadow_log overriding system value
      select nextval('bench.shadow_log_event_seq'), clock_timestamp(), session_user, tg_op, new.*;
  end if;
  return null;
end $$;
create trigger shadow after insert or update or delete on bench.shadow for each row execute function bench.tg__shadow();

select audit.watch('bench.by_row'), audit.watch('bench.by_statement', capture => 'statement');

create function bench.seconds(statement text) returns float8 language plpgsql as $$
declare
  v_start timestamptz := clock_timestamp();
begin
  execute statement;
  return extract(epoch from clock_timestamp() - v_start);
end $$;
"""


def single_statements(table: str, rows: int) -> dict[str, str]:
    """pgbench scripts; the inserts make the `rows` that are then updated at random and deleted one by one."""
    return {
        "insert": f"insert into bench.{table} ({COLUMNS}) values ({VALUES});",
        "update": f"\\set id random(1, {rows})\n"
        f"update bench.{table} set seats = seats + 1, status = 'confirmed' where id = :id;",
        "delete": f"\\set id random(1, {rows})\ndelete from bench.{table} where id = :id;",
    }


def bulk_statements(table: str) -> dict[str, str]:
    """Statements that touch BULK rows each."""
    return {
        "insert-select": f"insert into bench.{table} ({COLUMNS}) select {VALUES} from generate_series(1, {BULK})",
        "update": f"update bench.{table} set seats = seats + 1, status = 'confirmed'",
        "delete": f"delete from bench.{table}",
    }
