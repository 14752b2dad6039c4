"""Asking a witness to cosign (C2SP tlog-witness); the answer counts only if its signature is the witness' own."""

import http.client
import ssl
import urllib.parse
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from indelible.errors import ConfigurationError, IndelibleError, InvalidNote
from indelible.text import neutralise
from indelible.tlog.checkpoint import SignedCheckpoint
from indelible.tlog.lines import decode_number
from indelible.tlog.note import Note, Signature, parse_signature
from indelible.tlog.policy import Policy, Witness
from indelible.tlog.submission import Submission

ANSWER_SECONDS = 3.0
LONGEST_ANSWER = 65_536

# The consistency proof from a smaller size to that of the checkpoint.
Prove = Callable[[int], list[bytes]]


class NotCosigned(IndelibleError):
    """A witness gave no cosignature; the message says why.

    `status` is that of its answer, if there was one, and `size` what it has cosigned, if it says so.
    """

    def __init__(self, message: str, status: int | None = None, size: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.size = size


@dataclass(frozen=True, slots=True)
class Cosignatures:
    """What asking all witnesses gave: `signatures`, and for each that did not sign, by name, why not (`refusals`)."""

    signatures: tuple[Signature, ...]
    refusals: dict[str, str]


class WitnessClient:
    """One witness; it remembers which size the witness has cosigned last."""

    def __init__(self, witness: Witness, seconds: float = ANSWER_SECONDS) -> None:
        parts = urllib.parse.urlsplit(witness.url or "")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigurationError("A witness needs an http or https URL.")
        self.witness = witness
        self._path = f"{parts.path.rstrip('/')}/add-checkpoint"
        self._connection = (
            http.client.HTTPSConnection(
                parts.hostname, parts.port, timeout=seconds, context=ssl.create_default_context()
            )
            if parts.scheme == "https"
            else http.client.HTTPConnection(parts.hostname, parts.port, timeout=seconds)
        )
        self._size = 0

    def cosign(self, checkpoint: SignedCheckpoint, prove: Prove) -> Signature:
        """The witness' signature under the checkpoint.

        Raises:
            NotCosigned: it gave none, or a false one.
        """
        status, body = self._ask(checkpoint, prove)
        if status == 409:  # it knows another size than we thought
            self._size = _size_in(body)
            if self._size <= checkpoint.checkpoint.size:
                status, body = self._ask(checkpoint, prove)
        if status == 409:
            raise NotCosigned(f"it has cosigned another tree of {self._size} entries", status, self._size)
        if status != 200:
            raise NotCosigned(f"it answered {status}: {neutralise(body.strip())}", status)
        signature = self._own(checkpoint.note, body)
        self._size = checkpoint.checkpoint.size
        return signature

    def close(self) -> None:
        """Hang up; the next question connects again."""
        self._connection.close()

    def _ask(self, checkpoint: SignedCheckpoint, prove: Prove) -> tuple[int, str]:
        old = min(self._size, checkpoint.checkpoint.size)
        body = Submission(old, tuple(prove(old)), checkpoint.note.to_text()).to_text()
        try:
            self._connection.request("POST", self._path, body.encode(), {"Content-Type": "text/plain; charset=utf-8"})
            response = self._connection.getresponse()
            answer = response.read(LONGEST_ANSWER + 1)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise NotCosigned(f"no answer: {type(error).__name__}") from error
        if len(answer) > LONGEST_ANSWER:
            self.close()
            raise NotCosigned("its answer is too long")
        return response.status, answer.decode(errors="replace")

    def _own(self, note: Note, body: str) -> Signature:
        """The witness' own signature among the lines of the answer; others in it mean nothing to us."""
        try:
            signatures = [parse_signature(line) for line in body.splitlines()]
        except InvalidNote as error:
            raise NotCosigned(str(error)) from error
        for signature in signatures:
            if self.witness.verifier.verifies(note.text, signature):
                return signature
        raise NotCosigned("its signature is not valid")


def _size_in(body: str) -> int:
    try:
        return decode_number(body.removesuffix("\n"))
    except InvalidNote as error:
        raise NotCosigned("it does not say which size it knows") from error


class Witnesses:
    """All witnesses of a policy that have a URL, asked at once."""

    def __init__(self, policy: Policy, seconds: float = ANSWER_SECONDS) -> None:
        known = [witness for witness in policy.witnesses.values() if witness.url]
        self._clients = [WitnessClient(witness, seconds) for witness in known]
        self._threads = ThreadPoolExecutor(max(1, len(known)), thread_name_prefix="witness")

    def cosign(self, checkpoint: SignedCheckpoint, prove: Prove) -> Cosignatures:
        """Ask them all and wait for the slowest; one that is away costs a few seconds and no other's signature."""
        asked = [(client, self._threads.submit(client.cosign, checkpoint, prove)) for client in self._clients]
        signatures, refusals = [], {}
        for client, answer in asked:
            try:
                signatures.append(answer.result())
            except NotCosigned as error:
                refusals[client.witness.verifier.name] = str(error)
        return Cosignatures(tuple(signatures), refusals)

    def close(self) -> None:
        """Hang up on all of them."""
        self._threads.shutdown()
        for client in self._clients:
            client.close()
