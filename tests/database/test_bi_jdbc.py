"""The flat views through JDBC, as DBeaver and Metabase read them: a JDK and Debian's libpostgresql-jdbc-java."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.support import Login

DRIVER = Path("/usr/share/java/postgresql.jar")
# Only a JDK runs a program from its source.
JAVA = shutil.which("java") if shutil.which("javac") else None
PROGRAM = Path(__file__).with_name("FlatViews.java")
VIEWS = ["v_events", "v_data_changes", "v_authentication", "v_denials", "v_entity_history", "v_coverage"]
KNOWN = {("VARCHAR", "java.lang.String"), ("BIGINT", "java.lang.Long"), ("TIMESTAMP", "java.sql.Timestamp")}

pytestmark = pytest.mark.skipif(
    JAVA is None or not DRIVER.is_file(), reason="a JDK and libpostgresql-jdbc-java are not installed"
)


def test_jdbc_reads_each_view(postgresql: psycopg.Connection[Any], login: Login) -> None:
    """Each column has a type of JDBC's own, values of its class, and its comment; the log itself is refused."""
    postgresql.execute("create table public.things (id int primary key, name text)")
    postgresql.execute("select audit.watch('public.things', 'THING')")
    postgresql.execute("insert into public.things values (1, 'it''s \N{SNOWMAN}')")
    parts = {name: str(value) for name, value in conninfo_to_dict(login("audit_reader")).items()}
    url = "jdbc:postgresql://{host}:{port}/{dbname}".format_map(parts)
    environment = {**os.environ, "PGUSER": parts["user"], "PGPASSWORD": parts["password"]}
    command = [str(JAVA), "-cp", str(DRIVER), str(PROGRAM), url, *VIEWS]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    *lines, refusal = done.stdout.splitlines()
    columns = [line.split("\t") for line in lines]
    assert {view for view, *_ in columns} == set(VIEWS)
    for view, name, kind, value_class, comment in columns:
        assert any(kind == known and value_class in ("", its_class) for known, its_class in KNOWN), (view, name, kind)
        assert comment not in ("", "null"), (view, name)
    assert refusal == "42501"
