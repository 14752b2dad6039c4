"""A batch is delivered when its receiver has read all of it; whatever else it does, it is not."""

import socket
import ssl
import struct
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from pydantic import SecretStr

from indelible.errors import ConfigurationError
from indelible.services.forward import collector, syslog
from indelible.services.forward.collector import Collector
from indelible.services.forward.message import Sealed
from indelible.services.forward.place import parse_place
from indelible.services.forward.receiver import NotDelivered, verifying_context
from indelible.services.forward.syslog import SyslogReceiver
from tests.exported import make_row
from tests.receivers import HttpSink, SyslogServer, make_certificates

BATCH = [Sealed(leaf, make_row("ROW_UPDATED", id=100 + leaf)) for leaf in range(50)]
IDS = [str(100 + leaf) for leaf in range(50)]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a second is long enough for a receiver that never answers."""
    monkeypatch.setattr(syslog, "ANSWER_SECONDS", 0.5)
    monkeypatch.setattr(collector, "ANSWER_SECONDS", 0.5)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificates")
    make_certificates(folder)
    return folder


def server_context(certificates: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "server.pem", certificates / "server.key")
    return context


@pytest.fixture
def plain() -> Iterator[tuple[SyslogServer, SyslogReceiver]]:
    """A server, and a receiver for it."""
    with SyslogServer().running() as server:
        place = parse_place(f"syslog+tcp://127.0.0.1:{server.port}")
        yield server, SyslogReceiver(place, "rfc5424", verifying_context(None))


def test_a_batch_arrives_in_order(plain: tuple[SyslogServer, SyslogReceiver]) -> None:
    """Leaves whose row is gone have no message; when it returns all has been read."""
    server, receiver = plain
    receiver.deliver([*BATCH, Sealed(50, None)])
    assert [message.data["id"] for message in server.messages] == IDS
    receiver.deliver([Sealed(51, None)])
    assert len(server.connections) == 1


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def close_at_once(connection: socket.socket) -> None:
    connection.recv(10)


def never_close(connection: socket.socket) -> None:
    while connection.recv(65536):
        pass
    time.sleep(1)


@pytest.mark.parametrize("behave", [reset, close_at_once, never_close])
def test_what_was_not_read_is_not_delivered(
    plain: tuple[SyslogServer, SyslogReceiver], behave: Callable[[socket.socket], None]
) -> None:
    """A receiver that resets, closes early or hangs; the next time it has all of it."""
    server, receiver = plain
    server.behaviours.append(behave)
    with pytest.raises(NotDelivered):
        receiver.deliver(BATCH)
    receiver.deliver(BATCH)
    assert [message.data["id"] for message in server.messages] == IDS


def test_nobody_listens() -> None:
    """A refused connection is no delivery."""
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    receiver = SyslogReceiver(parse_place(f"syslog+tcp://127.0.0.1:{port}"), "rfc5424", verifying_context(None))
    with pytest.raises(NotDelivered, match="Connection refused"):
        receiver.deliver(BATCH)


def test_syslog_over_tls(certificates: Path) -> None:
    """To a server whose certificate its authority has signed for that name."""
    with SyslogServer(server_context(certificates)).running() as server:
        for host in ("127.0.0.1", "localhost"):
            place = parse_place(f"syslog+tls://{host}:{server.port}")
            SyslogReceiver(place, "rfc5424", verifying_context(certificates / "ca.pem")).deliver(BATCH)
    assert [message.data["id"] for message in server.messages] == IDS * 2


def test_a_stranger_gets_nothing(certificates: Path) -> None:
    """Neither one whose authority is unknown, nor one of another name, nor one that speaks no TLS."""
    with SyslogServer(server_context(certificates)).running() as server:
        place = parse_place(f"syslog+tls://127.0.0.1:{server.port}")
        with pytest.raises(NotDelivered, match="not to be trusted"):
            SyslogReceiver(place, "rfc5424", verifying_context(None)).deliver(BATCH)
        place = parse_place(f"syslog+tls://127.0.0.2:{server.port}")
        with pytest.raises(NotDelivered):
            SyslogReceiver(place, "rfc5424", verifying_context(certificates / "ca.pem")).deliver(BATCH)
    with SyslogServer().running() as plain_server:
        place = parse_place(f"syslog+tls://127.0.0.1:{plain_server.port}")
        with pytest.raises(NotDelivered):
            SyslogReceiver(place, "rfc5424", verifying_context(certificates / "ca.pem")).deliver(BATCH)
    assert not server.messages and not plain_server.messages


def test_certificates_that_cannot_be_read(tmp_path: Path) -> None:
    """A sentence, and not the system's authorities instead."""
    for path in (tmp_path / "missing.pem", tmp_path):
        with pytest.raises(ConfigurationError, match="cannot be read"):
            verifying_context(path)


@pytest.fixture
def sink() -> Iterator[HttpSink]:
    """A collector that wants a token."""
    with HttpSink(token="open sesame").running() as running:
        yield running


def collector_of(sink: HttpSink, token: str = "open sesame") -> Collector:
    place = parse_place(f"http://127.0.0.1:{sink.port}/collect?index=audit")
    return Collector(place, "jsonl", verifying_context(None), SecretStr(token))


def test_a_collector_gets_batches(sink: HttpSink) -> None:
    """As JSON arrays with the bearer token, over one connection."""
    receiver = collector_of(sink)
    receiver.deliver(BATCH)
    receiver.deliver([Sealed(50, None)])
    receiver.deliver(BATCH[:1])
    receiver.close()
    assert [[str(event["id"]) for event in batch] for batch in sink.batches] == [IDS, IDS[:1]]
    assert sink.headers[0]["Content-Type"] == "application/json"


def hang(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.settimeout(3)
    handler.connection.recv(1)
    handler.close_connection = True


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True


def nonsense(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"220 ready\r\n")
    handler.close_connection = True


@pytest.mark.parametrize("answer", [(500, {}), (400, {}), (302, {"Location": "/"}), hang, hang_up, nonsense])
def test_anything_but_2xx_is_no_delivery(
    sink: HttpSink, answer: tuple[int, dict[str, str]] | Callable[[BaseHTTPRequestHandler], None]
) -> None:
    """And the next request begins anew."""
    sink.answers.append(answer)
    receiver = collector_of(sink)
    with pytest.raises(NotDelivered):
        receiver.deliver(BATCH)
    receiver.deliver(BATCH)
    receiver.close()
    assert [str(event["id"]) for event in sink.events] == IDS


def test_a_wrong_token_is_refused(sink: HttpSink) -> None:
    """What the collector says is told by its status; the token is in no message."""
    receiver = collector_of(sink, token="swordfish")
    with pytest.raises(NotDelivered, match="it answered 401") as refusal:
        receiver.deliver(BATCH)
    receiver.close()
    assert "swordfish" not in repr(refusal.value)


def test_a_batch_that_is_too_large_is_halved(sink: HttpSink) -> None:
    """Until it fits; in order."""
    sink.answers += [(413, {}), (413, {})]
    receiver = collector_of(sink)
    receiver.deliver(BATCH)
    receiver.close()
    assert [len(batch) for batch in sink.batches] == [12, 13, 25]
    assert [str(event["id"]) for event in sink.events] == IDS


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [
        ("7", 7, 7),
        (format_datetime(datetime.now(UTC) + timedelta(seconds=3000), usegmt=True), 1, 3001),
        (format_datetime(datetime.now(UTC) - timedelta(days=1), usegmt=True), 0, 0),
        ("999999999", 3600, 3600),
        ("soon", 0, 0),
        ("-3", 0, 0),
    ],
    ids=["seconds", "date", "past", "too-long", "nonsense", "negative"],
)
def test_retry_after_is_honoured(sink: HttpSink, header: str, least: float, most: float) -> None:
    """In seconds or as a date, within an hour; what it cannot mean is no wish."""
    sink.answers.append((429, {"Retry-After": header}))
    receiver = collector_of(sink)
    with pytest.raises(NotDelivered, match="it answered 429") as refusal:
        receiver.deliver(BATCH)
    receiver.close()
    assert least <= refusal.value.retry_after <= most
