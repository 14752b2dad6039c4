"""`indelible migrate`"""

from typing import Annotated

from cyclopts import Parameter

from indelible.cli.context import Shared
from indelible.db.migrate import migrate as migrate_database


def migrate(*, sample: Annotated[bool, Parameter(show_default=False)] = False, context: Shared) -> None:
    """Install Indelible in the database, or bring it up to date; a superuser installs the guard of it too.

    Safe for several deployers at once; run it again after anything went wrong. Example: `indelible migrate --sample`

    Args:
        sample: Install the sample application (bookings) too.
        context: The shared options.
    """
    with context.database() as dsn:
        report = migrate_database(dsn, sample=sample)
    done = f"Applied {', '.join(report.applied)}." if report.applied else "No migration was missing."
    guard = "The guard stands." if report.guarded else "The guard is not installed: that needs a superuser."
    context.output.report(
        {"applied": report.applied, "digest": report.digest, "guarded": report.guarded},
        f"{done} Behaviour is at {report.digest[:12]}. {guard}",
    )
