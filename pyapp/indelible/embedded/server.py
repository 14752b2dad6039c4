"""The embedded server: start, supervise, stop."""

from pathlib import Path

from indelible.embedded.binaries import binaries_for
from indelible.embedded.cluster import create_cluster, existing_version
from indelible.embedded.launch import launch_on_free_port, launch_on_port, relaunch
from indelible.embedded.lock import Lock
from indelible.embedded.place import Place, find_place
from indelible.embedded.postmaster import clear_leftover
from indelible.embedded.process import ServerProcess
from indelible.embedded.state import ServerState
from indelible.errors import EmbeddedError


class EmbeddedServer:
    """A PostgreSQL server of our own in `data_dir`, on 127.0.0.1, gone when this process is gone.

    `version` is `18` or `16`; `port` a fixed TCP port, or None for the last one used or a free one. Not `durable`
    gives up crash safety: for tests only. Used from one thread at a time.
    """

    def __init__(
        self, data_dir: str | Path, *, version: str = "18", port: int | None = None, durable: bool = True
    ) -> None:
        self.data_dir = Path(data_dir)
        self.version = version
        self._wanted_port = port
        self._durable = durable
        self._place: Place | None = None
        self._lock: Lock | None = None
        self._state: ServerState | None = None
        self._process: ServerProcess | None = None

    def start(self) -> None:
        """Make the cluster if there is none, start the server and wait until it accepts connections.

        Raises:
            DataDirectoryInUse: another process runs a server in this data directory.
            EmbeddedError: anything else; one sentence.
        """
        if self.running:
            return
        self._place = place = find_place(self.data_dir)
        self._lock = Lock(place.lock)
        self._lock.require(self.data_dir)
        try:
            binaries = binaries_for(place.account, self.version)
            state = self._prepare(place, binaries)
            if self._wanted_port:
                port = self._wanted_port
                self._process = launch_on_port(place, binaries, port, durable=self._durable)
            else:
                self._process, port = launch_on_free_port(place, binaries, state.port, durable=self._durable)
            self._state = ServerState(state.version, state.password, port)
            self._state.write(place.state)
        except BaseException:
            self.stop()
            raise

    def restart(self) -> None:
        """Start a server that died again, on the same port; harmless while it runs."""
        if not self.running and self._place is not None:
            binaries = binaries_for(self._place.account, self.version)
            self._process = relaunch(self._place, binaries, self.port, durable=self._durable)

    def stop(self) -> None:
        """Stop the server (fast, then immediate) and give the data directory free; harmless if it does not run."""
        try:
            if self._process is not None:
                self._process.stop()
        finally:
            if self._lock is not None:
                self._lock.release()

    @property
    def running(self) -> bool:
        """Whether the server process is alive."""
        return self._process is not None and self._process.running

    @property
    def pid(self) -> int | None:
        """Process id of the server, None while it does not run."""
        return self._process.pid if self._process is not None else None

    @property
    def port(self) -> int:
        """The TCP port on 127.0.0.1."""
        if self._state is None or self._state.port is None:
            raise EmbeddedError("The embedded PostgreSQL was never started.")
        return self._state.port

    @property
    def dsn(self) -> str:
        """Connection string of the superuser, with the password, for the database postgres."""
        if self._state is None:
            raise EmbeddedError("The embedded PostgreSQL was never started.")
        return self._state.dsn

    @property
    def log(self) -> Path:
        """The server's log file, mode 0600."""
        return (self._place or find_place(self.data_dir)).log

    @property
    def binaries(self) -> Path:
        """The installation folder with bin/psql and the other programs of this version."""
        return binaries_for(self._place.account if self._place else None, self.version)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the server has ended, at most `timeout` seconds; true if it has."""
        return self._process is None or self._process.wait(timeout)

    def _prepare(self, place: Place, binaries: Path) -> ServerState:
        found, state = existing_version(place.cluster), ServerState.read(place.state)
        if found is None:
            state = ServerState.new(self.version)
            state.write(place.state)
            create_cluster(place, binaries, self.version, state.password, durable=self._durable)
        elif found != self.version:
            raise EmbeddedError(
                f"The data directory {self.data_dir} holds a PostgreSQL {found}, not {self.version}: "
                "choose another --data-dir."
            )
        if state is None:
            raise EmbeddedError(f"{place.state} is missing; without it nobody knows the server's password.")
        clear_leftover(place.cluster)
        return state
