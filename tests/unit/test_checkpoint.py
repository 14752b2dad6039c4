"""Checkpoints, cosignatures, proofs and submissions: published ones are read, and each is written in one way only."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indelible.errors import InvalidNote
from indelible.tlog.checkpoint import Checkpoint, open_checkpoint
from indelible.tlog.note import Signer, Verifier, sign_note
from indelible.tlog.proof import Proof
from indelible.tlog.submission import Submission
from tests.published import CHECKPOINT, COSIGNED_AT, LOG, PROOF, STRANGER, SUBMISSION, WITNESSES

ROOT = bytes(range(32))
LOG_KEY = Verifier.from_text(LOG)
WITNESS_KEYS = tuple(map(Verifier.from_text, WITNESSES))
HASHES = st.lists(st.binary(min_size=32, max_size=32), max_size=63).map(tuple)


def test_a_checkpoint_of_a_public_log_is_verified() -> None:
    """Signed by the log and cosigned by four witnesses, beside a signature of a kind that nobody here knows."""
    opened = open_checkpoint(CHECKPOINT, [LOG_KEY], [*WITNESS_KEYS, Verifier.from_text(STRANGER)])
    assert (opened.checkpoint.origin, opened.checkpoint.size) == (LOG_KEY.name, 1432088532)
    assert opened.witnesses == WITNESS_KEYS
    assert {item.time for item in opened.note.signatures if item.name != LOG_KEY.name} == {COSIGNED_AT}
    assert opened.checkpoint.text() + "\n" == CHECKPOINT.partition("—")[0]
    assert opened.note.to_text() == CHECKPOINT


@pytest.mark.parametrize(
    "change",
    [("1432088532", "1432088533"), ("U7WM", "U7WN"), ("ui8GwCF1", "ui8GwCF2"), ("2net5wAAAABq", "2net5wAAAABr")],
)
def test_a_changed_public_checkpoint_is_refused(change: tuple[str, str]) -> None:
    """Size, root, the log's signature, a witness's time: nothing can change."""
    assert change[0] in CHECKPOINT
    with pytest.raises(InvalidNote):
        open_checkpoint(CHECKPOINT.replace(*change), [LOG_KEY], WITNESS_KEYS)


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1), st.integers(0, 2**62))
def test_a_checkpoint_is_read_as_it_was_written(origin: str, size: int) -> None:
    """Any name of one line, any size."""
    checkpoint = Checkpoint(origin, size, ROOT)
    assert Checkpoint.parse(checkpoint.text()) == checkpoint


def test_a_log_signs_only_its_own_checkpoints() -> None:
    """A known key's checkpoint that names another log is refused, or one log could speak for another."""
    signer = Signer.generate("log.example/one")
    own, other = (sign_note(Checkpoint(f"log.example/{name}", 1, ROOT).text(), signer) for name in ("one", "other"))
    assert open_checkpoint(own.to_text(), [signer.verifier]).checkpoint.size == 1
    with pytest.raises(InvalidNote, match="not signed by a known key of its log"):
        open_checkpoint(other.to_text(), [signer.verifier])


@pytest.mark.parametrize(
    "change",
    [("\n7\n", "\n07\n"), ("\n7\n", "\n-7\n"), ("\n7\n", "\n\u0667\n"), ("\n7\n", "\n\n"), ("AAECAw", "AAEC"),
     ("Hh8=\n", "Hh8=\nextension\n"), ("Hh8=\n", "Hh8="), ("log\n", "\n"), ("Hh8=", "Hh9=")],
)  # fmt: skip
def test_malformed_checkpoints_are_refused(change: tuple[str, str]) -> None:
    """Leading zeros, signs, foreign digits, short roots, loose base64, extension lines and missing lines."""
    text = Checkpoint("log", 7, ROOT).text()
    changed = text.replace(*change)
    assert Checkpoint.parse(text).size == 7 and changed != text
    with pytest.raises(InvalidNote):
        Checkpoint.parse(changed)


def test_the_published_proof_and_submission_are_read() -> None:
    """The examples of the specifications, written again to the byte."""
    proof = Proof.parse(PROOF)
    assert (proof.index, len(proof.hashes)) == (73894, 5)
    assert proof.extra == b"age-v1.2.1-darwin-arm64.tar.gz"
    assert proof.checkpoint.startswith("example.com/fancylog\n109482\n")
    assert proof.to_text() == PROOF
    submission = Submission.parse(SUBMISSION)
    assert (submission.old_size, len(submission.proof)) == (20852014, 4)
    assert submission.checkpoint.startswith("example.com/behind-the-sofa\n20852163\n")
    assert submission.to_text() == SUBMISSION


@given(st.integers(0, 2**62), HASHES, st.none() | st.binary())
def test_proofs_and_submissions_are_read_as_they_were_written(
    number: int, hashes: tuple[bytes, ...], extra: bytes
) -> None:
    """Any index, any hashes, with and without extra data."""
    proof = Proof(number, hashes, CHECKPOINT, extra)
    assert Proof.parse(proof.to_text()) == proof
    submission = Submission(number, hashes, CHECKPOINT)
    assert Submission.parse(submission.to_text()) == submission


@pytest.mark.parametrize(
    "change",
    [("@v1", "@v2"), ("index 73894\n", ""), ("index 73894", "index 073894"), ("index", "extra AA==\nindex"),
     ("gSKy", "gS="), ("\n\n", "\n"), ("gSKy", "gSKy\n" + "A" * 43 + "=\n")],
)  # fmt: skip
def test_malformed_proofs_are_refused(change: tuple[str, str]) -> None:
    """Another version, a missing or second line, a number or hash in another spelling."""
    changed = PROOF.replace(*change, 1)
    assert changed != PROOF
    with pytest.raises(InvalidNote):
        Proof.parse(changed)


@pytest.mark.parametrize("change", [("old 2", "old 02"), ("old ", "new "), ("old 20852014\n", ""), ("PlR", "P")])
def test_malformed_submissions_are_refused(change: tuple[str, str]) -> None:
    """The old size comes first, in one spelling; hashes are whole."""
    with pytest.raises(InvalidNote):
        Submission.parse(SUBMISSION.replace(*change, 1))


def test_a_proof_of_more_hashes_than_a_tree_is_deep_is_refused() -> None:
    """Sixty-three are the most that any tree needs."""
    for kind in (
        lambda count: Proof(1, (ROOT,) * count, CHECKPOINT),
        lambda count: Submission(1, (ROOT,) * count, "x"),
    ):
        assert kind(63).parse(kind(63).to_text()) == kind(63)
        with pytest.raises(InvalidNote, match="too many"):
            kind(64).parse(kind(64).to_text())
