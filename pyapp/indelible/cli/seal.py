"""`indelible seal`"""

import contextlib
import threading

from psycopg import RawCursor

from indelible.cli.context import Context, Shared
from indelible.cli.cosigning import cosigning
from indelible.cli.sealing import KEY_EXPOSED, key_is_apart, new_origin, sealer_folder
from indelible.db.session import connect
from indelible.services.seal.adopt import adopt as adopt_log
from indelible.services.seal.folder import SealerFolder
from indelible.services.seal.run import seal_until, wait_to_lead
from indelible.services.seal.store import Store


def seal(*, adopt: str | None = None, origin: str | None = None, context: Shared) -> None:
    """Seal the log until Ctrl-C: what is recorded becomes leaves of a Merkle tree, and the tree is signed.

    The key and what was signed last are in the data directory, outside of the database. Several may run: one leads,
    the others wait. Example: `DATABASE_URL=postgresql://… indelible seal --origin example.com/audit`

    Args:
        adopt: Continue a log that was refused, after an upgrade, a restore, a recovery or a failover: the reason, for
            the record.
        origin: Name of a log that begins, a URL without its scheme. Cannot be changed.
        context: The shared options.
    """
    tell, folder = context.output.say, sealer_folder(context)
    with context.lasting_database() as dsn:
        if key_is_apart(context) is False:
            tell(KEY_EXPOSED)
        if adopt is not None:
            tell(f"Adopted as epoch {_adopt(dsn, folder, adopt, context)}.")
        with cosigning(dsn, context, tell):
            seal_until(threading.Event(), dsn, folder, origin or new_origin(folder), tell)


def _adopt(dsn: str, folder: SealerFolder, reason: str, context: Context) -> int:
    with contextlib.closing(connect(dsn)) as connection:
        connection.cursor_factory = RawCursor
        store = Store(connection)
        wait_to_lead(store, threading.Event(), context.output.say)
        return adopt_log(store, folder, reason).epoch
