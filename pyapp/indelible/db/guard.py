"""Who may install the guard of the audit objects, which only superusers can, and whom it keeps from migrating."""

from typing import Any

import psycopg
from psycopg import sql

from indelible.errors import MigrationError

# The superuser that initdb made (10, on every server) can be neither dropped nor deprived of its power.
FIND_KEEPER = """
select
  case when current_setting('is_superuser') = 'on' then (select rolname from pg_catalog.pg_roles where oid = 10) end,
  exists (
    select from pg_catalog.pg_event_trigger as trigger
    join pg_catalog.pg_proc as function on function.oid = trigger.evtfoid
    where function.pronamespace = pg_catalog.to_regnamespace('audit_guard') and trigger.evtenabled <> 'D'
  )
"""


def find_keeper(connection: psycopg.Connection[Any]) -> str | None:
    """The role, quoted, that runs sql/guard/ and owns the guard; None where this login is no superuser.

    Raises:
        MigrationError: the guard stands, and this login is no superuser.
    """
    keeper, guarded = connection.execute(FIND_KEEPER).fetchone() or (None, False)
    if keeper is None and guarded:
        raise MigrationError(
            "The audit objects of this database are guarded, and only a superuser changes them: run migrate as one."
        )
    return None if keeper is None else sql.Identifier(keeper).as_string(connection)
