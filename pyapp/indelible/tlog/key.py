"""Keys of signed notes (C2SP signed-note): of a log, which signs checkpoints, and of a witness, which cosigns them."""

import hashlib
import re
from dataclasses import dataclass, field
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from indelible.errors import InvalidNote
from indelible.tlog.lines import decode, encode

ED25519 = 0x01
COSIGNATURE = 0x04  # an Ed25519 signature that says when (C2SP tlog-cosignature)
KINDS = (ED25519, COSIGNATURE)

KEY_BYTES = 32
SIGNATURE_BYTES = 64
LAST_TIME = 2**63 - 1
_STAMP_BYTES = {ED25519: 0, COSIGNATURE: 8}
_NAME = re.compile(r"[^\s+\x00-\x1f]{1,255}")
_ID = re.compile(r"[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature of a note: the `name` and `key_id` of its key, and its `content`, time first in a cosignature."""

    name: str
    key_id: bytes
    content: bytes

    @property
    def line(self) -> str:
        """The signature line, with its newline."""
        return f"\u2014 {self.name} {encode(self.key_id + self.content)}\n"

    @property
    def time(self) -> int:
        """When a cosignature was made, in seconds since 1970."""
        return int.from_bytes(self.content[:-SIGNATURE_BYTES], "big")


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key: who signs (`name`), how (`kind`, one of KINDS), and the 32 bytes of the `key`."""

    name: str
    kind: int
    key: bytes

    @classmethod
    def from_text(cls, text: str) -> Self:
        """A verifier key `name+id+base64(kind ‖ key)`; InvalidNote if it is malformed or of another kind."""
        name, key_id, content = _split(text.strip(), "verifier key")
        verifier = cls(name, *_parts(content, "verifier key"))
        if verifier.key_id.hex() != key_id:
            raise InvalidNote("The id of a verifier key is not that of its name and key.")
        return verifier

    @property
    def key_id(self) -> bytes:
        """Four bytes that tell keys of one name apart; they prove nothing."""
        return hashlib.sha256(f"{self.name}\n".encode() + bytes([self.kind]) + self.key).digest()[:4]

    def to_text(self) -> str:
        """The verifier key, to be published."""
        return f"{self.name}+{self.key_id.hex()}+{encode(bytes([self.kind]) + self.key)}"

    def made(self, signature: Signature) -> bool:
        """Whether `signature` says that it is by this key."""
        return (signature.name, signature.key_id) == (self.name, self.key_id)

    def verifies(self, text: str, signature: Signature) -> bool:
        """Whether `signature` is this key's, over `text`."""
        if not self.made(signature) or len(signature.content) != _STAMP_BYTES[self.kind] + SIGNATURE_BYTES:
            return False
        if signature.time > LAST_TIME:
            return False
        try:
            key = Ed25519PublicKey.from_public_bytes(self.key)
            key.verify(signature.content[-SIGNATURE_BYTES:], _message(self.kind, signature.time, text))
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key; `seed` is the secret."""

    name: str
    kind: int
    seed: bytes = field(repr=False)

    @classmethod
    def generate(cls, name: str, kind: int = ED25519) -> Self:
        """A new key; InvalidNote if `name` holds spaces or a plus. A URL without its scheme is a good name."""
        if not _NAME.fullmatch(name):
            raise InvalidNote("The name of a key has 1 to 255 characters, no spaces and no plus.")
        return cls(name, kind, Ed25519PrivateKey.generate().private_bytes_raw())

    @classmethod
    def from_text(cls, text: str) -> Self:
        """A key as `to_text` gives it; InvalidNote, which repeats none of it, if it is malformed."""
        private, _, rest = text.strip().partition("+KEY+")
        if private != "PRIVATE":
            raise InvalidNote("A private key is malformed.")
        name, key_id, content = _split(rest, "private key")
        signer = cls(name, *_parts(content, "private key"))
        if signer.verifier.key_id.hex() != key_id:
            raise InvalidNote("The id of a private key is not that of its name and key.")
        return signer

    def to_text(self) -> str:
        """`PRIVATE+KEY+name+id+base64(kind ‖ seed)`: a secret."""
        return f"PRIVATE+KEY+{self.name}+{self.verifier.key_id.hex()}+{encode(bytes([self.kind]) + self.seed)}"

    @property
    def verifier(self) -> Verifier:
        """The public half."""
        return Verifier(self.name, self.kind, self._key.public_key().public_bytes_raw())

    def sign(self, text: str, time: int = 0) -> Signature:
        """A signature over the text of a note; `time`, in seconds since 1970, is what a cosignature says."""
        stamp = time.to_bytes(8, "big")[: _STAMP_BYTES[self.kind]]
        content = stamp + self._key.sign(_message(self.kind, time, text))
        return Signature(self.name, self.verifier.key_id, content)

    @property
    def _key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)


def _message(kind: int, time: int, text: str) -> bytes:
    """What is signed: a witness says when it saw the text."""
    return (f"cosignature/v1\ntime {time}\n{text}" if kind == COSIGNATURE else text).encode()


def _split(text: str, what: str) -> tuple[str, str, bytes]:
    name, _, rest = text.partition("+")
    key_id, _, content = rest.partition("+")
    if not _NAME.fullmatch(name) or not _ID.fullmatch(key_id):
        raise InvalidNote(f"A {what} is malformed.")
    return name, key_id, decode(content)


def _parts(content: bytes, what: str) -> tuple[int, bytes]:
    if len(content) != 1 + KEY_BYTES or content[0] not in KINDS:
        raise InvalidNote(f"A {what} is of a kind that is not supported.")
    return content[0], content[1:]
