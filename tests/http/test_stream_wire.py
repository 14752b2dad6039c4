"""The live tail over a real server: it arrives as it happens, and keeps no server from ending."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from ftms.app import create_app
from indelible import Settings
from tests.http.auditing import READS
from tests.http.served import log_in, served
from tests.http.world import World
from tests.support import one
from tests.tampering import SealedLog


@pytest.fixture
def log(world: World, login: Callable[..., str], tmp_path: Path) -> SealedLog:
    """A sealed log; alice may read events."""
    world.admin.execute("select iam.grant_permission('clerk', 'audit.event.read')")
    made = SealedLog(world.admin, login("audit_sealer"), tmp_path)
    made.seal()
    return made


def ends(world: World) -> list[str]:
    """Why streams ended, so far."""
    return [
        event["metadata"]["reason"] for event in world.events("action = %s and metadata ->> 'phase' = 'ended'", READS)
    ]


def test_a_server_ends_with_a_stream_open(settings: Settings, world: World, log: SealedLog) -> None:
    """Events come while they are sealed; told to stop, the server ends the stream, and that is on record."""
    with served(create_app(settings)) as base_url:
        alice = log_in(base_url, world.passwords)
        client = httpx.Client(base_url=base_url, headers=alice, timeout=30)
        stream = client.stream("GET", "/v1/audit/stream?action=FTMS_*")
        lines = stream.__enter__().iter_lines()
        assert (next(lines), next(lines)[:11], next(lines)) == ("retry: 2000", ": from leaf", "")
        event_id = one(world.admin, "select audit.record('FTMS_BOOKING_UPDATED')")[0]
        log.seal()
        told = [next(lines), next(lines)]
        assert told[0].startswith("id: ") and f'"id" : {event_id},' in told[1]
    assert list(lines) == [""]
    client.close()
    assert ends(world) == ["stopped"]


def test_a_client_that_hangs_up_leaves_its_place(settings: Settings, world: World, log: SealedLog) -> None:
    """Twenty clients come and go where only one may be at a time, each on record as gone."""
    with served(create_app(settings.model_copy(update={"stream_limit": 1}))) as base_url:
        alice = log_in(base_url, world.passwords)
        for _ in range(20):
            answer = 503
            while answer == 503:
                with httpx.stream("GET", f"{base_url}/v1/audit/stream", headers=alice, timeout=30) as response:
                    answer = response.status_code
            assert answer == 200
    assert ends(world) in (["disconnected"] * 20, ["disconnected"] * 19 + ["stopped"])
