"""What a log sends to a witness (C2SP tlog-witness): a checkpoint, and the proof that it grew out of the last one."""

from dataclasses import dataclass
from typing import Self

from indelible.errors import InvalidNote
from indelible.tlog.lines import decode_hash, decode_number, encode

MOST_HASHES = 63


@dataclass(frozen=True, slots=True)
class Submission:
    """The body of `add-checkpoint`.

    `old_size` is what the witness is thought to have cosigned last, `proof` the consistency proof from there to the
    signed `checkpoint`.
    """

    old_size: int
    proof: tuple[bytes, ...]
    checkpoint: str

    def to_text(self) -> str:
        """The body of the request."""
        return "\n".join([f"old {self.old_size}", *map(encode, self.proof), "", self.checkpoint])

    @classmethod
    def parse(cls, text: str) -> Self:
        """A submission of which nothing is verified yet; InvalidNote if it is malformed."""
        head, blank, checkpoint = text.partition("\n\n")
        old, *proof = head.split("\n")
        if not blank or not old.startswith("old "):
            raise InvalidNote("A submission begins with the old size.")
        if len(proof) > MOST_HASHES:
            raise InvalidNote("A consistency proof has too many hashes.")
        return cls(decode_number(old[4:]), tuple(map(decode_hash, proof)), checkpoint)
