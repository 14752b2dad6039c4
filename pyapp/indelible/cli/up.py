"""`indelible up`"""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any

import uvicorn
from cyclopts import Parameter
from psycopg.conninfo import conninfo_to_dict
from rich.console import Console
from rich.table import Table

from indelible.cli.context import Context, Shared
from indelible.cli.credentials import Credentials
from indelible.cli.server import bind, make_server
from indelible.cli.stage import set_stage
from indelible.db.session import connect
from indelible.embedded import EmbeddedServer, open_server
from indelible.errors import EmbeddedError, IndelibleError
from indelible.queries import QUERIES

LOOK_SECONDS = 0.5
LONGEST_PAUSE = 30.0
MAINTAIN_SECONDS = 6 * 3600.0


def up(*, port: Annotated[int, Parameter(help="Port of the API on 127.0.0.1.")] = 8080, context: Shared) -> None:
    """Set everything up as `demo` does and leave it running, until Ctrl-C.

    An embedded PostgreSQL that dies is started again. Passwords are in credentials.json in the data directory.
    Example: `indelible up --port 8080`

    Args:
        port: Port of the API on 127.0.0.1.
        context: The shared options.
    """
    with bind(port) as listening, _database(context) as (admin_dsn, embedded):
        credentials = set_stage(admin_dsn, context.data_dir)
        credentials.base_url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        path = credentials.write(context.data_dir)
        _announce(context, credentials, str(path), embedded)
        asyncio.run(_serve(make_server(credentials), listening, credentials, embedded))


@contextlib.contextmanager
def _database(context: Context) -> Iterator[tuple[str, EmbeddedServer | None]]:
    """The administrator's DSN, and the embedded server if it is ours to look after."""
    if context.database_url:
        yield context.database_url, None
        return
    with open_server(context.data_dir) as server:
        yield server.dsn, server if isinstance(server, EmbeddedServer) else None


async def _serve(
    server: uvicorn.Server, listening: Any, credentials: Credentials, embedded: EmbeddedServer | None
) -> None:
    async with _alongside(_maintain(credentials)), _alongside(_supervise(embedded)):
        await server.serve(sockets=[listening])
    if not server.started:
        raise IndelibleError("The HTTP server did not start; its lines above say why.")


@contextlib.asynccontextmanager
async def _alongside(work: Any) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _supervise(embedded: EmbeddedServer | None) -> None:
    """Start the embedded server again when it dies, on the same port, less and less eagerly if it keeps dying."""
    pause = LOOK_SECONDS
    while embedded is not None:
        await asyncio.sleep(pause)
        if embedded.running:
            pause = LOOK_SECONDS
            continue
        try:
            # Not in a thread: the server ends with the thread that started it.
            embedded.restart()
            Console(stderr=True).print("PostgreSQL had died and was started again.")
        except EmbeddedError as error:
            pause = min(2 * pause, LONGEST_PAUSE)
            Console(stderr=True).print(f"{error} Trying again in {pause:.0f} s.", highlight=False)


async def _maintain(credentials: Credentials) -> None:
    """The nightly job, several times a day, for as long as we run."""

    def run() -> None:
        with contextlib.closing(connect(credentials.roles["ftms_admin"])) as connection:
            connection.execute(QUERIES["maintain"].encode())

    while True:
        with contextlib.suppress(IndelibleError):  # the database is away: supervised or somebody else's; next time
            await asyncio.to_thread(run)
        await asyncio.sleep(MAINTAIN_SECONDS)


def _announce(context: Context, credentials: Credentials, path: str, embedded: EmbeddedServer | None) -> None:
    psql = shutil.which("psql") or (str(embedded.binaries / "bin" / "psql") if embedded else "psql")
    lines = {}
    for role, dsn in credentials.roles.items():
        parts = conninfo_to_dict(dsn)
        host, port, name = parts.get("host", ""), parts.get("port", 5432), parts.get("dbname", role)
        lines[role] = f"PGPASSFILE={context.data_dir.absolute()}/pgpass {psql} -h {host} -p {port} -U {role} {name}"
    if context.as_json:
        context.output.report({"base_url": credentials.base_url, "credentials": path, "psql": lines}, "")
        return
    table = Table(box=None, show_header=False, padding=(0, 2))
    table.add_row("API", credentials.base_url)
    table.add_row("passwords", path)
    for role, line in lines.items():
        table.add_row(role, line)
    Console(highlight=False, soft_wrap=True).print(table)
    print("Running; Ctrl-C ends it.", flush=True)
