"""`indelible forward`"""

import contextlib
import hashlib
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, Final

import psycopg
from cyclopts import Parameter
from pydantic import SecretStr

from indelible.cli.beside import beside
from indelible.cli.context import Context, Shared
from indelible.db.session import connect
from indelible.embedded.files import make_folder
from indelible.embedded.lock import Lock
from indelible.errors import ConfigurationError
from indelible.queries import QUERIES
from indelible.services.forward.collector import Collector
from indelible.services.forward.message import MessageFormat
from indelible.services.forward.place import Place, parse_place
from indelible.services.forward.position import PositionFile
from indelible.services.forward.receiver import Receiver, verifying_context
from indelible.services.forward.run import Forwarder
from indelible.services.forward.syslog import SyslogReceiver

TOKEN_VARIABLE: Final = "INDELIBLE_FORWARD_TOKEN"  # noqa: S105  # the name of it
PROGRESS_SECONDS: Final = 30.0


def forward(
    *,
    to: str,
    kind: Annotated[MessageFormat | None, Parameter(name="--format")] = None,
    ca_file: Path | None = None,
    token_file: Path | None = None,
    context: Shared,
) -> None:
    """Forward all sealed events to a SIEM, until Ctrl-C: in order, each at least once, with its id.

    The next start goes on where this one ended, or was killed: the position is in the data directory. The database
    login must be a member of audit_reader or audit_investigator. Example: `indelible forward --to
    syslog+tls://siem.example:6514 --ca-file siem-ca.pem`

    Args:
        to: syslog+tls://host:port, https://host/path or, on this machine, syslog+tcp://127.0.0.1:port.
        kind: rfc5424, the default of syslog; jsonl, the default of https; ocsf, ecs or cef.
        ca_file: Certificates of the authorities that the receiver's must come from, instead of the system's.
        token_file: File with the bearer token of an HTTP collector, instead of INDELIBLE_FORWARD_TOKEN.
        context: The shared options.
    """
    place = parse_place(to)
    receiver, chosen = _receiver(place, kind, ca_file, token_file)
    with context.lasting_database() as dsn, _alone(context, place) as file:
        forwarder = Forwarder(dsn, receiver, file, context.output.say)
        with _on_record(dsn, f"{chosen} to {place}", forwarder), _stopped() as stop:
            context.output.say(f"Forwarding to {place} as {chosen}; Ctrl-C ends it.")
            with beside("progress", lambda ended: _tell_progress(ended, forwarder, context)):
                forwarder.run(stop)


def _receiver(
    place: Place, kind: MessageFormat | None, ca_file: Path | None, token_file: Path | None
) -> tuple[Receiver, MessageFormat]:
    if ca_file is not None and not place.encrypted:
        raise ConfigurationError("--ca-file is for syslog+tls:// and https://.")
    chosen: MessageFormat = kind or ("jsonl" if place.is_http else "rfc5424")
    tls = verifying_context(ca_file)
    if not place.is_http:
        if token_file is not None:
            raise ConfigurationError("--token-file is for https://.")
        return SyslogReceiver(place, chosen, tls), chosen
    if chosen in ("rfc5424", "cef"):
        raise ConfigurationError(f"{chosen} is for syslog: choose jsonl, ocsf or ecs for a collector.")
    return Collector(place, chosen, tls, _token(token_file)), chosen


def _token(file: Path | None) -> SecretStr | None:
    try:
        token = (file.read_text() if file else os.environ.get(TOKEN_VARIABLE, "")).strip()
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{file} cannot be read.") from error
    if not token:
        return None
    if not (token.isascii() and token.isprintable()):
        raise ConfigurationError("A bearer token is printable ASCII.")
    return SecretStr(token)


@contextlib.contextmanager
def _alone(context: Context, place: Place) -> Iterator[PositionFile]:
    """The file of the position, which one process at a time writes."""
    folder = make_folder(context.data_dir)
    name = f"forward-{hashlib.sha256(str(place).encode()).hexdigest()[:16]}"
    lock = Lock(folder / f"{name}.lock")
    if not lock.acquire():
        raise ConfigurationError(f"Process {lock.holder()} forwards to {place} already.")
    try:
        yield PositionFile(folder / f"{name}.json")
    finally:
        lock.release()


@contextlib.contextmanager
def _on_record(dsn: str, what: str, forwarder: Forwarder) -> Iterator[None]:
    """That the log is forwarded, and how much of it was."""

    def note(outcome: str, *facts: int | None) -> int:
        with contextlib.closing(connect(dsn)) as connection:
            values = (what, "{}", outcome, *facts)
            row = psycopg.RawCursor(connection).execute(QUERIES["note_export"].encode(), values).fetchone()
        return int(row[0]) if row else 0

    began = note("attempted", None, None)
    try:
        yield
    except BaseException:
        with contextlib.suppress(Exception):  # what went wrong is told
            note("failure", forwarder.count, began)
        raise
    note("success", forwarder.count, began)


@contextlib.contextmanager
def _stopped() -> Iterator[threading.Event]:
    """Set by Ctrl-C and SIGTERM; what is under way is finished or, where it hangs, left by a second one."""
    stop = threading.Event()

    def ask(_signal: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    former: dict[int, Any] = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def _tell_progress(ended: threading.Event, forwarder: Forwarder, context: Context) -> None:
    told = 0
    while not ended.wait(PROGRESS_SECONDS):
        if forwarder.count != told:
            told = forwarder.count
            context.output.say(f"{told:,} events forwarded, {forwarder.waiting:,} waiting.")
