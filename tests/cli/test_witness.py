"""`indelible witness` as a process of its own: it keeps its key and its memory, and says who it is."""

import contextlib
import json
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from indelible.services.witness_client import NotCosigned, WitnessClient
from indelible.tlog.note import Verifier
from indelible.tlog.policy import Policy
from tests.cli.conftest import Run
from tests.growing import GrowingLog


@contextlib.contextmanager
def running(folder: Path, log: GrowingLog) -> Iterator[dict[str, Any]]:
    """A witness process with this data directory; what it printed of itself."""
    command = [sys.executable, "-m", "indelible", "witness", "--json", "--port", "0", "--name", "witness.example/w1"]
    command += ["--log", log.signer.verifier.to_text(), "--data-dir", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None and process.stderr is not None
        line = process.stdout.readline()
        assert line, process.stderr.read()
        yield json.loads(line)
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)


def cosign(policy_line: str, log: GrowingLog, size: int) -> Verifier:
    """Have a checkpoint cosigned by the witness that a line of a policy names; its key."""
    policy = Policy.parse(f"{policy_line}\nquorum {policy_line.split()[1]}")
    (witness,) = policy.witnesses.values()
    with contextlib.closing(WitnessClient(witness, 20)) as client:
        signature = client.cosign(log.checkpoint(size), lambda old: log.prove(old, size))
    assert witness.verifier.verifies(log.checkpoint(size).note.text, signature)
    return witness.verifier


def test_a_witness_keeps_key_and_memory(tmp_path: Path) -> None:
    """What it prints goes into a policy; after a restart it is the same witness, and has forgotten nothing."""
    log = GrowingLog()
    with running(tmp_path / "data", log) as told:
        key = cosign(told["policy_line"], log, 30)
        assert key.to_text() == told["vkey"]
    assert (tmp_path / "data" / "witness" / "key").stat().st_mode & 0o777 == 0o600
    with running(tmp_path / "data", log) as told:
        assert told["vkey"] == key.to_text()
        with pytest.raises(NotCosigned) as refusal:
            cosign(told["policy_line"], log, 20)
        assert refusal.value.size == 30
        assert cosign(told["policy_line"], log, 40) == key
        with pytest.raises(urllib.error.HTTPError) as answer:
            urllib.request.urlopen(told["url"], timeout=10)  # noqa: S310 - our own server
        assert answer.value.code == 404
        answer.value.close()


@pytest.mark.parametrize(
    ("arguments", "word"),
    [([], "log"), (["--log", "no key"], "malformed"), (["--log", "KEY", "--port", "70000"], "65535")],
)
def test_misuse_is_a_sentence(run: Run, arguments: list[str], word: str) -> None:
    """Exit code 2, and why."""
    key = GrowingLog().signer.verifier.to_text()
    outcome = run("witness", *(key if item == "KEY" else item for item in arguments))
    assert outcome.code == 2 and word in outcome.err


def test_a_key_that_was_damaged_is_not_replaced(run: Run) -> None:
    """A new key in silence would be another witness, whom nobody trusts, with an old memory."""
    folder = Path(".indelible/witness")
    folder.mkdir(parents=True, mode=0o700)
    (folder / "key").write_text("PRIVATE+KEY+broken")
    outcome = run("witness", "--log", GrowingLog().signer.verifier.to_text(), "--port", "0")
    assert outcome.code == 2 and "key" in outcome.err and "broken" not in outcome.err
