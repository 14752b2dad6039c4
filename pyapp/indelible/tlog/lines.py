"""What all text formats of a log are written with: base64 and decimal numbers, each value in one spelling only."""

import base64
import binascii
import re

from indelible.errors import InvalidNote

HASH_BYTES = 32
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


def encode(content: bytes) -> str:
    """Base64 (RFC 4648, section 4) with padding."""
    return base64.b64encode(content).decode()


def decode(text: str) -> bytes:
    """The bytes of base64 text.

    Raises:
        InvalidNote: another text would give the same bytes (a missing padding, spaces, loose bits at the end).
    """
    try:
        content = base64.b64decode(text.encode(), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidNote("Base64 is malformed.") from None
    if encode(content) != text:
        raise InvalidNote("Base64 is not in its only spelling.")
    return content


def decode_hash(text: str) -> bytes:
    """The SHA-256 hash of base64 text; InvalidNote if it is none."""
    content = decode(text)
    if len(content) != HASH_BYTES:
        raise InvalidNote("A hash is not 32 bytes long.")
    return content


def decode_number(text: str) -> int:
    """A size or an index below 10^19, in ASCII without leading zeros; InvalidNote otherwise."""
    if not _DECIMAL.fullmatch(text):
        raise InvalidNote("A number is malformed.")
    return int(text)
