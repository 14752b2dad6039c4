"""Proofs and the state of the log over HTTP: only for whoever may read events, and never a proof that does not hold."""

from collections.abc import Callable
from pathlib import Path

import httpx
import psycopg
import pytest

from indelible.services.verify.proof import Proven, verify_proof
from indelible.tlog.note import COSIGNATURE, Signer
from indelible.tlog.policy import Policy
from tests.http.world import Headers, LogIn, World, require_problem
from tests.sealing import ORIGIN
from tests.tampering import SealedLog


@pytest.fixture
def log(world: World, postgresql: psycopg.Connection, login: Callable[..., str], tmp_path: Path) -> SealedLog:
    """A sealed log with more than one tile; alice may read events."""
    postgresql.execute("select iam.grant_permission('clerk', 'audit.event.read')")
    postgresql.execute("select iam.create_user('user' || number, 'A user') from generate_series(1, 200) as number")
    sealed = SealedLog(postgresql, login("audit_sealer"), tmp_path)
    sealed.seal()
    return sealed


async def test_a_proof_holds(client: httpx.AsyncClient, log: SealedLog, alice: Headers) -> None:
    """It is a file that `verify --proof` believes, with what the event said."""
    event_id = log.ids()[100]
    answer = await client.get(f"/v1/audit/events/{event_id}/proof", headers=alice)
    assert answer.status_code == 200, answer.text
    assert f'filename="{event_id}.tlog-proof"' in answer.headers["content-disposition"]
    proven = verify_proof(answer.text, log.policy)
    assert isinstance(proven, Proven) and proven.entry.id == event_id
    assert proven.content is not None and b"IAM_USER_CREATED" in proven.content


async def test_only_who_may_read_events_gets_one(client: httpx.AsyncClient, log: SealedLog, log_in: LogIn) -> None:
    """401 for nobody, 403 on record for somebody else, 404 for an event that is not there."""
    event_id = log.ids()[100]
    require_problem(await client.get(f"/v1/audit/events/{event_id}/proof"), 401)
    answer = await client.get(f"/v1/audit/events/{event_id}/proof", headers=await log_in("bob"))
    require_problem(answer, 403)
    alice = await log_in("alice")
    require_problem(await client.get("/v1/audit/events/999999999/proof", headers=alice), 404)


async def test_an_event_that_is_not_sealed_yet_is_answered_409(
    client: httpx.AsyncClient, log: SealedLog, alice: Headers
) -> None:
    """A moment later it is; one that was altered never is again."""
    log.admin.execute("select iam.create_user('ann', 'Ann')")
    waiting, altered = log.ids()[-1], log.ids()[100]
    answer = await client.get(f"/v1/audit/events/{waiting}/proof", headers=alice)
    require_problem(answer, 409)
    assert answer.headers["retry-after"] == "1"
    log.seal()
    assert (await client.get(f"/v1/audit/events/{waiting}/proof", headers=alice)).status_code == 200
    assert (await client.get(f"/v1/audit/events/{altered}/proof", headers=alice)).status_code == 200
    log.tamper("update audit.audit_logs set user_id = 'mallory' where id = %s", altered)
    answer = await client.get(f"/v1/audit/events/{altered}/proof", headers=alice)
    assert require_problem(answer, 409)["title"] == "The event is not what was sealed"


async def test_integrity_tells_what_is_published(client: httpx.AsyncClient, log: SealedLog) -> None:
    """The checkpoint as /tlog/checkpoint has it, with its witnesses and their times."""
    state = (await client.get("/v1/audit/integrity")).json()
    assert state["checkpoint"] == (await client.get("/tlog/checkpoint")).text
    assert (state["origin"], state["cosigned"]) == (ORIGIN, {})
    witness = Signer.generate("witness.example/w1", COSIGNATURE)
    signature = witness.sign(state["checkpoint"].partition("\n\n")[0] + "\n", 1_800_000_000)
    log.admin.execute("select audit.store_cosignatures(%s, %s, %s)", [ORIGIN, state["tree_size"], [signature.line]])
    state = (await client.get("/v1/audit/integrity")).json()
    assert state["cosigned"] == {"witness.example/w1": "2027-01-15T08:00:00Z"}
    policy = Policy(log.policy.logs, quorum="none")
    assert policy.open(state["checkpoint"]).checkpoint.size == state["tree_size"]


async def test_before_the_first_checkpoint_there_is_no_state(client: httpx.AsyncClient) -> None:
    """404, not an empty promise."""
    require_problem(await client.get("/v1/audit/integrity"), 404)
