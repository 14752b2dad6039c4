"""Checkpoints on their way to witnesses and back: what is published once a quorum has signed, and what never is."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import psycopg
import pytest

from indelible.cli.server import served, server_of
from indelible.http.witness import witness_app
from indelible.services.cosigner import Cosigner
from indelible.services.cosigning import Cosigning
from indelible.services.seal.store import Store
from indelible.services.verify.report import Kind
from indelible.services.witness_client import Witnesses
from indelible.tlog.note import COSIGNATURE, Signer
from indelible.tlog.policy import NOBODY, Policy
from tests.sealing import ORIGIN
from tests.support import Login, one
from tests.tampering import SealedLog, cut, first


@pytest.fixture
def log(postgresql: psycopg.Connection, login: Login, tmp_path: Path) -> SealedLog:
    """A log that is sealed."""
    sealed = SealedLog(postgresql, login("audit_sealer"), tmp_path / "sealer")
    sealed.seal()
    return sealed


@pytest.fixture
def policy(log: SealedLog, tmp_path: Path) -> Iterator[Policy]:
    """Two witnesses of the log, served, of which both must sign."""
    with ExitStack() as stack:
        lines = []
        for name in ("one", "two"):
            folder = tmp_path / name
            folder.mkdir()
            signer = Signer.generate(f"witness.example/{name}", COSIGNATURE)
            url = stack.enter_context(served(server_of(witness_app(Cosigner(signer, log.policy.logs, folder)))))
            lines.append(f"witness {name} {signer.verifier.to_text()} {url}")
        policy = Policy.parse("\n".join([*lines, "group both all one two", "quorum both"]))
        policy.logs = log.policy.logs
        yield policy


def cosign(log: SealedLog, policy: Policy) -> bool:
    """Ask the witnesses once; whether all of them signed."""
    with closing(Witnesses(policy)) as witnesses, psycopg.connect(log.sealer_dsn, autocommit=True) as connection:
        cosigned = Cosigning(Store(connection), policy, witnesses).step()
        return cosigned is not None and not cosigned.refusals


def published(log: SealedLog) -> str:
    (note,) = one(log.admin, "select audit.read_checkpoint()")
    return str(note)


def test_a_cosigned_checkpoint_is_published_and_verified(log: SealedLog, policy: Policy) -> None:
    """With the signatures of both; the next one only once it has them too, though it is signed and there."""
    assert cosign(log, policy)
    cosigned = policy.open(published(log))
    assert len(cosigned.witnesses) == 2
    log.admin.execute("select iam.create_user('ann', 'Ann')")
    size = log.seal()
    assert policy.open(published(log)).checkpoint == cosigned.checkpoint
    assert log.verify(policy=policy).intact
    assert cosign(log, policy)
    assert policy.open(published(log)).checkpoint.size == size
    report = log.verify(policy=policy)
    assert report.intact and report.witnesses == ["witness.example/one", "witness.example/two"]


def test_without_a_quorum_nothing_is_stored(log: SealedLog, policy: Policy) -> None:
    """One of two signatures is none; the log stays published as it was before."""
    name, witness = next(iter(policy.witnesses.items()))
    policy.witnesses[name] = type(witness)(witness.verifier, "http://127.0.0.1:9")
    before = published(log)
    assert not cosign(log, policy)
    assert published(log) == before
    assert one(log.admin, "select count(*) from audit_private.cosignatures") == (0,)


def test_a_cut_log_is_caught_by_the_witness(log: SealedLog, policy: Policy) -> None:
    """Cut back to an older state that was signed and cosigned, with every trace: only the witnesses have seen more."""
    assert cosign(log, policy)
    size = policy.open(published(log)).checkpoint.size
    log.admin.execute("select iam.create_user('ann', 'Ann')")
    log.seal()
    assert cosign(log, policy)
    assert log.verify(policy=policy).intact
    cut(log, size)
    assert policy.open(published(log)).checkpoint.size == size
    assert log.verify().intact  # there is nothing in the database that could tell
    report = log.verify(policy=policy)
    assert report.findings.of_kind == {Kind.TRUNCATED: 2}
    assert first(report).leaf_index == size and "witness.example/one has cosigned" in first(report).detail


def test_a_log_signed_anew_is_caught_by_the_witness(log: SealedLog, policy: Policy) -> None:
    """Rewritten and signed with the stolen key: the witnesses have cosigned another one."""
    log.admin.execute("select iam.create_user('ann', 'Ann')")
    log.seal()
    assert cosign(log, policy)
    event_id = log.ids()[0]
    log.tamper("update audit.audit_logs set user_id = 'mallory' where id = %s", event_id)
    log.rewrite_leaf(event_id)
    log.tamper("delete from audit_private.cosignatures")
    log.sign_anew()
    assert log.verify().intact
    assert not cosign(log, policy)
    policy.quorum = NOBODY
    assert log.verify(policy=policy).findings.of_kind == {Kind.RESIGNED: 2}


@pytest.mark.parametrize(
    "line", ["no signature\n", "— witness.example/w1 AAAA", "— witness.example/w1 ?\n", "\n— w AAAA\n"]
)
def test_only_signature_lines_are_stored(log: SealedLog, line: str) -> None:
    """A line that is none would break every note that it is published under."""
    (size,) = one(log.admin, "select max(tree_size) from audit_private.checkpoints")
    with pytest.raises(psycopg.errors.CheckViolation):
        log.admin.execute("select audit.store_cosignatures(%s, %s, %s)", [ORIGIN, size, [line]])
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        log.admin.execute("select audit.store_cosignatures(%s, %s, %s)", [ORIGIN, size + 1, ["— w AAAA\n"]])
