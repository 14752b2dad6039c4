"""A log in memory, made with the textbook's tree, for whoever asks for checkpoints and proofs of it."""

from dataclasses import dataclass, field

from indelible.tlog.checkpoint import Checkpoint, SignedCheckpoint, open_checkpoint
from indelible.tlog.note import Signer, sign_note
from indelible.tlog.submission import Submission
from tests.unit.textbook import proof, root


@dataclass
class GrowingLog:
    """A log of `entries`, signed by `signer`, whose name is the log's."""

    signer: Signer = field(default_factory=lambda: Signer.generate("log.example/audit"))
    entries: list[bytes] = field(default_factory=lambda: [b"entry %d" % number for number in range(40)])

    def checkpoint(self, size: int) -> SignedCheckpoint:
        """The signed checkpoint of the first `size` entries."""
        text = Checkpoint(self.signer.name, size, root(self.entries[:size])).text()
        return open_checkpoint(sign_note(text, self.signer).to_text(), [self.signer.verifier])

    def prove(self, old: int, size: int) -> list[bytes]:
        """The consistency proof between two sizes, empty where it proves itself."""
        return proof(old, self.entries[:size]) if 0 < old < size else []

    def submission(self, old: int, size: int) -> Submission:
        """What a witness is asked."""
        return Submission(old, tuple(self.prove(old, size)), self.checkpoint(size).note.to_text())
