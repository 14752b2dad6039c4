"""Whether the functions and views of Indelible in a database are those that this version ships.

Nothing here is needed to believe the log: verification runs none of them. But they record, guard and show it.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg

from indelible.db.session import connect
from indelible.db.sources import Sources
from indelible.queries import QUERIES
from indelible.services.verify.report import Finding, Kind

NOT_COMPARED = (
    "Functions and views were not compared: this is a standby, or the database was migrated by another version."
)
GUARDED = "Views were not compared: the guard lets only a superuser define one beside them, even for a moment."
_FUNCTION = re.compile(
    r"^create or replace function (\w+\.\w+)\((?:(?!^create ).)*?(\$\w*\$)(.*?)\2", re.DOTALL | re.MULTILINE | re.ASCII
)
# A function of one expression, or of one parsed query, is kept parsed, as a view is.
_EXPRESSION = re.compile(
    r"^create or replace function (\w+)\.(\w+)(\((?:(?!^create |\$\$).)*?(?:^return .*?|^begin atomic$.*?^end));$",
    re.DOTALL | re.MULTILINE | re.ASCII,
)
_VIEW = re.compile(r"^create or replace view (\w+\.\w+) as\n(.*?);$", re.DOTALL | re.MULTILINE | re.ASCII)
# What `watch` writes for a table; its digest is on the sealed record.
_GENERATED = re.compile(r"audit_private\.capture_[0-9]+_")


def check_code(connection: psycopg.Connection[Any], dsn: str, caveats: list[str]) -> Iterator[Finding]:
    """The functions and views that are not as shipped, or gone; `connection` reads functions, one of its own views."""
    sources = Sources.installed()
    installed = connection.execute(QUERIES["raw_installation"].encode()).fetchone()
    if installed != (sources.digest(), False):
        caveats.append(NOT_COMPARED)
        return
    text = "\n".join(path.read_text() for path in sources.behaviour_files())
    yield from _check_functions(connection, text)
    with closing(connect(dsn)) as own:
        own.cursor_factory = psycopg.RawCursor
        own.execute(QUERIES["prepare_verification"].encode())
        own.execute(QUERIES["act_as_owner"].encode())
        try:
            yield from _check_views(own, text)
            yield from _check_expressions(own, text)
        except psycopg.Error as refusal:
            if refusal.sqlstate != "ID013":
                raise
            caveats.append(GUARDED)


def _check_functions(connection: psycopg.Connection[Any], text: str) -> Iterator[Finding]:
    shipped: dict[str, set[str]] = defaultdict(set)
    for name, _, body in _FUNCTION.findall(text):
        shipped[name].add(body)
    for schema, name, _ in _EXPRESSION.findall(text):
        shipped[f"{schema}.{name}"].add("")
    found: dict[str, set[str]] = defaultdict(set)
    for name, body in connection.execute(QUERIES["stored_functions"].encode()).fetchall():
        if not _GENERATED.match(name):
            found[name].add(body)
    for name in sorted(shipped.keys() | found.keys()):
        if found[name] != shipped[name]:
            yield _replaced("function", name)


def _check_views(connection: psycopg.Connection[Any], text: str) -> Iterator[Finding]:
    """Each view is defined once more, for a moment and for us alone: the server must spell both alike."""
    for name, body in _VIEW.findall(text):
        if not _alike(connection, f"create temporary view shipped as {body}", "same_view", name):
            yield _replaced("view", name)


def _check_expressions(connection: psycopg.Connection[Any], text: str) -> Iterator[Finding]:
    """The same for functions of one expression."""
    for schema, name, rest in _EXPRESSION.findall(text):
        if not _alike(connection, f"create function pg_temp.{name}{rest}", "same_expression", schema, name):
            yield _replaced("function", f"{schema}.{name}")


def _alike(connection: psycopg.Connection[Any], definition: str, query: str, *names: str) -> bool:
    with connection.transaction(force_rollback=True):
        connection.execute(definition.encode())
        return connection.execute(QUERIES[query].encode(), names).fetchone() == (True,)


def _replaced(what: str, name: str) -> Finding:
    return Finding(Kind.REPLACED, f"The {what} {name} is not the one that this version ships, or is gone.")
