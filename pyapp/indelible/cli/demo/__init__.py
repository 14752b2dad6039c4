"""`indelible demo`"""

from itertools import chain

from indelible.cli.context import Shared
from indelible.cli.demo.client import Client
from indelible.cli.demo.scenes import play
from indelible.cli.demo.show import Show
from indelible.cli.demo.tampering import play_tampering
from indelible.cli.failure import FOUND
from indelible.cli.server import make_server, served, spool_folder
from indelible.cli.stage import reserved, set_stage
from indelible.cli.wallet import Wallet, up_runs


def demo(*, context: Shared) -> int:
    """Play eleven scenes over real HTTP and real SQL, and show what the log recorded of each.

    Everything is set up first (an embedded PostgreSQL, or the one that DATABASE_URL names) and nothing keeps running
    afterwards. The last two, in which a superuser tampers with a sealed log, take a superuser and happen in a
    database of their own. Exit code 0 only if each scene recorded exactly what it must. Example: `indelible demo`

    Args:
        context: The shared options.
    """
    show = Show(as_json=context.as_json)
    with (
        show.waiting("Setting the stage: PostgreSQL, roles, users"),
        context.alone(),
        context.opened() as (dsn, _),
        reserved(dsn) as admin_dsn,
    ):
        wallet = Wallet(context.data_dir, not context.database_url, up_runs(context.data_dir))
        credentials = set_stage(admin_dsn, wallet)
        with served(make_server(credentials, spool_folder(context))) as base_url:
            credentials.base_url = base_url
            wallet.put(credentials)
            show.ready()
            with Client(credentials) as client:
                failed = [scene for scene in chain(play(client), play_tampering(client)) if not show.scene(scene)]
    show.end(len(failed))
    return FOUND if failed else 0


__all__ = ["demo"]
