"""The codes that Python writes down are the ones the catalogue knows."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

import ftms
import indelible
from indelible.codes import ACTION, DENIED, FAILURE, SUCCESS

Postgresql = psycopg.Connection[Any]
PACKAGES = [Path(module.__file__ or "").parent for module in (indelible, ftms)]


def texts() -> Iterator[str]:
    """Every string literal of the library and the sample."""
    for package in PACKAGES:
        for file in sorted(package.rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value


def catalogue(postgresql: Postgresql) -> set[str]:
    return {code for (code,) in postgresql.execute("select code from audit.actions").fetchall()}


def test_every_code_in_python_is_in_the_catalogue(postgresql: Postgresql) -> None:
    """A literal that begins like a code of the catalogue is one: a typo would be found at the first event only."""
    codes = catalogue(postgresql)
    categories = {code.partition("_")[0] for code in codes}
    written = {text for text in texts() if ACTION.fullmatch(text) and text.partition("_")[0] in categories}
    assert "FTMS_BOOKING_CREATED" in written
    # Entity types look like codes.
    assert written - codes <= {"FTMS_BOOKING", "FTMS_SAILING", "AUDIT_LOG", "IAM_USER", "IAM_ACCOUNT", "IAM_ROLE"}


def test_python_and_the_database_mean_the_same_by_a_code(postgresql: Postgresql) -> None:
    """The pattern that the decorator checks is the one of the catalogue's constraint, and the outcomes are known."""
    assert all(ACTION.fullmatch(code) for code in catalogue(postgresql))
    pattern = postgresql.execute(
        "select pg_get_constraintdef(oid) from pg_constraint where conname = 'actions_code_format'"
    ).fetchone()
    assert pattern is not None
    assert "'^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$'" in pattern[0]
    outcomes = postgresql.execute("select unnest(enum_range(null::audit.outcome))::text").fetchall()
    assert {SUCCESS, FAILURE, DENIED} <= {outcome for (outcome,) in outcomes}
