"""verify, prove and tlog export on the command line: a sealed log, its copies, and what became of both."""

import json
from pathlib import Path

import psycopg
import pytest

from indelible.cli.context import Context
from indelible.cli.sealing import sealer_folder
from indelible.tlog.note import COSIGNATURE, Signer
from tests.cli.conftest import Outcome, Run
from tests.sealing import ORIGIN
from tests.tampering import SealedLog

DATA = Path(".indelible")


@pytest.fixture
def log(run: Run, postgresql: psycopg.Connection, admin_dsn: str) -> SealedLog:
    """A log of some hundred events, sealed from the data directory in which commands run."""
    folder = sealer_folder(Context(admin_dsn, DATA, as_json=False)).path
    postgresql.execute("select iam.create_user('user' || number, 'A user') from generate_series(1, 200) as number")
    sealed = SealedLog(postgresql, admin_dsn, folder)
    sealed.seal()
    return sealed


def vkey(log: SealedLog) -> str:
    return log.policy.logs[0].to_text()


def told(outcome: Outcome) -> dict[str, object]:
    """The JSON that a command printed."""
    document = json.loads(outcome.out)
    assert isinstance(document, dict)
    return document


def findings(outcome: Outcome) -> list[dict[str, object]]:
    """What was found, in order."""
    found = told(outcome)["findings"]
    assert isinstance(found, list)
    return found


def test_an_intact_log_ends_with_0_and_is_kept(run: Run, log: SealedLog, admin_dsn: str) -> None:
    """With the sealer's own key by default; the next verification starts from what was kept."""
    first = told(run("verify", "--json", database=admin_dsn))
    assert (first["ok"], first["origin"], first["saved_size"]) == (True, ORIGIN, None)
    assert first["rows"] == first["tree_size"]
    log.admin.execute("select iam.create_user('ann', 'Ann')")
    log.seal()
    outcome = run("verify", database=admin_dsn)
    assert outcome.code == 0
    assert f"extends the checkpoint of {first['tree_size']} leaves" in outcome.out
    fast = told(run("verify", "--fast", "--json", database=admin_dsn))
    assert fast["ok"] and "no proof against superusers" in str(fast["caveats"])


def test_a_tampered_log_ends_with_1_and_names_the_row(run: Run, log: SealedLog, admin_dsn: str) -> None:
    """For people and for programs; and what was found so is not kept as if it were good."""
    assert run("verify", database=admin_dsn).code == 0
    kept = {path: path.read_text() for path in (DATA / "verified").iterdir()}
    event_id = log.ids()[20]
    log.tamper("update audit.audit_logs set user_id = 'mallory' where id = %s", event_id)
    log.admin.execute("select iam.create_user('ann', 'Ann')")
    log.seal()
    outcome = run("verify", database=admin_dsn)
    assert outcome.code == 1
    # The sealer has seen that the guards of the log were taken down for it.
    assert "Tampered: 1 altered, 1 trigger disabled." in outcome.out and str(event_id) in outcome.out
    outcome = run("verify", "--json", database=admin_dsn)
    assert outcome.code == 1
    finding = {"kind": "altered", "event_id": event_id, "detail": "Not as it was sealed: its content."}
    assert finding.items() <= findings(outcome)[0].items()
    assert kept == {path: path.read_text() for path in (DATA / "verified").iterdir()}


def test_an_exported_folder_is_verified_offline(run: Run, log: SealedLog, admin_dsn: str) -> None:
    """Somewhere else, with nothing but the public key; a flipped bit or a lost file is found."""
    assert run("tlog", "export", "public", database=admin_dsn).code == 0
    arguments = ["verify", "--folder", "public", "--vkey", vkey(log), "--json", "--data-dir", "elsewhere"]
    intact = told(run(*arguments))
    assert intact["ok"] and "No row was read" in str(intact["caveats"])
    (tile,) = Path("public/tile/entries").glob("001*/*")
    content = tile.read_bytes()
    for place in (0, 5, len(content) - 1):
        tile.write_bytes(bytes([*content[:place], content[place] ^ 1, *content[place + 1 :]]))
        assert run(*arguments).code == 1
    tile.unlink()
    outcome = run(*arguments)
    assert outcome.code == 1 and told(outcome)["found"] == {"truncated": 1}


def test_a_shorter_copy_is_found(run: Run, log: SealedLog, admin_dsn: str) -> None:
    """Who has verified a longer log once takes no shorter one for it; nor who is given a kept checkpoint."""
    run("tlog", "export", "before", database=admin_dsn)
    log.admin.execute("select iam.create_user('ann', 'Ann')")
    log.seal()
    run("tlog", "export", "after", database=admin_dsn)
    key = ["--vkey", vkey(log), "--json"]
    assert run("verify", "--folder", "before", *key, "--data-dir", "one").code == 0
    assert run("verify", "--folder", "after", *key, "--data-dir", "one").code == 0
    assert told(run("verify", "--folder", "before", *key, "--data-dir", "one"))["found"] == {"truncated": 1}
    anchors = Path("anchors")
    anchors.write_text(f"{Path('before/checkpoint').read_text()}\n{Path('after/checkpoint').read_text()}\n")
    outcome = run("verify", "--folder", "before", *key, "--data-dir", "two", "--saved", "anchors")
    assert told(outcome)["found"] == {"truncated": 1}
    assert run("verify", "--folder", "after", *key, "--data-dir", "three", "--saved", "anchors").code == 0


def test_a_proof_is_verified_without_the_database(run: Run, log: SealedLog, admin_dsn: str) -> None:
    """It names the event and says what it said; changed anywhere it proves nothing."""
    event_id = log.ids()[20]
    assert run("prove", str(event_id), database=admin_dsn).code == 0
    path = Path(f"{event_id}.tlog-proof")
    arguments = ["verify", "--proof", str(path), "--vkey", vkey(log), "--json"]
    proven = told(run(*arguments))
    assert (proven["ok"], proven["event_id"]) == (True, event_id)
    assert "IAM_USER_CREATED" in str(proven["content"])
    text = path.read_text()
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if not line:
            continue
        changed = line[:-6] + ("A" if line[-6] != "A" else "B") + line[-5:] if len(line) > 30 else line + "1"
        path.write_text("\n".join([*lines[:number], changed, *lines[number + 1 :]]))
        assert run(*arguments).code == 1, line


def test_what_is_not_sealed_is_not_proven(run: Run, log: SealedLog, admin_dsn: str) -> None:
    """An event that waits, one that is not there, and one that was altered."""
    log.admin.execute("select iam.create_user('ann', 'Ann')")
    waiting, altered = log.ids()[-1], log.ids()[5]
    log.tamper("update audit.audit_logs set user_id = 'mallory' where id = %s", altered)
    for event_id, code, word in (
        (waiting, 1, "not sealed yet"),
        (10**9, 2, "no event"),
        (altered, 1, "not what was sealed"),
    ):
        outcome = run("prove", str(event_id), database=admin_dsn)
        assert outcome.code == code and word in outcome.err, outcome
        assert not Path(f"{event_id}.tlog-proof").exists()


def test_a_quorum_can_be_asked_for(run: Run, log: SealedLog, admin_dsn: str) -> None:
    """A policy names witnesses; a log that they did not sign is not believed."""
    witness = Signer.generate("witness.example/w1", COSIGNATURE)
    policy = Path("witnesses.policy")
    policy.write_text(f"witness w1 {witness.verifier.to_text()}\nquorum w1\n")
    assert told(run("verify", "--policy", str(policy), "--json", database=admin_dsn))["found"] == {"truncated": 1}
    (note,) = log.admin.execute("select audit.read_checkpoint()").fetchone() or ("",)
    text = note.partition("\n\n")[0] + "\n"
    line = witness.sign(text, 1_800_000_000).line
    log.admin.execute("select audit.store_cosignatures(%s, %s, %s)", [ORIGIN, int(text.split("\n")[1]), [line]])
    report = told(run("verify", "--policy", str(policy), "--json", database=admin_dsn))
    assert (report["ok"], report["witnesses"]) == (True, ["witness.example/w1"])


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--folder", "a", "--url", "http://b"], "Only one"),
        (["--vkey", "no key"], "malformed"),
        (["--policy", "missing"], "no policy file"),
        (["--saved", "missing"], "cannot be read"),
        (["--proof", "missing"], "cannot be read"),
        (["--url", "ftp://log.example"], "http"),
    ],
)
def test_misuse_is_a_sentence(run: Run, log: SealedLog, admin_dsn: str, arguments: list[str], word: str) -> None:
    """Exit code 2, and what to do about it."""
    outcome = run("verify", *arguments, database=admin_dsn)
    assert outcome.code == 2 and word in outcome.err


def test_without_any_key_nobody_is_trusted(run: Run, admin_dsn: str) -> None:
    """The key in the log itself would be its own witness."""
    outcome = run("verify", database=admin_dsn)
    assert outcome.code == 2 and "--vkey" in outcome.err
