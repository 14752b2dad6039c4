"""Every statement Python sends, each in a file beside this one with its name and its purpose.

Format: a line `-- name: record_event`, one or more comment lines that describe it, then one statement whose
parameters are $1, $2, … asyncpg runs it as it stands, psycopg through `psycopg.RawCursor`.
"""

import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from types import MappingProxyType

_NAME = re.compile(r"^-- name: (?P<name>[a-z][a-z0-9_]*)$", re.MULTILINE)
_ENTRY = re.compile(r"\s*(?P<description>(?:--[^\n]*\n)+)(?P<statement>.+)", re.DOTALL)


def parse(text: str) -> Iterator[tuple[str, str]]:
    """Yield the (name, statement) pairs of one file; ValueError if an entry lacks its description."""
    names = list(_NAME.finditer(text))
    ends = [name.start() for name in names[1:]] + [len(text)]
    for name, end in zip(names, ends, strict=True):
        entry = _ENTRY.fullmatch(text[name.end() : end])
        if entry is None:
            msg = f"query {name['name']} lacks a description or a statement"
            raise ValueError(msg)
        yield name["name"], entry["statement"].strip().removesuffix(";")


def load() -> Mapping[str, str]:
    """All named queries of this package; ValueError if two share a name."""
    found: dict[str, str] = {}
    for file in sorted(files(__name__).iterdir(), key=lambda item: item.name):
        if not file.name.endswith(".sql"):
            continue
        for name, statement in parse(file.read_text(encoding="utf-8")):
            if name in found:
                msg = f"two queries are named {name}"
                raise ValueError(msg)
            found[name] = statement
    return MappingProxyType(found)


QUERIES = load()
