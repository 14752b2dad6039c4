"""Signed notes (C2SP signed-note): a text, a blank line, and signatures of which at least one must be known."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from indelible.errors import InvalidNote
from indelible.tlog.key import COSIGNATURE, ED25519, Signature, Signer, Verifier
from indelible.tlog.lines import decode

LONGEST_NOTE = 1_000_000
MOST_SIGNATURES = 100

_LINE = re.compile("\u2014 ([^\\s+]+) ([A-Za-z0-9+/]+={0,2})")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


@dataclass(frozen=True, slots=True)
class Note:
    """A `text` that ends in a newline, and `signatures` over it."""

    text: str
    signatures: tuple[Signature, ...]

    def to_text(self) -> str:
        """The note as it is published."""
        return f"{self.text}\n{''.join(signature.line for signature in self.signatures)}"

    def verified(self, verifiers: Iterable[Verifier]) -> tuple[Verifier, ...]:
        """The keys among `verifiers` that signed this text, each once.

        Raises:
            InvalidNote: a signature that claims to be by one of them is not. Unknown keys prove and refute nothing.
        """
        found = []
        for verifier in verifiers:
            claimed = [signature for signature in self.signatures if verifier.made(signature)]
            if not all(verifier.verifies(self.text, signature) for signature in claimed):
                raise InvalidNote(f"A signature by {verifier.name} is not valid.")
            if claimed:
                found.append(verifier)
        return tuple(found)


def parse_note(content: str | bytes) -> Note:
    """A note of which nothing is verified yet.

    Raises:
        InvalidNote: it is too long, not UTF-8, holds control characters, or lacks its signatures.
    """
    if len(content) > LONGEST_NOTE:
        raise InvalidNote("A note is too long.")
    try:
        text = content.decode() if isinstance(content, bytes) else content
    except UnicodeDecodeError:
        raise InvalidNote("A note is not UTF-8.") from None
    # The text may hold blank lines itself: the last one ends it.
    body, blank, signatures = text.rpartition("\n\n")
    if not blank or not signatures.endswith("\n") or _CONTROL.search(text):
        raise InvalidNote("A note is malformed.")
    lines = signatures[:-1].split("\n")
    if len(lines) > MOST_SIGNATURES:
        raise InvalidNote("A note has too many signatures.")
    return Note(body + "\n", tuple(map(parse_signature, lines)))


def parse_signature(line: str) -> Signature:
    """The signature of one line, without its newline; InvalidNote if it is malformed."""
    found = _LINE.fullmatch(line)
    if not found:
        raise InvalidNote("A signature line is malformed.")
    content = decode(found[2])
    if len(content) < 5:
        raise InvalidNote("A signature is too short.")
    return Signature(found[1], content[:4], content[4:])


def open_note(content: str | bytes, verifiers: Iterable[Verifier]) -> Note:
    """A note whose text may be believed, with the signatures of known keys only.

    Raises:
        InvalidNote: it is malformed, no known key signed it, or a known key's signature is not valid.
    """
    note = parse_note(content)
    known = note.verified(verifiers)
    if not known:
        raise InvalidNote("A note is signed by no known key.")
    return Note(note.text, tuple(item for item in note.signatures if any(key.made(item) for key in known)))


def sign_note(text: str, *signers: Signer) -> Note:
    """A note over `text`, which must end in a newline."""
    if not text.endswith("\n") or _CONTROL.search(text):
        raise InvalidNote("The text of a note ends in a newline and holds no other control character.")
    return Note(text, tuple(signer.sign(text) for signer in signers))


__all__ = [
    "COSIGNATURE",
    "ED25519",
    "Note",
    "Signature",
    "Signer",
    "Verifier",
    "open_note",
    "parse_note",
    "parse_signature",
    "sign_note",
]
