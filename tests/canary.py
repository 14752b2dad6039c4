"""Code of a table's owner in every place where an owner can put some; whenever it runs it says as whom.

`lair.sing` warns, which no rollback takes back, and counts in a sequence where nobody listens to warnings.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

Heard = set[tuple[str, str]]


def evil(name: str, arguments: str, returns: str, result: str, *, language: str = "immutable") -> str:
    """A function that sings, under its own name, and then returns something that fits."""
    return f"""
        create function lair.{name}({arguments}) returns {returns} language plpgsql {language} as $$ begin
          perform lair.sing('{name}');
          return {result};
        end $$;
    """


def casts(kind: str, name: str) -> str:
    """Casts of a type of the owner's to whatever a value might be turned into, and back."""
    return "".join(
        evil(f"{name}_to_{target}", kind, target, f"'0'::{target}")
        + f"create cast ({kind} as {target}) with function lair.{name}_to_{target}({kind}) as assignment;"
        + (
            evil(f"{name}_from_{target}", target, kind, f"null::{kind}")
            + f"create cast ({target} as {kind}) with function lair.{name}_from_{target}({target}) as assignment;"
        )
        for target in ("json", "jsonb", "text", "varchar", "bytea")
    )


def operators(kind: str, name: str) -> str:
    """Operators on a type, found before those of the system by whoever looks into the owner's schema first."""
    symbols = {"eq": "=", "ne": "<>", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "image": "*<>"}
    return "".join(
        evil(f"{name}_{word}", f"{kind}, {kind}", "boolean", "false")
        + f"create operator lair.{symbol} (leftarg = {kind}, rightarg = {kind}, function = lair.{name}_{word});"
        for word, symbol in symbols.items()
    )


LAIR = (
    """
    create sequence lair.alarm;
    grant usage on schema lair to public; grant all on sequence lair.alarm to public;
    create function lair.sing(place text) returns boolean language plpgsql immutable as $$ begin
      raise warning 'canary: %: %', place, current_user;
      if current_user = 'audit_owner' then perform nextval('lair.alarm'); end if;
      return true;
    end $$;
    create type lair.mood as enum ('calm', 'evil');
    create domain lair.small as int check (lair.sing('domain of int'));
    create domain lair.word as text check (lair.sing('domain of text'));
    create domain lair.moods as lair.mood[] check (lair.sing('domain of array'));
    create domain lair.paper as json check (lair.sing('domain of json'));
    create type lair.pair as (m lair.mood, w lair.word);
    create domain lair.pairing as lair.pair check (lair.sing('domain of composite'));
    create function lair.apart(lair.mood, lair.mood) returns float8 language plpgsql immutable as
      $$ begin perform lair.sing('subtype_diff'); return 1; end $$;
    create type lair.span as range (subtype = lair.mood, subtype_diff = lair.apart, multirange_type_name = lair.spans);
    """
    + casts("lair.mood", "mood")
    + casts("lair.pair", "pair")
    + casts("lair.span", "span")
    + operators("lair.mood", "mood")
    + operators("lair.pair", "pair")
    + operators("text", "text")
    + operators("jsonb", "jsonb")
    + evil("made", "text", "text", "$1")
    + evil("indexed", "text", "text", "$1")
    + evil("given", "", "text", "'given'", language="volatile")
)

TABLE = """
    create table lair.things (
      id lair.small primary key, m lair.mood, ms lair.mood[], mm lair.moods, p lair.pair, ps lair.pair[],
      pp lair.pairing,
      w lair.word, ws lair.word[], j lair.paper, s lair.span, sm lair.spans, t text, jb jsonb,
      g text generated always as (lair.made(t)) stored, d text default lair.given(),
      constraint fixed check (lair.sing('fixed check')), constraint moving check (lair.indexed(t) is null or true)
    ) {partitioned};
    create index on lair.things (lair.indexed(t));
    create index on lair.things (t) where lair.sing('fixed predicate');
    create index on lair.things (t) where lair.indexed(t) = 'x';
    create index on lair.things using gist (s);
    create statistics lair.things_guess on (lair.indexed(t)), t, m from lair.things;
    create policy all_of_them on lair.things using (lair.sing('policy')) with check (lair.sing('policy check'));
    alter table lair.things enable row level security, force row level security;
    grant all on lair.things to public;
""" + casts("lair.things", "things")

# The owner's triggers and rules run as whoever writes to the table: they must not come to run as anybody else.
CODE = "".join(
    f"""
    create function lair.trigger_{place}() returns trigger language plpgsql as $$ begin
      perform lair.sing('trigger {place}');
      return coalesce(new, old);
    end $$;
    create trigger a_{place} {place.replace("_", " ")} on lair.things for each {level}
      {"when (lair.sing('trigger condition'))" if level == "row" else ""} execute function lair.trigger_{place}();
    """
    for place, level in (
        ("before_insert", "row"), ("before_update", "row"), ("before_delete", "row"), ("before_truncate", "statement"),
        ("after_insert", "row"), ("after_update", "row"), ("after_delete", "row"), ("after_truncate", "statement"),
    )
)  # fmt: skip

ROW = (
    "'evil', '{evil}', '{calm}', '(evil,x)', '{\"(evil,x)\"}', '(calm,y)', 'w', '{w}', '{\"a\": 1}',"
    " '[calm,evil)', '{[calm,evil)}'"
)

WRITES = (
    f"insert into lair.things select n, {ROW}, 't' || n, '{{}}' from generate_series(1, 3) as n",
    f"insert into lair.things values (1, {ROW}) on conflict (id) do update set m = 'calm', ms = null, d = default",
    "update lair.things set m = 'calm', ms = '{calm,evil}', mm = null, p = null, ps = '{}', pp = '(evil,)', w = 'v'",
    "update lair.things set id = id + 10, j = '{}', jb = '[]', s = 'empty', sm = '{}', t = upper(t), ws = '{v,v}'",
    f"""
    merge into lair.things using (values (11), (12), (20)) as v (id) on things.id = v.id
    when matched and v.id = 11 then delete when matched then update set m = 'evil'
    when not matched then insert values (v.id, {ROW})
    """,
    "delete from lair.things",
)


def listen(connection: psycopg.Connection[Any]) -> Heard:
    """What is heard from now on in this session: place and user."""
    heard: Heard = set()

    def note(diagnostic: psycopg.errors.Diagnostic) -> None:
        if found := re.fullmatch("canary: (.*): (.*)", diagnostic.message_primary or ""):
            heard.add((found[1], found[2]))

    connection.add_notice_handler(note)
    return heard


@contextmanager
def no_alarm(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Nothing in here runs as Indelible's owner, in whichever session."""
    yield
    assert connection.execute("select is_called from lair.alarm").fetchone() == (False,)
