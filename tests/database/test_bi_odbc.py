"""The flat views through psqlODBC, as Excel, Power BI and Tableau read them: Debian's odbc-postgresql."""

import itertools
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.odbc import IS_THERE, Connection, OdbcError, connected
from tests.support import Login, one

pytestmark = pytest.mark.skipif(not IS_THERE, reason="odbc-postgresql is not installed")

VIEWS = ["v_events", "v_data_changes", "v_authentication", "v_denials", "v_entity_history", "v_coverage"]
LONG = "".join(itertools.islice(itertools.cycle("it's \N{SNOWMAN} "), 20_000))


@pytest.fixture
def reader(postgresql: psycopg.Connection[Any], login: Login) -> Iterator[Connection]:
    """A member of audit_reader, where something happened."""
    postgresql.execute("create table public.things (id int primary key, name text)")
    postgresql.execute("select audit.watch('public.things', 'THING')")
    postgresql.execute("insert into public.things values (1, %s)", (LONG,))
    parts = {name: str(value) for name, value in conninfo_to_dict(login("audit_reader")).items()}
    words = {
        "SERVER": parts["host"], "PORT": parts["port"], "DATABASE": parts["dbname"],
        "UID": parts["user"], "PWD": parts["password"],
    }  # fmt: skip
    with connected(words) as connection:
        yield connection


@pytest.mark.parametrize("view", VIEWS)
def test_each_column_has_a_type_that_tools_know(
    postgresql: psycopg.Connection[Any], reader: Connection, view: str
) -> None:
    """Text, big integers and timestamps, and as many rows as there are."""
    (rows,) = one(postgresql, f"select count(*) from audit.{view}")
    found = reader.execute(f"select * from audit.{view}")
    assert set(found.columns.values()) <= {"text", "bigint", "timestamp"}, found.columns
    assert len(found.rows) >= rows


def test_no_text_is_cut(reader: Connection) -> None:
    """Values of thousands of characters arrive whole, and in their own letters."""
    ((value,),) = reader.execute(
        "select new_values::jsonb ->> 'name' from audit.v_data_changes where entity_type = 'THING'"
    ).rows
    assert value == LONG


def test_the_rest_is_refused(reader: Connection) -> None:
    """What the login may not read is an error with the server's SQLSTATE, and the views are read afterwards."""
    with pytest.raises(OdbcError, match=r"^42501 "):
        reader.execute("select * from audit.audit_logs")
    assert reader.execute("select 1 from audit.v_events limit 1").rows == [("1",)]
