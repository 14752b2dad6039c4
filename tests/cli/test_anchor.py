"""tlog anchor: a file of checkpoints that only grows and never takes a log that was cut; timestamps by an authority."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from indelible.cli.context import Context
from indelible.cli.sealing import sealer_folder
from indelible.cli.server import served, server_of
from tests.cli.conftest import Run
from tests.support import one
from tests.tampering import SealedLog, cut

Authority = Callable[[], str]

CONFIGURATION = """
[ca]
basicConstraints = critical, CA:TRUE
[tsa]
extendedKeyUsage = critical, timeStamping
[service]
serial = {folder}/serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
"""


@pytest.fixture
def log(run: Run, postgresql: psycopg.Connection, admin_dsn: str) -> SealedLog:
    """A log, sealed from the data directory in which commands run."""
    sealed = SealedLog(postgresql, admin_dsn, sealer_folder(Context(admin_dsn, Path(".indelible"), as_json=False)).path)
    sealed.seal()
    return sealed


def openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)  # noqa: S607


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[str]:
    """URL of a timestamp authority of openssl's; its root certificate is `root.pem` in the same folder."""
    if shutil.which("openssl") is None:
        pytest.skip("a timestamp authority is made of openssl")
    at = str(tmp_path)
    (tmp_path / "tsa.cnf").write_text(CONFIGURATION.format(folder=at))
    (tmp_path / "serial").write_text("01\n")
    key = ["-newkey", "rsa:2048", "-nodes"]
    openssl(
        "req", "-x509", *key, "-keyout", f"{at}/root.key", "-out", f"{at}/root.pem", "-subj", "/CN=Root", "-days", "9"
    )
    openssl("req", *key, "-keyout", f"{at}/tsa.key", "-out", f"{at}/tsa.csr", "-subj", "/CN=Authority")
    openssl(
        *("x509", "-req", "-in", f"{at}/tsa.csr", "-CA", f"{at}/root.pem", "-CAkey", f"{at}/root.key", "-days", "9"),
        *("-CAcreateserial", "-extfile", f"{at}/tsa.cnf", "-extensions", "tsa", "-out", f"{at}/tsa.pem"),
    )

    async def stamp(request: Request) -> Response:
        (tmp_path / "query").write_bytes(await request.body())
        openssl(
            *("ts", "-reply", "-config", f"{at}/tsa.cnf", "-section", "service", "-queryfile", f"{at}/query"),
            *("-signer", f"{at}/tsa.pem", "-inkey", f"{at}/tsa.key", "-out", f"{at}/reply"),
        )
        return Response((tmp_path / "reply").read_bytes(), media_type="application/timestamp-reply")

    with ExitStack() as stack:
        yield stack.enter_context(served(server_of(Starlette(routes=[Route("/", stamp, methods=["POST"])]))))


def test_anchors_grow_with_the_log(run: Run, log: SealedLog, admin_dsn: str) -> None:
    """Each checkpoint once; verify holds the log to all of them."""
    for added in (True, False):
        assert json.loads(run("tlog", "anchor", "anchors", "--json", database=admin_dsn).out)["added"] is added
    log.admin.execute("select iam.create_user('ann', 'Ann')")
    size = log.seal()
    assert json.loads(run("tlog", "anchor", "anchors", "--json", database=admin_dsn).out)["tree_size"] == size
    assert Path("anchors").read_text().count("log.test/indelible\n") == 2
    report = json.loads(run("verify", "--saved", "anchors", "--json", database=admin_dsn).out)
    assert report["ok"] and report["saved_size"] == size


def test_a_log_that_was_cut_is_not_anchored(run: Run, log: SealedLog, admin_dsn: str) -> None:
    """The file keeps what it had, the exit code is 1, and verify says what happened."""
    (size,) = one(log.admin, "select max(tree_size) from audit_private.checkpoints")
    log.admin.execute("select iam.create_user('ann', 'Ann')")
    log.seal()
    assert run("tlog", "anchor", "anchors", database=admin_dsn).code == 0
    before = Path("anchors").read_text()
    cut(log, size)
    outcome = run("tlog", "anchor", "anchors", database=admin_dsn)
    assert outcome.code == 1 and "it was cut" in outcome.err
    assert Path("anchors").read_text() == before
    assert json.loads(run("verify", "--saved", "anchors", "--json", database=admin_dsn).out)["found"] == {
        "truncated": 1
    }


def test_a_timestamp_is_kept_beside_the_anchor(
    run: Run, log: SealedLog, admin_dsn: str, authority: str, tmp_path: Path
) -> None:
    """Openssl, which knows nothing of us, verifies it too: over the very checkpoint, and over no other."""
    arguments = ["tlog", "anchor", "anchors", "--tsa", authority, "--tsa-roots", str(tmp_path / "root.pem"), "--json"]
    told = json.loads(run(*arguments, database=admin_dsn).out)
    note = one(log.admin, "select audit.read_checkpoint()")[0]
    verify = ["ts", "-verify", "-in", told["timestamp_file"], "-CAfile", f"{tmp_path}/root.pem"]
    verify += ["-untrusted", f"{tmp_path}/tsa.pem", "-data"]
    Path("note").write_text(note)
    openssl(*verify, "note")
    Path("note").write_text(note + " ")
    with pytest.raises(subprocess.CalledProcessError):
        openssl(*verify, "note")


def test_a_timestamp_of_somebody_else_is_refused(
    run: Run, log: SealedLog, admin_dsn: str, authority: str, tmp_path: Path
) -> None:
    """Another root, no answer, half an option: no timestamp, and a sentence."""
    other = str(tmp_path / "other.pem")
    subject = ["-subj", "/CN=Other", "-days", "9"]
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{other}.key", "-out", other, *subject)
    outcome = run("tlog", "anchor", "one", "--tsa", authority, "--tsa-roots", other, database=admin_dsn)
    assert outcome.code == 1 and "does not hold" in outcome.err
    roots = ["--tsa-roots", str(tmp_path / "root.pem")]
    outcome = run("tlog", "anchor", "two", "--tsa", "http://127.0.0.1:9/", *roots, database=admin_dsn)
    assert outcome.code == 1 and "no answer" in outcome.err
    assert run("tlog", "anchor", "three", "--tsa", authority, database=admin_dsn).code == 2
    assert run("tlog", "anchor", "four", "--tsa", "file:///x", *roots, database=admin_dsn).code == 2
