"""HTTP servers of this process: the socket is bound first, so that a taken port is known at once."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

import uvicorn
from pydantic import SecretStr
from starlette.types import ASGIApp

from indelible.cli.context import Context
from indelible.cli.credentials import Credentials
from indelible.cli.wallet import address_digest
from indelible.errors import ConfigurationError, IndelibleError
from indelible.settings import Settings

START_SECONDS = 20.0

# Loaded by name, as a server loads any application: the library knows nothing of its sample.
SAMPLE = "ftms.app"


def bind(port: int, host: str = "127.0.0.1") -> socket.socket:
    """A listening socket on an IPv4 address; port 0 takes a free one.

    Raises:
        ConfigurationError: the port is taken or not allowed.
    """
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        bound.listen()  # who connects before the server runs is let to wait
    except OSError as error:
        bound.close()
        raise ConfigurationError(
            f"Port {port} on {host} cannot be used ({error.strerror}): choose another --port."
        ) from error
    return bound


def spool_folder(context: Context) -> Path:
    """Where events wait for the database: one folder for the embedded one, one for each other one."""
    name = f"spool-{address_digest(context.database_url)}" if context.database_url else "spool"
    return context.data_dir / name


class Server(uvicorn.Server):
    """Ends live tails before it waits for its connections, of which they would be the last."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """What uvicorn does once it has been told to stop."""
        audit = self.lifespan.state.get("audit")
        if audit is not None:
            audit.end_streams()
        await super().shutdown(sockets)


def make_server(credentials: Credentials, spool_dir: Path) -> uvicorn.Server:
    """FTMS on the two logins and the spool that it is given, and on nothing else."""
    create_app = import_module(SAMPLE).create_app
    settings = Settings(
        app_dsn=SecretStr(credentials.roles["ftms_api"]),
        audit_dsn=SecretStr(credentials.roles["ftms_audit"]),
        spool_dir=spool_dir,
    )
    return server_of(create_app(settings))


def server_of(app: ASGIApp) -> uvicorn.Server:
    """A server of this application that writes no access log and believes no header."""
    # Forwarded headers are the middleware's affair: uvicorn would believe them from anybody on this host.
    return Server(uvicorn.Config(app, log_level="warning", access_log=False, proxy_headers=False, server_header=False))


@contextmanager
def served(server: uvicorn.Server) -> Iterator[str]:
    """The server in a thread of this process, on a free port, until the end of the block; gives the base URL."""
    bound = bind(0)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, name="http")
    thread.start()
    try:
        deadline = time.monotonic() + START_SECONDS
        while not server.started:
            if not thread.is_alive() or time.monotonic() > deadline:
                raise IndelibleError("The HTTP server did not start; its lines above say why.")
            time.sleep(0.02)
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        bound.close()
