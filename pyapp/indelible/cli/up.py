"""`indelible up`"""

import asyncio
import contextlib
import shlex
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Annotated, Any

import uvicorn
from cyclopts import Parameter
from cyclopts.validators import Number
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from rich.console import Console

from indelible.cli.context import Context, Shared
from indelible.cli.cosigning import cosigning
from indelible.cli.credentials import Credentials
from indelible.cli.drain import keep_draining
from indelible.cli.sealing import KEY_EXPOSED, key_is_apart, log_identity, sealer_folder, sealing
from indelible.cli.server import bind, make_server, spool_folder
from indelible.cli.stage import reserved, set_stage
from indelible.cli.wallet import Wallet, up_lock
from indelible.db.session import connect
from indelible.embedded import EmbeddedServer
from indelible.errors import ConfigurationError, EmbeddedError, IndelibleError
from indelible.queries import QUERIES

LOOK_SECONDS = 0.5
LONGEST_PAUSE = 30.0
MAINTAIN_SECONDS = 6 * 3600.0


Port = Annotated[int, Parameter(help="Port of the API on 127.0.0.1.", validator=Number(gte=0, lte=65535))]


def up(*, port: Port = 8080, context: Shared) -> None:
    """Set everything up as `demo` does and leave it running, until Ctrl-C.

    An embedded PostgreSQL that dies is started again. Passwords are in credentials.json in the data directory.
    Example: `indelible up --port 8080`

    Args:
        port: Port of the API on 127.0.0.1.
        context: The shared options.
    """
    with bind(port) as listening, contextlib.ExitStack() as running:
        with context.alone():
            running.enter_context(_only(context.data_dir))
            dsn, embedded = running.enter_context(context.opened())
            wallet = Wallet(context.data_dir, not context.database_url)
            with reserved(dsn) as admin_dsn:
                credentials = set_stage(admin_dsn, wallet)
            credentials.base_url = f"http://127.0.0.1:{listening.getsockname()[1]}"
            folder = sealer_folder(context)
            credentials.tlog = log_identity(folder)
            path = wallet.put(credentials)
        sealer = credentials.roles["ftms_sealer"]
        running.enter_context(sealing(sealer, folder, credentials.tlog["origin"]))
        running.enter_context(cosigning(sealer, context, context.output.say))
        _announce(context, credentials, str(path), embedded)
        asyncio.run(_serve(make_server(credentials, spool_folder(context)), listening, credentials, embedded))


@contextlib.contextmanager
def _only(data_dir: Path) -> Iterator[None]:
    """One `up` at a time in a data directory: credentials.json says where it is."""
    lock = up_lock(data_dir)
    if not lock.acquire():
        raise ConfigurationError(
            f"Another `indelible up` (process {lock.holder()}) runs with the data directory {data_dir}: stop it first, "
            "or choose another --data-dir."
        )
    try:
        yield
    finally:
        lock.release()


async def _serve(
    server: uvicorn.Server, listening: Any, credentials: Credentials, embedded: EmbeddedServer | None
) -> None:
    draining = keep_draining(credentials.roles["ftms_admin"])
    async with _alongside(_maintain(credentials)), _alongside(draining), _alongside(_supervise(embedded)):
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
    passwords = context.data_dir.absolute() / "pgpass"
    lines = {role: _psql_line(psql, passwords, dsn) for role, dsn in credentials.roles.items()}
    if context.as_json:
        report = {"base_url": credentials.base_url, "credentials": path, "psql": lines, "tlog": credentials.tlog}
        context.output.report(report, "")
        return
    # Plain lines, as long as they are: they are to be copied into a shell.
    print(f"API        {credentials.base_url}", f"passwords  {path}", *lines.values(), sep="\n")
    print(f"log        {credentials.base_url}/tlog/", f"verify by  {credentials.tlog['vkey']}", sep="\n")
    if key_is_apart(context) is False:
        print(KEY_EXPOSED)
    print("Running; Ctrl-C ends it.", flush=True)


def _psql_line(psql: str, passwords: Path, dsn: str) -> str:
    """What logs in to `dsn` in a shell; without its password, which psql finds in the file `passwords`."""
    parts = conninfo_to_dict(dsn)
    parts.pop("password", None)
    options = [(option, parts.pop(name, None)) for option, name in (("-h", "host"), ("-p", "port"), ("-U", "user"))]
    words = [word for option, value in options if value for word in (option, str(value))]
    name = str(parts["dbname"]) if set(parts) == {"dbname"} else make_conninfo("", **parts)
    return f"PGPASSFILE={shlex.quote(str(passwords))} {shlex.join([psql, *words, name])}"
