"""Receivers to forward to, good ones and such as hang, close or refuse; and certificates for them."""

import datetime
import ipaddress
import json
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HEADER = re.compile(
    r"<(?P<pri>\d{1,3})>1 (?P<time>\S+) (?P<host>\S+) (?P<app>\S+) (?P<process>\S+) (?P<code>\S+) \[(?P<sd>[^ \]]+)"
)
PARAMETER = re.compile(r' ([^ =\]"]{1,32})="((?:[^"\\\]]|\\["\\\]])*)"')


@dataclass
class Message:
    """An RFC 5424 message, read by its grammar alone."""

    header: dict[str, str]
    data: dict[str, str]
    text: str


def parse_syslog(message: str) -> Message:
    """One message; AssertionError for what is none."""
    header = HEADER.match(message)
    assert header, message
    at, data = header.end(), {}
    while parameter := PARAMETER.match(message, at):
        assert parameter[1] not in data
        data[parameter[1]] = re.sub(r"\\(.)", r"\1", parameter[2])
        at = parameter.end()
    assert message[at : at + 2] == "] ", message[at:]
    return Message(header.groupdict(), data, message[at + 2 :])


def parse_frames(content: bytes) -> list[str]:
    """The messages of octet-counted frames (RFC 5425); one that is cut off at the end is none."""
    found = []
    while match := re.match(rb"([1-9][0-9]*) ", content):
        length, begin = int(match[1]), match.end()
        if len(content) < begin + length:
            break
        found.append(content[begin : begin + length].decode())
        content = content[begin + length :]
    return found


Behave = Callable[[socket.socket], None]


@dataclass
class SyslogServer:
    """Takes connections one after the other; `behaviours` has what it does with the next ones, before it only reads."""

    tls: ssl.SSLContext | None = None
    connections: list[bytes] = field(default_factory=list)
    behaviours: list[Behave] = field(default_factory=list)
    port: int = 0

    @property
    def messages(self) -> list[Message]:
        """All that came in complete frames, by connection and in their order."""
        return [parse_syslog(text) for content in list(self.connections) for text in parse_frames(content)]

    @contextmanager
    def running(self) -> Iterator["SyslogServer"]:
        """Listen on `port`, or on a free one."""
        listening = socket.create_server(("127.0.0.1", self.port))
        self.port = listening.getsockname()[1]
        thread = threading.Thread(target=self._serve, args=(listening,))
        thread.start()
        try:
            yield self
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            listening.close()
            thread.join()

    def _serve(self, listening: socket.socket) -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                try:
                    if self.behaviours:
                        self.behaviours.pop(0)(connection)
                    elif self.tls:
                        with self.tls.wrap_socket(connection, server_side=True) as encrypted:
                            self._read(encrypted)
                    else:
                        self._read(connection)
                except OSError:
                    continue

    def _read(self, connection: socket.socket) -> None:
        self.connections.append(b"")
        while content := connection.recv(65536):
            self.connections[-1] += content


@dataclass
class HttpSink:
    """An HTTP collector; `answers` has what it does with the next requests: a status with headers, or a function."""

    token: str | None = None
    answers: list[tuple[int, dict[str, str]] | Callable[[BaseHTTPRequestHandler], None]] = field(default_factory=list)
    batches: list[list[dict[str, Any]]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    port: int = 0

    @property
    def events(self) -> list[dict[str, Any]]:
        """All that were accepted, in order."""
        return [event for batch in list(self.batches) for event in batch]

    @contextmanager
    def running(self) -> Iterator["HttpSink"]:
        """Listen on a free port."""
        server = ThreadingHTTPServer(("127.0.0.1", self.port), self._handler())
        server.daemon_threads = True
        self.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        sink = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                sink.headers.append(dict(self.headers))
                answer = sink.answers.pop(0) if sink.answers else (200, {})
                if callable(answer):
                    answer(self)
                    return
                status, headers = answer
                if sink.token is not None and self.headers["Authorization"] != f"Bearer {sink.token}":
                    status = 401
                if status == 200:
                    sink.batches.append(json.loads(body))
                self.send_response(status)
                for name, value in {"Content-Length": "2", **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, *_: object) -> None:
                """Nothing."""

        return Handler


def make_certificates(folder: Path) -> None:
    """ca.pem, and server.pem with server.key, which it has signed for 127.0.0.1 and localhost."""
    now = datetime.datetime.now(datetime.UTC)
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority of the tests")])

    def build(subject: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(authority)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=9))
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False
            )
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        )

    usage = dict.fromkeys(
        ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
         "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"), False,
    )  # fmt: skip
    root = (
        build(authority, authority_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.KeyUsage(**{**usage, "key_cert_sign": True, "crl_sign": True}), critical=True)
    )
    names: list[x509.GeneralName] = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    server = build(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]), key.public_key()).add_extension(
        x509.SubjectAlternativeName(names), critical=False
    )
    for name, certificate in (("ca", root), ("server", server)):
        signed = certificate.sign(authority_key, hashes.SHA256())
        (folder / f"{name}.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    (folder / "server.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
