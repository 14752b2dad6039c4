"""GET /v1/audit/events/{id}: one event, and what is known of its proof."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.http.auditing import READS
from tests.http.world import Headers, World, require_problem
from tests.support import one
from tests.tampering import SealedLog


@pytest.fixture
def log(world: World, login: Callable[..., str], tmp_path: Path) -> SealedLog:
    """A sealed log; alice may read events."""
    world.admin.execute("select iam.grant_permission('clerk', 'audit.event.read')")
    made = SealedLog(world.admin, login("audit_sealer"), tmp_path)
    made.seal()
    return made


async def test_an_event_is_pending_and_then_sealed(
    client: httpx.AsyncClient, log: SealedLog, alice: Headers, world: World
) -> None:
    """Its leaf lies under the published checkpoint, and its proof is where the answer says."""
    event_id = one(world.admin, "select audit.record('FTMS_BOOKING_UPDATED')")[0]
    path = f"/v1/audit/events/{event_id}"
    before = (await client.get(path, headers=alice)).json()
    assert (before["id"], before["action"]) == (event_id, "FTMS_BOOKING_UPDATED")
    assert (before["proof"]["status"], before["proof"]["leaf_index"]) == ("pending", None)
    log.seal()
    proof = (await client.get(path, headers=alice)).json()["proof"]
    assert proof["status"] == "sealed" and 0 <= proof["leaf_index"] < proof["checkpoint_size"]
    answer = await client.get(proof["url"], headers=alice)
    assert answer.status_code == 200 and f"index {proof['leaf_index']}\n" in answer.text


async def test_without_a_sealed_log_every_event_is_pending(
    client: httpx.AsyncClient, world: World, alice: Headers
) -> None:
    """Nobody has begun to seal: no leaf, no checkpoint, and the event all the same."""
    world.admin.execute("select iam.grant_permission('clerk', 'audit.event.read')")
    answer = await client.get(f"/v1/audit/events/{world.events()[0]['id']}", headers=alice)
    assert answer.json()["proof"] | {"url": ""} == {
        "status": "pending",
        "leaf_index": None,
        "checkpoint_size": None,
        "url": "",
    }
    assert READS in world.actions(answer)


@pytest.mark.parametrize("given", ["0", "999999999", "9" * 18, "9" * 19, "9" * 5000, "1.0", "-1", "%00", "x", "1e3"])
async def test_what_is_not_there_is_not_found(
    client: httpx.AsyncClient, log: SealedLog, alice: Headers, given: str
) -> None:
    """Neither numbers beyond all ids nor what is no number at all."""
    for path in (f"/v1/audit/events/{given}", f"/v1/audit/events/{given}/proof"):
        require_problem(await client.get(path, headers=alice), 404)
