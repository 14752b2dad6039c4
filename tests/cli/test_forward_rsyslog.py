"""`indelible forward` to a real rsyslog."""

import json
import re
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests import rsyslog
from tests.forwarding import end, first_times, forwarding, sealed_ids, wait_until
from tests.receivers import make_certificates, parse_syslog


@rsyslog.installed
@pytest.mark.parametrize("tls", [True, False])
def test_a_real_rsyslog(
    reader: str, postgresql: psycopg.Connection[Any], admin_dsn: str, folder: Path, sealed: list[int], *, tls: bool
) -> None:
    """Debian's, over TLS and over TCP: each message arrives whole, in order, across a kill -9 of either side."""
    postgresql.execute("create table public.things (id int primary key, name text)")
    postgresql.execute("select audit.watch('public.things', 'THING')")
    postgresql.execute("insert into public.things values (1, E'line\\nbreak \"quoted\" ] \\\\ ü \\u2028')")
    sealed = sealed_ids(postgresql, admin_dsn, folder)
    place = folder / "rsyslog"
    place.mkdir()
    make_certificates(place)
    with rsyslog.logging_to(place, tls=tls) as (port, messages):
        to = ["--to", f"syslog+{'tls' if tls else 'tcp'}://127.0.0.1:{port}"]
        to += ["--ca-file", str(place / "ca.pem")] if tls else []

        def arrived() -> list[int]:
            if not messages.exists():
                return []
            whole = messages.read_text().split("\n")[:-1]
            return [int(parse_syslog(f"<109>{line}").data["id"]) for line in whole]

        with forwarding(reader, folder / "data", *to) as process:
            wait_until(lambda: len(arrived()) > 0, process)
            process.kill()
            process.wait()
        with forwarding(reader, folder / "data", *to) as process:
            wait_until(lambda: set(arrived()) >= set(sealed), process)
            assert not re.search("Not delivered", end(process))
    assert first_times(arrived()) == sealed
    (line,) = {line for line in messages.read_text().split("\n") if 'entity_type="THING"' in line}
    row = parse_syslog(f"<109>{line}")
    assert json.loads(row.data["changes"])["new"]["name"] == 'line\nbreak "quoted" ] \\ ü \ufffd'
