"""Types of a watched table's columns that are changed so that its rows read otherwise, without a write."""

from typing import Any

import psycopg
import pytest

from tests.support import events, last_id


@pytest.mark.parametrize(
    "ddl",
    [
        "alter type shop.e rename value 'yes' to 'never'",
        "alter type shop.pair drop attribute b",
        "alter type shop.pair rename attribute b to c",
    ],
)
@pytest.mark.parametrize("kind", ["shop.e", "shop.e[]", "shop.word", "shop.pair", "shop.pair[]"])
def test_types_that_read_otherwise(
    postgresql: psycopg.Connection, owner: psycopg.Connection[Any], kind: str, ddl: str
) -> None:
    """A label renamed or an attribute dropped changes how rows read, which no trigger sees; that is on record."""
    owner.execute(
        """
        create type shop.e as enum ('yes', 'no'); create domain shop.word as shop.e;
        create type shop.pair as (a shop.e, b int);
        """
    )
    owner.execute(f"create table shop.t (id int primary key, v {kind}); select audit.watch('shop.t')".encode())
    mark = last_id(postgresql)
    owner.execute(ddl.encode())
    concerned = "pair" in kind or "shop.e " in ddl
    changes = [row["metadata"]["changes"]["columns"] for row in events(postgresql, "id > %s", mark)]
    assert [[set(column) for column in columns] for columns in changes] == [[{"column", "type_parts"}]] * concerned
