"""`indelible doctor`: 0 where nothing is wrong, 1 with findings, for people and for programs."""

import json

import psycopg

from tests.cli.conftest import Run


def test_findings_are_exit_code_1(empty_database: str, run: Run) -> None:
    """A sound database is 0; one table that nobody watches is 1, with its remedy."""
    assert run("migrate", database=empty_database).code == 0
    sound = run("doctor", "--json", database=empty_database)
    # Logins belong to the whole server, and other tests make some on purpose.
    of_logins = ("application can bypass", "owner open")
    assert [row for row in json.loads(sound.out) if row["finding"] not in of_logins] == []
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute("create table public.forgotten (id int primary key)")
    found = run("doctor", "--json", database=empty_database)
    rows = [row for row in json.loads(found.out) if row["finding"] == "table not watched"]
    assert found.code == 1
    assert [row["object"] for row in rows] == ["public.forgotten"] and "audit.watch" in rows[0]["remedy"]
