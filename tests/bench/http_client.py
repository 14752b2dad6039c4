"""A client as cheap as can be, so that the service is measured: requests written beforehand, on kept connections."""

import json
import socket
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from typing import Any, Final

CLIENTS: Final = 8


def request_bytes(method: str, path: str, token: str, body: dict[str, Any]) -> bytes:
    """One request as it travels."""
    content = json.dumps(body).encode()
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


def send_all(port: int, requests: Sequence[bytes]) -> float:
    """Seconds from the first request to the last answer, over CLIENTS connections.

    Raises:
        RuntimeError: an answer is no success.
    """
    shares = [requests[number::CLIENTS] for number in range(CLIENTS)]
    with ThreadPoolExecutor(CLIENTS) as pool:
        start = time.perf_counter()
        list(pool.map(_send, repeat(port), shares))
        return time.perf_counter() - start


def _send(port: int, requests: Sequence[bytes]) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        answers = _answers(connection)
        for request in requests:
            connection.sendall(request)
            status = next(answers)
            if not 200 <= status < 300:
                raise RuntimeError(f"answered with {status}")


def _answers(connection: socket.socket) -> Iterator[int]:
    """The status of each answer; its body is read and forgotten."""
    received = b""
    while True:
        while b"\r\n\r\n" not in received:
            received += _receive(connection)
        head, _, received = received.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        while len(received) < length:
            received += _receive(connection)
        received = received[length:]
        yield int(head.split(b" ", 2)[1])


def _receive(connection: socket.socket) -> bytes:
    if not (chunk := connection.recv(65536)):
        raise RuntimeError("the service closed the connection")
    return chunk
