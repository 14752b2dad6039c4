"""What bin/test runs: one server for the whole test run, pytest on it, and the server's end whatever happens."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from indelible.embedded import EmbeddedServer
from indelible.errors import EmbeddedError

ROOT = Path(__file__).resolve().parent.parent
USAGE = "usage: bin/test [--pg 16|18] [pytest arguments]"


def main(arguments: list[str]) -> int:
    """Exit code of pytest, or 2 with a sentence when it cannot even begin."""
    signal.signal(signal.SIGTERM, _end)
    # A shell has what it starts in the background ignore SIGINT, and so would every program that a test interrupts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    version, rest = _take_version(arguments)
    if {"-h", "--help"} & set(rest):
        print(f"{USAGE}\n\nWhat follows is pytest's own help.\n", flush=True)
        return _pytest(rest, dict(os.environ))
    with ExitStack() as stack:
        environment = dict(os.environ)
        if not environment.get("DATABASE_URL"):
            environment["DATABASE_URL"] = stack.enter_context(_server(version or "18")).dsn
        elif version:
            return _fail("--pg chooses an embedded server, but DATABASE_URL names one: leave one of them out.")
        return _pytest(rest, environment)


def _take_version(arguments: list[str]) -> tuple[str | None, list[str]]:
    rest, version = [], None
    words = iter(arguments)
    for word in words:
        if word == "--pg" or word.startswith("--pg="):
            version = word[5:] or next(words, "")
            if version not in ("16", "18"):
                sys.exit(_fail(USAGE))
        else:
            rest.append(word)
    return version, rest


class _server:  # noqa: N801 - used as a context manager, like a function
    """An embedded server in a folder of its own, as fast as it can be: nobody needs its data after a crash."""

    def __init__(self, version: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="indelible-test-"))
        self.folder.chmod(0o711)  # run by root the server has an account of its own, which must get in
        self.server = EmbeddedServer(self.folder / "data", version=version, durable=False)

    def __enter__(self) -> EmbeddedServer:
        try:
            self.server.start()
        except EmbeddedError as error:
            shutil.rmtree(self.folder, ignore_errors=True)
            sys.exit(_fail(str(error)))
        return self.server

    def __exit__(self, *error: object) -> None:
        self.server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def _pytest(arguments: list[str], environment: dict[str, str]) -> int:
    alone = any(word.startswith(("-n", "--numprocesses", "--pdb", "--collect-only", "--co")) for word in arguments)
    command = [sys.executable, "-P", "-m", "pytest", *([] if alone else ["-n", "2"]), *arguments]
    with subprocess.Popen(command, cwd=ROOT, env=environment) as process:
        try:
            return process.wait()
        except KeyboardInterrupt:
            return process.wait()  # the terminal interrupted pytest as well: let it say so
        finally:
            if process.poll() is None:
                process.terminate()


def _end(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)


def _fail(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
