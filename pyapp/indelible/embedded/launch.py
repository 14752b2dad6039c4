"""Start a server process for a cluster and wait until it accepts connections."""

import time
from pathlib import Path

from indelible.embedded.conf import configuration
from indelible.embedded.files import write_private
from indelible.embedded.place import Place
from indelible.embedded.port import choose_port, is_free
from indelible.embedded.postmaster import clear_leftover, is_ready
from indelible.embedded.process import ServerProcess
from indelible.errors import EmbeddedError

ATTEMPTS = 5
START_SECONDS = 120.0


def launch(place: Place, binaries: Path, port: int, *, durable: bool) -> ServerProcess:
    """The running server of `place` on 127.0.0.1:`port`; EmbeddedError with PostgreSQL's own last word if it ends."""
    write_private(place.configuration, configuration(place.cluster, port, durable=durable))
    if place.account is not None:
        place.configuration.chmod(0o644)
    postgres = [str(binaries / "bin" / "postgres"), "-D", str(place.cluster)]
    seen = place.log.stat().st_size if place.log.exists() else 0
    process = ServerProcess(
        [*postgres, "-c", f"config_file={place.configuration}"], place.account, place.home, place.log
    )
    process.start()
    deadline = time.monotonic() + START_SECONDS
    try:
        while process.pid is not None and time.monotonic() < deadline:
            if is_ready(place.cluster, process.pid):
                return process
            time.sleep(0.02)
    except BaseException:
        process.stop()
        raise
    process.stop()
    raise EmbeddedError(f"PostgreSQL did not start: {_reason(place.log, seen)} The whole log is {place.log}.")


def launch_on_free_port(
    place: Place, binaries: Path, preferred: int | None, *, durable: bool
) -> tuple[ServerProcess, int]:
    """As `launch`, on the `preferred` port if it is free, else on another; returns the port too."""
    port = preferred if preferred and is_free(preferred) else choose_port()
    for _ in range(ATTEMPTS - 1):
        try:
            return launch(place, binaries, port, durable=durable), port
        except EmbeddedError:
            if is_free(port):
                raise
            port = choose_port()  # somebody was quicker
    return launch(place, binaries, port, durable=durable), port


def launch_on_port(place: Place, binaries: Path, port: int, *, durable: bool) -> ServerProcess:
    """As `launch`, on this port or not at all."""
    if not is_free(port):
        raise EmbeddedError(f"Port {port} on 127.0.0.1 is taken: choose another one.")
    return launch(place, binaries, port, durable=durable)


def relaunch(place: Place, binaries: Path, port: int, *, durable: bool) -> ServerProcess:
    """As `launch`, for a server that has just died: its last processes hold its memory until they notice."""
    for _ in range(ATTEMPTS - 1):
        clear_leftover(place.cluster)
        try:
            return launch(place, binaries, port, durable=durable)
        except EmbeddedError:
            time.sleep(1)
    return launch(place, binaries, port, durable=durable)


def _reason(log: Path, seen: int) -> str:
    """The last message in `log` after the first `seen` bytes that says why the server ended."""
    with log.open("rb") as file:
        file.seek(seen)
        lines = file.read().decode(errors="replace").splitlines()
    told = [line for line in lines if "FATAL: " in line or "PANIC: " in line] or lines or ["it said nothing"]
    return told[-1].split("FATAL: ")[-1].split("PANIC: ")[-1].strip().rstrip(".") + "."
