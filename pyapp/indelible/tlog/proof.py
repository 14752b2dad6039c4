"""Proofs that an entry is in a log (C2SP tlog-proof): self-contained, to be kept with what they prove."""

from dataclasses import dataclass
from typing import Self

from indelible.errors import InvalidNote
from indelible.tlog.lines import decode, decode_hash, decode_number, encode

HEADER = "c2sp.org/tlog-proof@v1"
MOST_HASHES = 63


@dataclass(frozen=True, slots=True)
class Proof:
    """The `index` of an entry, its inclusion proof (`hashes`, from leaf to root), and the signed `checkpoint`.

    `extra` is whatever helps to rebuild the entry; nothing authenticates it but the entry's own hash.
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: str
    extra: bytes | None = None

    def to_text(self) -> str:
        """The proof as it is kept in a `.tlog-proof` file."""
        extra = [] if self.extra is None else [f"extra {encode(self.extra)}"]
        lines = [HEADER, *extra, f"index {self.index}", *map(encode, self.hashes), "", self.checkpoint]
        return "\n".join(lines)

    @classmethod
    def parse(cls, text: str) -> Self:
        """A proof of which nothing is verified yet; InvalidNote if it is malformed."""
        head, blank, checkpoint = text.partition("\n\n")
        lines = head.split("\n")
        if not blank or lines.pop(0) != HEADER:
            raise InvalidNote("This is no tlog-proof.")
        extra = decode(lines.pop(0)[6:]) if lines and lines[0].startswith("extra ") else None
        if not lines or not lines[0].startswith("index "):
            raise InvalidNote("A proof lacks its index.")
        if len(lines) > 1 + MOST_HASHES:
            raise InvalidNote("A proof has too many hashes.")
        return cls(decode_number(lines[0][6:]), tuple(map(decode_hash, lines[1:])), checkpoint, extra)
