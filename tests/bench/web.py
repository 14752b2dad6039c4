"""One HTTP write against the same write unaudited: uvicorn (one process) on loopback, eight clients."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from indelible.services.login import hash_token
from tests.bench.figures import Figures
from tests.bench.http_client import CLIENTS, request_bytes, send_all
from tests.bench.identity import AUDITOR_LOGIN
from tests.bench.rivals import BASE, Rival
from tests.bench.rounds import rotated, tell
from tests.bench.server import CLIENT
from tests.bench.stage import Stage, complete, stage
from tests.bench.usage import Sample, measure

ROOT: Final = Path(__file__).resolve().parents[2]
TABLE: Final = "http"
NEW: Final = {
    "reference": "FT-0F3A92C41B", "passenger": "Grainne Malley", "email": "grainne@example.org", "route": "ROS-DUN",
    "seats": 2,
}  # fmt: skip
OPERATIONS: Final = ("POST", "PATCH")
# What an application without Indelible keeps its sessions in.
SESSIONS: Final = f"""
create table public.sessions (token_digest bytea primary key, username text not null, expires_at timestamptz not null);
grant select on public.sessions to {CLIENT};
insert into public.sessions values (decode('{{token}}', 'hex'), 'alice', now() + interval '1 day');
"""
ACTIONS: Final = """
select audit.define_action('BENCH_BOOKING_CREATED', 'A booking was made.', 'service'),
  audit.define_action('BENCH_BOOKING_UPDATED', 'A booking was changed.', 'service')
"""


@dataclass(frozen=True)
class Form:
    """A form of web_app, the rival whose database it writes to, its unaudited counterpart, events for each request."""

    name: str
    title: str
    rival: Rival
    base: str
    proof: str | None = None
    records: int = 0


def forms(rivals: dict[str, Rival]) -> list[Form]:
    """Both ways to know a user, without Indelible and with it."""
    plain, row = rivals[BASE], rivals["indelible_row"]
    return [
        Form("unaudited_sessions", "unaudited, sessions in a table", plain, "unaudited_sessions"),
        Form("unaudited_own_login", "unaudited, sessions in memory", plain, "unaudited_own_login"),
        Form("sealed", "Indelible, sealed", row,
             "unaudited_sessions", "sealed", 1),
        Form("sealed_event", "Indelible, sealed, and a business event by @audited", row,
             "unaudited_sessions", "sealed", 2),
        Form("trusted", "Indelible, trusted channel (identify=…)",
             row, "unaudited_own_login", "service", 1),
    ]  # fmt: skip


def web_round(number: int, found: Sequence[Form], requests: int, token: SecretStr, figures: Figures) -> None:
    """Each form with a database and a process of its own, one after the other for each operation."""
    with ExitStack() as stack:
        order = rotated(found, number)
        places = [stack.enter_context(stage(form.rival, form.name)) for form in order]
        for place in places:
            _prepare(place, token)
        for form, place in zip(order, places, strict=True):
            # Left when the service has ended, with all of its records written.
            stack.enter_context(complete(place, len(OPERATIONS) * (requests + CLIENTS) * form.records))
        ports = [stack.enter_context(_serving(place, token)) for place in places]
        for operation in OPERATIONS:
            tell(f"{TABLE} {operation}")
            for place, port in zip(places, ports, strict=True):
                figures.add(TABLE, operation, place.name, _write(place, port, operation, requests, token))
        for form, place in zip(order, places, strict=True):
            if form.proof:
                place.require_proof(form.proof)


def _write(place: Stage, port: int, operation: str, requests: int, token: SecretStr) -> Sample:
    """Pools connect and statements are prepared before anything is measured."""
    send_all(port, _requests(place, operation, CLIENTS, token, seats=3))
    place.settle()
    return measure(
        place.rival.server, requests, partial(send_all, port, _requests(place, operation, requests, token, seats=4))
    )


def _requests(place: Stage, operation: str, count: int, token: SecretStr, *, seats: int) -> list[bytes]:
    word = token.get_secret_value()
    if operation == "POST":
        return [request_bytes("POST", "/bookings", word, NEW)] * count
    first = place.first_id()
    return [request_bytes("PATCH", f"/bookings/{first + turn}", word, {"seats": seats}) for turn in range(count)]


def _prepare(place: Stage, token: SecretStr) -> None:
    if place.rival.name == BASE:
        place.admin.execute(SESSIONS.format(token=hash_token(token).hex()).encode())
    else:
        place.admin.execute(ACTIONS.encode())


@contextlib.contextmanager
def _serving(place: Stage, token: SecretStr) -> Iterator[int]:
    """The port of a process that serves this form."""
    server = place.rival.server
    environment = {
        **os.environ,
        "INDELIBLE_APP_DSN": server.client(place.name),
        "INDELIBLE_AUDIT_DSN": server.client(place.name, AUDITOR_LOGIN),
        "BENCH_TOKEN": token.get_secret_value(),
    }
    command = [sys.executable, "-m", "tests.bench.web_app", place.name]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        # At the end of the block its standard input is closed, at which it ends.
        yield int((process.stdout or sys.stdin).readline())
