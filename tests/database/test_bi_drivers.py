"""What Python's BI tools make of the flat views."""

from importlib import import_module
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.support import Login

VIEWS = ["v_events", "v_data_changes", "v_authentication", "v_denials", "v_entity_history", "v_coverage"]


@pytest.fixture
def reader(postgresql: psycopg.Connection[Any], login: Login) -> str:
    """The URL of a member of audit_reader, in a database where something happened."""
    postgresql.execute("create table public.things (id int primary key, name text)")
    postgresql.execute("select audit.watch('public.things', 'THING')")
    postgresql.execute("insert into public.things values (1, 'it''s \N{SNOWMAN}')")
    parts = conninfo_to_dict(login("audit_reader"))
    return "{user}:{password}@{host}:{port}/{dbname}".format_map(parts)


@pytest.mark.parametrize("view", VIEWS)
def test_sqlalchemy_reflects_each_view(reader: str, view: str) -> None:
    """Columns with their types and comments, and rows with values that Python knows."""
    sqlalchemy = import_module("sqlalchemy")
    engine = sqlalchemy.create_engine(f"postgresql+psycopg://{reader}")
    try:
        table = sqlalchemy.Table(view, sqlalchemy.MetaData(), schema="audit", autoload_with=engine)
        assert {type(column.type).__name__ for column in table.columns} <= {"TEXT", "BIGINT", "TIMESTAMP"}
        assert all(column.comment for column in table.columns)
        with engine.connect() as connection:
            connection.execute(table.select().limit(5)).fetchall()
    finally:
        engine.dispose()


def test_pandas_reads_a_frame(reader: str) -> None:
    """Numbers, times with their zone, and text."""
    sqlalchemy, pandas = import_module("sqlalchemy"), import_module("pandas")
    engine = sqlalchemy.create_engine(f"postgresql+psycopg://{reader}")
    try:
        frame = pandas.read_sql("select * from audit.v_data_changes where entity_type = 'THING'", engine)
    finally:
        engine.dispose()
    assert (str(frame.dtypes["id"]), frame.dtypes["created_at"].kind) == ("int64", "M")
    assert "it's \N{SNOWMAN}" in frame["new_values"][0]


@pytest.mark.parametrize("view", VIEWS)
def test_arrow_reads_each_view(reader: str, view: str) -> None:
    """Through ADBC each column arrives as a type of Arrow's own, none of them opaque."""
    dbapi = import_module("adbc_driver_postgresql.dbapi")
    with dbapi.connect(f"postgresql://{reader}") as connection, connection.cursor() as cursor:
        cursor.execute(f"select * from audit.{view}")
        table = cursor.fetch_arrow_table()
    kinds = {str(field.type) for field in table.schema}
    assert kinds <= {"string", "int64", "timestamp[us, tz=UTC]"}, kinds
