"""One PostgreSQL server process as our child, from its start to its end."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from indelible.embedded.account import Account
from indelible.embedded.files import open_private
from indelible.errors import EmbeddedError

LAUNCHER = Path(__file__).with_name("launcher.py")
LOG_BYTES = 16 * 1024 * 1024


class ServerProcess:
    """Starts `command` under `account`, its output appended to `log`, and waits for its end on an own thread.

    The thread also is what the kernel ties the server's life to: it lives exactly as long as the server, while the
    thread that called `start` may end at any time.
    """

    def __init__(self, command: list[str], account: Account | None, home: Path, log: Path) -> None:
        ids = (str(account.uid), str(account.gid)) if account else ("-", "-")
        self._command = [sys.executable, "-I", "-S", str(LAUNCHER), *ids, str(os.getpid()), *command]
        self._environment = {"HOME": str(home), "PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
        self._log = log
        self._popen: subprocess.Popen[bytes] | None = None
        self._error: OSError | EmbeddedError | None = None
        self._begun, self._ended = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="indelible-postgresql", daemon=True)

    def start(self) -> None:
        """Start the program; EmbeddedError if the system refuses."""
        self._thread.start()
        self._begun.wait()
        if self._error is not None:
            raise EmbeddedError(f"PostgreSQL cannot be started: {self._error}.") from self._error

    def _run(self) -> None:
        try:
            self._popen = self._open()
        except (OSError, EmbeddedError) as error:
            self._error = error
        self._begun.set()
        if self._popen is not None:
            self._popen.wait()
        self._ended.set()

    def _open(self) -> subprocess.Popen[bytes]:
        if self._log.is_file() and self._log.stat().st_size > LOG_BYTES:
            self._log.replace(self._log.with_suffix(".log.1"))
        log = open_private(self._log, os.O_WRONLY | os.O_APPEND)
        try:
            return subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment,
                cwd="/",
                start_new_session=True,  # Ctrl-C in the terminal is for us: we stop the server in our own time
            )
        finally:
            os.close(log)

    @property
    def pid(self) -> int | None:
        """Process id of the server while it runs."""
        return self._popen.pid if self._popen is not None and self.running else None

    @property
    def running(self) -> bool:
        """Whether the process has begun and not ended."""
        return self._popen is not None and not self._ended.is_set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the end, at most `timeout` seconds; true if it ended."""
        return self._ended.wait(timeout)

    def stop(self, patience: float = 30.0) -> None:
        """Fast shutdown; after `patience` seconds immediate shutdown, then kill. Returns when the process is gone."""
        for number, seconds in ((signal.SIGINT, patience), (signal.SIGQUIT, 10.0), (signal.SIGKILL, None)):
            if not self.running or self._popen is None:
                return
            self._popen.send_signal(number)
            if self.wait(seconds):
                return
