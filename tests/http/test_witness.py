"""A log and its witnesses over real HTTP: a quorum is met or not, and no answer of a witness is taken on trust."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from indelible.cli.server import bind, served, server_of
from indelible.errors import ConfigurationError
from indelible.http.witness import LONGEST_BODY, witness_app
from indelible.services.cosigner import Cosigner
from indelible.services.witness_client import NotCosigned, Prove, WitnessClient, Witnesses
from indelible.tlog.note import COSIGNATURE, Signer
from indelible.tlog.policy import Policy, Witness
from tests.growing import GrowingLog

Host = Callable[[Starlette], str]


@pytest.fixture
def host() -> Iterator[Host]:
    """`host(app)`: the URL under which it is served until the end of the test."""
    with ExitStack() as stack:
        yield lambda app: stack.enter_context(served(server_of(app)))


@pytest.fixture
def log() -> GrowingLog:
    """A log of forty entries."""
    return GrowingLog()


@pytest.fixture
def make_witness(host: Host, log: GrowingLog, tmp_path: Path) -> Callable[[str], Witness]:
    """`make_witness("w1")`: a new witness of the log, served."""

    def make(name: str) -> Witness:
        folder = tmp_path / name
        folder.mkdir()
        signer = Signer.generate(f"witness.example/{name}", COSIGNATURE)
        return Witness(signer.verifier, host(witness_app(Cosigner(signer, [log.signer.verifier], folder))))

    return make


def prover(log: GrowingLog, size: int) -> Prove:
    """Proofs from any size to this one."""
    return lambda old: log.prove(old, size)


def answering(status: int, body: str) -> Starlette:
    """A witness that always gives the same answer."""

    async def answer(_: object) -> Response:
        return Response(body, status)

    return Starlette(routes=[Route("/add-checkpoint", answer, methods=["POST"])])


def test_a_growing_log_is_cosigned_over_http(make_witness: Callable[[str], Witness], log: GrowingLog) -> None:
    """A client that knows nothing finds out which size the witness has, also after a restart of the client."""
    witness = make_witness("w1")
    for sizes in ((3, 3, 17), (20, 40)):
        with closing(WitnessClient(witness)) as client:
            for size in sizes:
                signature = client.cosign(log.checkpoint(size), prover(log, size))
                assert witness.verifier.verifies(log.checkpoint(size).note.text, signature)


def test_a_cut_or_rewritten_log_gets_no_cosignature(make_witness: Callable[[str], Witness], log: GrowingLog) -> None:
    """However the client asks, a witness that saw more, or something else, does not sign."""
    witness = make_witness("w1")
    forged = GrowingLog(log.signer, [b"forged", *log.entries[1:]])
    with closing(WitnessClient(witness)) as client:
        client.cosign(log.checkpoint(30), prover(log, 30))
    for other, size in ((log, 20), (forged, 30), (forged, 40)):
        with closing(WitnessClient(witness)) as client, pytest.raises(NotCosigned):
            client.cosign(other.checkpoint(size), prover(other, size))


def test_the_size_it_knows_has_the_media_type_of_the_standard(
    make_witness: Callable[[str], Witness], log: GrowingLog
) -> None:
    """Other makes of clients look for exactly this, without a charset, to know that they may ask again."""
    url = f"{make_witness('w1').url}/add-checkpoint"
    assert httpx.post(url, content=log.submission(0, 7).to_text()).status_code == 200
    answer = httpx.post(url, content=log.submission(0, 9).to_text())
    assert (answer.status_code, answer.text, answer.headers["content-type"]) == (409, "7\n", "text/x.tlog.size")


def test_a_quorum_is_met_while_a_witness_is_away(make_witness: Callable[[str], Witness], log: GrowingLog) -> None:
    """Two of three are enough for `2`, not for `all`; who was away is named."""
    one, two = make_witness("w1"), make_witness("w2")
    away = Signer.generate("witness.example/away", COSIGNATURE).verifier.to_text()
    with closing(bind(0)) as closed:
        nobody = f"http://127.0.0.1:{closed.getsockname()[1]}"
    text = "\n".join(
        f"witness {name} {key} {url}"
        for name, key, url in (
            ("one", one.verifier.to_text(), one.url),
            ("two", two.verifier.to_text(), two.url),
            ("away", away, nobody),
        )
    )
    policy = Policy.parse(f"{text}\ngroup all-three 2 one two away\nquorum all-three")
    with closing(Witnesses(policy)) as witnesses:
        cosigned = witnesses.cosign(log.checkpoint(9), prover(log, 9))
    signed = [key for key in policy.verifiers for item in cosigned.signatures if key.made(item)]
    assert policy.is_met(signed) and len(signed) == 2
    assert not Policy.parse(f"{text}\ngroup all-three all one two away\nquorum all-three").is_met(signed)
    assert cosigned.refusals == {"witness.example/away": "no answer: ConnectionRefusedError"}


@pytest.mark.parametrize(
    ("status", "body"),
    [(200, ""), (200, "no signature\n"), (200, "x" * 70_000), (409, "many\n"), (409, "99\n"), (409, "3\n"),
     (500, "\x1b[2J"), (404, "?"), (301, "")],
)  # fmt: skip
def test_any_other_answer_is_no_cosignature(host: Host, log: GrowingLog, status: int, body: str) -> None:
    """Whatever a broken or hostile witness says, nothing but its own valid signature counts."""
    signer = Signer.generate("witness.example/w1", COSIGNATURE)
    with closing(WitnessClient(Witness(signer.verifier, host(answering(status, body))))) as client:
        with pytest.raises(NotCosigned) as refusal:
            client.cosign(log.checkpoint(9), prover(log, 9))
        assert "no answer" not in str(refusal.value) and "\x1b" not in str(refusal.value)


@pytest.mark.parametrize("what", ["another key", "another text"])
def test_a_false_signature_is_no_cosignature(host: Host, log: GrowingLog, what: str) -> None:
    """A signature by the wrong key, or over another checkpoint, is not stored as one."""
    signer = Signer.generate("witness.example/w1", COSIGNATURE)
    other = Signer.generate("witness.example/w1", COSIGNATURE)
    size, by = (9, other) if what == "another key" else (8, signer)
    url = host(answering(200, by.sign(log.checkpoint(size).note.text, 1).line))
    good = host(answering(200, signer.sign(log.checkpoint(9).note.text, 1).line))
    with closing(WitnessClient(Witness(signer.verifier, good))) as client:
        assert client.cosign(log.checkpoint(9), prover(log, 9)).time == 1
    with closing(WitnessClient(Witness(signer.verifier, url))) as client, pytest.raises(NotCosigned, match="not valid"):
        client.cosign(log.checkpoint(9), prover(log, 9))


async def test_the_server_reads_no_endless_body(log: GrowingLog) -> None:
    """More than any submission needs is answered 413; other paths and methods are not there."""
    transport = httpx.ASGITransport(witness_app(Cosigner(log.signer, [], Path("/nonexistent"))))
    async with httpx.AsyncClient(transport=transport, base_url="http://witness") as client:
        assert (await client.post("/add-checkpoint", content=b"x" * LONGEST_BODY)).status_code == 400
        assert (await client.post("/add-checkpoint", content=b"x" * (LONGEST_BODY + 1))).status_code == 413
        assert (await client.get("/add-checkpoint")).status_code == 405
        assert (await client.post("/")).status_code == 404


@pytest.mark.parametrize("url", [None, "", "ftp://witness.example", "witness.example", "http://"])
def test_a_witness_without_a_url_cannot_be_asked(url: str | None) -> None:
    """A sentence, not a traceback."""
    key = Signer.generate("witness.example/w1", COSIGNATURE).verifier
    with pytest.raises(ConfigurationError):
        WitnessClient(Witness(key, url))
