"""Fixtures that several files of this folder share."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.support import Connect, Login


@pytest.fixture
def owner(postgresql: psycopg.Connection, login: Login, connect: Connect) -> Iterator[psycopg.Connection[Any]]:
    """A login that owns schema shop, and nothing else."""
    with connect(login()) as connection:
        postgresql.execute(f"create schema shop authorization {connection.info.user}".encode())
        yield connection
        connection.rollback()
    postgresql.execute("drop schema shop cascade")
