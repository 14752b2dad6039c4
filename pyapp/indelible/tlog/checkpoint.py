"""Checkpoints (C2SP tlog-checkpoint): the size and root of a log, signed by it and cosigned by witnesses."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from indelible.errors import InvalidNote
from indelible.tlog.key import Verifier
from indelible.tlog.lines import HASH_BYTES, decode_hash, decode_number, encode
from indelible.tlog.note import Note, parse_note

_EPOCH = re.compile(r"/epoch-[0-9]+\Z")


def family(origin: str) -> str:
    """The name that a log shares with those that took its place, when it was adopted with a loss."""
    return _EPOCH.sub("", origin)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree head: the log's name (`origin`), its `size` in entries, and the `root` hash."""

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        if not self.origin or "\n" in self.origin or self.size < 0 or len(self.root) != HASH_BYTES:
            raise InvalidNote("A checkpoint needs an origin of one line, a size and a root of 32 bytes.")

    def text(self) -> str:
        """The text that is signed."""
        return f"{self.origin}\n{self.size}\n{encode(self.root)}\n"

    @classmethod
    def parse(cls, text: str) -> Self:
        """A checkpoint without extension lines, which nobody could audit; InvalidNote otherwise."""
        lines = text.split("\n")
        if len(lines) != 4 or lines[3]:
            raise InvalidNote("A checkpoint has three lines.")
        return cls(lines[0], decode_number(lines[1]), decode_hash(lines[2]))


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A `checkpoint` that a known key of its log signed, the `note` it came in, and who of the witnesses cosigned."""

    checkpoint: Checkpoint
    note: Note
    witnesses: tuple[Verifier, ...] = ()


def open_checkpoint(
    content: str | bytes, logs: Iterable[Verifier], witnesses: Iterable[Verifier] = ()
) -> SignedCheckpoint:
    """A checkpoint that may be believed: signed by a known key of the very log that it names.

    Raises:
        InvalidNote: it is malformed, not signed by one of `logs`, or a signature of a known key is not valid.
    """
    note = parse_note(content)
    checkpoint = Checkpoint.parse(note.text)
    if not note.verified(log for log in logs if log.name == checkpoint.origin):
        raise InvalidNote("A checkpoint is not signed by a known key of its log.")
    return SignedCheckpoint(checkpoint, note, note.verified(witnesses))
