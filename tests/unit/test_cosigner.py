"""A witness: it cosigns what grows, refuses everything else as the standard says, and never forgets."""

import errno
import os
import threading
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indelible.errors import InvalidNote
from indelible.services.cosigner import SIZE, Cosigner, Verdict
from indelible.tlog.note import COSIGNATURE, Signer, parse_signature
from indelible.tlog.submission import Submission
from tests.growing import GrowingLog

WITNESS = Signer.generate("witness.example/w1", COSIGNATURE)


@pytest.fixture
def log() -> GrowingLog:
    """A log of forty entries."""
    return GrowingLog()


@pytest.fixture
def witness(log: GrowingLog, tmp_path: Path) -> Cosigner:
    """A witness that has seen nothing yet."""
    return Cosigner(WITNESS, [log.signer.verifier], tmp_path)


def ask(witness: Cosigner, submission: Submission) -> Verdict:
    return witness.add(submission.to_text().encode())


def is_cosigned(verdict: Verdict, log: GrowingLog, size: int) -> bool:
    """Whether the answer is a cosignature of that checkpoint."""
    if verdict.status != 200:
        return False
    signature = parse_signature(verdict.body.removesuffix("\n"))
    return WITNESS.verifier.verifies(log.checkpoint(size).note.text, signature)


@settings(max_examples=30)
@given(st.lists(st.integers(0, 40), min_size=1, max_size=8).map(sorted))
def test_a_growing_log_is_cosigned(tmp_path_factory: pytest.TempPathFactory, sizes: list[int]) -> None:
    """In any steps, staying the same among them; each cosignature is over the checkpoint that was sent."""
    log = GrowingLog()
    witness, old = Cosigner(WITNESS, [log.signer.verifier], tmp_path_factory.mktemp("witness")), 0
    for size in sizes:
        assert is_cosigned(ask(witness, log.submission(old, size)), log, size)
        old = size
    assert witness.last(log.signer.name) == log.checkpoint(old).checkpoint


def test_it_remembers_after_a_restart(witness: Cosigner, log: GrowingLog, tmp_path: Path) -> None:
    """Another process with the same folder knows the same size."""
    assert ask(witness, log.submission(0, 7)).status == 200
    again = Cosigner(WITNESS, [log.signer.verifier], tmp_path)
    assert ask(again, log.submission(0, 9)) == Verdict(409, "7\n", SIZE)
    assert is_cosigned(ask(again, log.submission(7, 9)), log, 9)


def test_a_truncated_log_is_refused(witness: Cosigner, log: GrowingLog) -> None:
    """Whoever cuts the tail and signs the rest again gets no cosignature, whatever old size is claimed."""
    assert ask(witness, log.submission(0, 30)).status == 200
    for old in (0, 20):
        assert ask(witness, log.submission(old, 20)) == Verdict(409, "30\n", SIZE)
    assert ask(witness, replace(log.submission(20, 20), old_size=30)).status == 400
    assert witness.last(log.signer.name).size == 30


@pytest.mark.parametrize(("changed", "status"), [(3, 422), (29, 422), (30, 200)])
def test_a_rewritten_log_is_refused(witness: Cosigner, log: GrowingLog, changed: int, status: int) -> None:
    """A change before the size that was cosigned is found out; later entries are free."""
    assert ask(witness, log.submission(0, 30)).status == 200
    forged = GrowingLog(log.signer, [*log.entries[:changed], b"forged", *log.entries[changed + 1 :]])
    assert ask(witness, forged.submission(30, 40)).status == status


def test_two_trees_of_one_size_are_a_conflict(witness: Cosigner, log: GrowingLog) -> None:
    """The same size with another root is answered 409, the same with the same root is cosigned again."""
    forged = GrowingLog(log.signer, [b"forged", *log.entries[1:]])
    assert ask(witness, log.submission(0, 8)).status == 200
    assert ask(witness, forged.submission(8, 8)) == Verdict(409, "8\n", SIZE)
    assert is_cosigned(ask(witness, log.submission(8, 8)), log, 8)


def test_refusals_have_the_status_of_the_standard(witness: Cosigner, log: GrowingLog) -> None:
    """404 for another log, 403 for another key, 400 for what cannot be read, 422 for a false proof."""
    good = log.submission(0, 5)
    stranger = GrowingLog(Signer.generate("other.example"))
    namesake = GrowingLog(Signer.generate(log.signer.name))
    assert ask(witness, stranger.submission(0, 5)).status == 404
    assert ask(witness, namesake.submission(0, 5)).status == 403
    assert ask(witness, replace(good, checkpoint=good.checkpoint.replace("\n5\n", "\n6\n"))).status == 403
    assert ask(witness, replace(good, proof=(b"\x00" * 32,))).status == 422
    assert witness.add(b"\xff\xfe").status == 400
    assert witness.add(good.to_text().encode()[4:]).status == 400
    assert witness.add(b"").status == 400
    assert ask(witness, good).status == 200
    proof = log.submission(5, 9)
    assert ask(witness, replace(proof, proof=proof.proof[:-1])).status == 422
    assert ask(witness, replace(proof, proof=())).status == 422
    assert witness.last(log.signer.name).size == 5


def test_signatures_of_strangers_are_not_kept(witness: Cosigner, log: GrowingLog, tmp_path: Path) -> None:
    """Anybody may add lines to a checkpoint; they are ignored, and do not fill the witness' disk."""
    good = log.submission(0, 5)
    line = Signer.generate("stranger.example").sign("anything\n").line
    assert ask(witness, replace(good, checkpoint=good.checkpoint + line * 20)).status == 200
    assert "stranger" not in "".join(path.read_text() for path in tmp_path.iterdir())


def test_nothing_is_cosigned_that_is_not_on_disk(witness: Cosigner, log: GrowingLog) -> None:
    """If the disk refuses, there is no signature; afterwards the witness knows what it knew."""
    assert ask(witness, log.submission(0, 5)).status == 200
    with patch.object(os, "fsync", side_effect=OSError(errno.ENOSPC, "full")), pytest.raises(OSError, match="full"):
        ask(witness, log.submission(5, 9))
    assert witness.last(log.signer.name).size == 5
    assert ask(witness, log.submission(5, 9)).status == 200


def test_it_remembers_after_the_log_has_another_key(witness: Cosigner, log: GrowingLog, tmp_path: Path) -> None:
    """Told the new key alone, it goes on from what the old one signed, and still refuses another log."""
    assert ask(witness, log.submission(0, 5)).status == 200
    rotated = GrowingLog(Signer.generate(log.signer.name), log.entries)
    again = Cosigner(WITNESS, [rotated.signer.verifier], tmp_path)
    assert ask(again, rotated.submission(0, 9)) == Verdict(409, "5\n", SIZE)
    assert is_cosigned(ask(again, rotated.submission(5, 9)), rotated, 9)
    assert again.last(log.signer.name).size == 9


def test_a_broken_memory_is_not_an_empty_one(witness: Cosigner, log: GrowingLog, tmp_path: Path) -> None:
    """Whoever damages the file does not get the witness to believe that it never saw the log."""
    assert ask(witness, log.submission(0, 5)).status == 200
    (path,) = tmp_path.iterdir()
    for content in (b"", path.read_bytes()[:-9], path.read_bytes().replace(b"\n5\n", b"\n0\n")):
        path.write_bytes(content)
        with pytest.raises(InvalidNote):
            ask(witness, log.submission(0, 3))


def test_of_many_at_once_none_rolls_back(log: GrowingLog, tmp_path: Path) -> None:
    """Threads that all start from one size: the first wins, the others are told the new size."""
    witness = Cosigner(WITNESS, [log.signer.verifier], tmp_path)
    assert ask(witness, log.submission(0, 5)).status == 200
    start, answers = threading.Barrier(8), []

    def run(size: int) -> None:
        start.wait()
        answers.append((size, ask(witness, log.submission(5, size))))

    threads = [threading.Thread(target=run, args=(size,)) for size in range(10, 18)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ((won, _),) = [answer for answer in answers if answer[1].status == 200]
    assert {answer.body for size, answer in answers if size != won} == {f"{won}\n"}
    assert witness.last(log.signer.name).size == won
