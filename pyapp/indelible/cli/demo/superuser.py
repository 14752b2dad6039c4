"""What a superuser can do to the sealed log, having taken its guards down: in the demo, and in the tests of verify."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

GUARDED = """
select relid::regclass::text from pg_catalog.pg_partition_tree('audit.audit_logs')
union all
select format('audit_private.%I', name)
from unnest(array['epochs', 'tiles', 'batches', 'checkpoints', 'cosignatures', 'leaves']) as name
"""

# The log as it was when its tree had so many leaves: rows, leaves, tiles and checkpoints that came later are gone.
CUT = """
delete from audit.audit_logs where id in (select id from audit_private.leaves where leaf_index >= {size});
delete from audit_private.cosignatures where tree_size > {size};
delete from audit_private.checkpoints where tree_size > {size};
delete from audit_private.batches where tree_size > {size};
delete from audit_private.leaves where leaf_index >= {size};
update audit_private.tiles set content = substring(content for ({size} % 256 - start) * 63)
where level = -1 and number = {size} / 256 and start < {size} % 256 and start + length(content) / 63 > {size} % 256;
delete from audit_private.tiles where level = -1 and number * 256 + start >= {size};
update audit_private.log_position set tree_size = {size},
  snapshot = (select snapshot from audit_private.batches where tree_size = {size})
"""


@contextmanager
def without_guards(superuser: psycopg.Connection[Any]) -> Iterator[None]:
    """The triggers that refuse every change of the log are off in the block, and on again afterwards."""
    tables = [name for (name,) in superuser.execute(GUARDED).fetchall()]
    for state in ("disable", "enable"):
        for table in tables:
            superuser.execute(f"alter table {table} {state} trigger user".encode())
        if state == "disable":
            yield
