"""Where the next page begins: the id before which it looks, bound to the question that it continues.

Opaque to clients. It holds no secret, so it is not signed: a made-up one leads to another place in the same answer.
"""

import base64
import hashlib
import re
import struct

_LAYOUT = struct.Struct(">Bq8s")
VERSION = 1
# The decoder takes the letters of the other alphabet, too.
_ALPHABET = re.compile(r"[A-Za-z0-9_-]+")


def write_cursor(before: int, question: str) -> str:
    """The cursor that goes on before the event `before` of `question`."""
    return base64.urlsafe_b64encode(_LAYOUT.pack(VERSION, before, _digest(question))).decode().rstrip("=")


def read_cursor(cursor: str, question: str) -> int | None:
    """The event id in a cursor of `question`; None if it is none."""
    if not _ALPHABET.fullmatch(cursor):
        return None
    try:
        version, before, digest = _LAYOUT.unpack(base64.b64decode(_padded(cursor), altchars=b"-_", validate=True))
    except (ValueError, struct.error):
        return None
    return before if version == VERSION and digest == _digest(question) else None


def _padded(cursor: str) -> bytes:
    return cursor.encode("ascii") + b"=" * (-len(cursor) % 4)


def _digest(question: str) -> bytes:
    return hashlib.sha256(question.encode()).digest()[:8]
