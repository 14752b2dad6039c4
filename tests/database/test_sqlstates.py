"""Every SQLSTATE of ours is raised by a test and listed for users; the catalogue and the settings are as documented."""

import re
from pathlib import Path

import psycopg
import pytest

from indelible.errors import REFUSALS
from indelible.settings import Settings
from tests.support import admin_connection, events, last_id

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()


def raised() -> set[str]:
    return set(
        re.findall(r"errcode = '(ID\d{3})'", "".join(file.read_text() for file in (ROOT / "sql").rglob("*.sql")))
    )


def test_each_sqlstate_is_listed_tested_and_mapped() -> None:
    """What SQL can raise is in the README, in a test, and has a word of its own in Python."""
    assert raised() == set(re.findall(r"^\| `(ID\d{3})` \|", README, re.MULTILINE))
    tests = "".join(file.read_text() for file in (ROOT / "tests" / "database").glob("test_*.py"))
    assert {code for code in raised() if f'"{code}"' in tests} == raised()
    assert set(REFUSALS) == raised()


def test_the_catalogue_is_documented(postgresql: psycopg.Connection) -> None:
    """Code, origin and description of every event of Indelible's own stand in the README."""
    query = "select code, origin, description from audit.actions where code not like 'FTMS%' order by code"
    documented = re.findall(r"^\| `([A-Z_]+)` \| (\w+) \| (.*) \|$", README, re.MULTILINE)
    ours = sorted(row for row in documented if row[1] in ("trigger", "database", "service"))
    assert ours == postgresql.execute(query).fetchall()


def test_the_settings_are_documented() -> None:
    """Name, default and meaning of every setting stand in the README."""
    rows = re.findall(r"^\| `((?:INDELIBLE|DATABASE)_\w+)` \| (.*?) ?\| (.*) \|$", README, re.MULTILINE)
    documented = {name: (default, text) for name, default, text in rows}
    for name, field in Settings.model_fields.items():
        variable = "DATABASE_URL" if name == "database_url" else f"INDELIBLE_{name.upper()}"
        default = "" if field.default in (None, ()) else str(field.default).lower()
        assert documented.pop(variable) == (default, field.description), variable
    assert documented == {}


def test_maintenance_stops_rather_than_lose_a_row(postgresql: psycopg.Connection) -> None:
    """If anything swallows a row on its way out of the net, nothing is done at all (ID010)."""
    postgresql.execute(
        """
        do $$ declare v_name regclass; begin
          for v_name in select relid from pg_partition_tree('audit.audit_logs')
            where isleaf and relid <> 'audit_private.audit_logs_default'::regclass loop
            execute format('drop table %s', v_name);
          end loop;
        end $$;
        create function public.swallow() returns trigger language plpgsql as 'begin return null; end';
        select iam.create_user('ann', 'Ann');
        create trigger swallow before insert on audit.audit_logs for each row execute function public.swallow();
        """
    )
    mark = last_id(postgresql)
    with admin_connection(postgresql) as connection, pytest.raises(psycopg.Error) as refusal:
        connection.execute("select audit.maintain()")
    assert refusal.value.sqlstate == "ID010"
    assert last_id(postgresql) == mark and events(postgresql, "entity_id = 'ann'")
