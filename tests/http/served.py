"""An application under a real server, for what httpx cannot do in this process."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import httpx
import uvicorn
from starlette.applications import Starlette

from indelible.cli.server import Server


@contextmanager
def served(app: Starlette) -> Iterator[str]:
    """Serve as `indelible up` does, in a thread of this process, to the end of the block; gives the base URL."""
    server = Server(uvicorn.Config(app, port=0, log_level="warning", access_log=False, proxy_headers=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def log_in(base_url: str, passwords: Mapping[str, str], name: str = "alice") -> dict[str, str]:
    """The headers that a logged-in user sends."""
    answer = httpx.post(f"{base_url}/v1/auth/login", json={"username": name, "password": passwords[name]})
    return {"Authorization": f"Bearer {answer.json()['token']}"}
