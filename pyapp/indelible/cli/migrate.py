"""`indelible migrate`"""

import contextlib
import sys
from typing import Annotated

import psycopg
from cyclopts import Parameter

from indelible.cli.context import Shared
from indelible.cli.drain import drain
from indelible.cli.failure import sentence_of
from indelible.db.migrate import migrate as migrate_database
from indelible.db.session import connect


def migrate(*, sample: Annotated[bool, Parameter(show_default=False)] = False, context: Shared) -> None:
    """Install Indelible in the database, or bring it up to date; a superuser installs the guard of it too.

    Safe for several deployers at once; run it again after anything went wrong. Example: `indelible migrate --sample`

    Args:
        sample: Install the sample application (bookings) too.
        context: The shared options.
    """
    with context.database() as dsn:
        report = migrate_database(dsn, sample=sample)
        if report.guarded:
            _keep_refusals(dsn)
    done = f"Applied {', '.join(report.applied)}." if report.applied else "No migration was missing."
    guard = "The guard stands." if report.guarded else "The guard is not installed: that needs a superuser."
    context.output.report(
        {"applied": report.applied, "digest": report.digest, "guarded": report.guarded},
        f"{done} Behaviour is at {report.digest[:12]}. {guard}",
    )


def _keep_refusals(dsn: str) -> None:
    """What is refused from now on waits in a slot for whoever drains next; before the first drain there is none."""
    try:
        with contextlib.closing(connect(dsn)) as connection:
            drain(connection)
    except psycopg.Error as error:
        # A transaction that has been open for long, another drain, no slot to spare: nothing that undoes a migration.
        print(f"Refused attempts are not kept yet. {sentence_of(error)[0]} Run `indelible maintain`.", file=sys.stderr)
