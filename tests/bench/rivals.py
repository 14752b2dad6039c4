"""Who competes: each rival has databases of its own, in which something hangs on a 10-column bookings table."""

from dataclasses import dataclass
from typing import Final

from indelible.db.migrate import migrate
from tests.bench.server import CLIENT, Server

BASE: Final = "unaudited"
OURS: Final = ("indelible_row", "indelible_statement")
ENTITY: Final = "FTMS_BOOKING"
LOG: Final = "audit.audit_logs"

BOOKINGS: Final = f"""
create table public.bookings (
  id bigint generated always as identity primary key, reference text not null, passenger text not null,
  email text not null, route text not null, departs_at timestamptz not null, seats int not null,
  fare numeric(10,2) not null, status text not null, created_at timestamptz not null default now()
);
grant select, insert, update, delete on public.bookings to {CLIENT};
"""

EMPTY: Final = """
create function public.tg__nothing() returns trigger language plpgsql as 'begin return null; end';
create trigger nothing after insert or update or delete on public.bookings
  for each row execute function public.tg__nothing();
"""

NARROW: Final = f"""
create table public.narrow_log (
  id bigint generated always as identity primary key, at timestamptz, who text, key bigint
);
grant insert on public.narrow_log to {CLIENT};
create function public.tg__narrow() returns trigger language plpgsql as $$
begin
  insert into public.narrow_log (at, who, key) values (clock_timestamp(), session_user, coalesce(new.id, old.id));
  return null;
end $$;
create trigger narrow after insert or update or delete on public.bookings
  for each row execute function public.tg__narrow();
"""

SHADOW: Final = f"""
create table public.shadow_log (
  event bigint generated always as identity primary key, at timestamptz, who text, operation text, like public.bookings
);
create index on public.shadow_log (id, event);
grant insert on public.shadow_log to {CLIENT};
grant usage on sequence public.shadow_log_event_seq to {CLIENT};
create function public.tg__shadow() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    insert into public.shadow_log overriding system value
      select nextval('public.shadow_log_event_seq'), clock_timestamp(), session_user, tg_op, old.*;
  else
    insert into public.shadow_log overriding system value
      select nextval('public.shadow_log_event_seq'), clock_timestamp(), session_user, tg_op, new.*;
  end if;
  return null;
end $$;
create trigger shadow after insert or update or delete on public.bookings
  for each row execute function public.tg__shadow();
"""

SERVER_LOG: Final = "the server's log"

# How an application says once per connection for whom it acts, in the trusted-channel form; "" measures without.
SESSION: Final = ""


@dataclass(frozen=True)
class Rival:
    """A template database on a server, and what is known of it.

    `log` is the table that gets a row for every change, SERVER_LOG, or "". `session` sets the context once for a
    connection, "" where the rival has no such form, and `proof` is what our log then says; `request` is how its users
    wrap one statement in a request's transaction, in pgbench's language with `{statement}` in it. `note` is what the
    title leaves open about autocommit. `base` names the unaudited rival of the same server.
    """

    name: str
    title: str
    server: Server
    note: str = ""
    log: str = ""
    session: str = ""
    request: str = ""
    proof: str | None = None
    base: str = BASE

    @property
    def by_statement(self) -> bool:
        """Whether its log has an entry for each statement rather than for each row."""
        return self.log == SERVER_LOG

    @property
    def template(self) -> str:
        """The database from which every round's database is cloned."""
        return f"{self.name}_template"


def make_rival(rival: Rival, *statements: str) -> Rival:
    """Makes the template: the bookings, and what these statements of the superuser's hang on them."""
    rival.server.execute("postgres", f"create database {rival.template}")
    for statement in (BOOKINGS, *statements):
        rival.server.execute(rival.template, statement)
    return rival


def references(server: Server) -> list[Rival]:
    """What nobody would call an audit log, to compare with."""
    return [
        make_rival(Rival(BASE, "unaudited", server)),
        make_rival(Rival("empty_trigger", "a trigger that does nothing", server), EMPTY),
        make_rival(
            Rival("narrow", "one narrow insert for each row: the floor", server, log="public.narrow_log"), NARROW
        ),
        make_rival(
            Rival("shadow", "typed shadow table: whole rows, no actor", server, log="public.shadow_log"), SHADOW
        ),
    ]


def ours(server: Server) -> list[Rival]:
    """Indelible as installed: all partitions, indexes and guards of the log."""
    rivals = []
    note, proof = ("with context", "service") if SESSION else ("no context", "direct")
    for name, capture in zip(OURS, ("row", "statement"), strict=True):
        rival = make_rival(Rival(name, f"Indelible, by {capture}", server, note, LOG, SESSION, proof=proof))
        migrate(server.admin(rival.template))
        watch = f"audit.watch('public.bookings', entity_type => '{ENTITY}', capture => '{capture}')"
        server.execute(rival.template, f"select {watch}, audit.maintain(); grant audit_app to {CLIENT}")
        rivals.append(rival)
    return rivals
