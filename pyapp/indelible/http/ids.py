"""Ids that clients send, taken over only in the form that their standard gives them."""

import re
from collections.abc import Sequence

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,128}")
# W3C Trace Context: version ff is forbidden; later versions may append fields, version 00 may not.
_TRACEPARENT = re.compile(
    rb"(?P<version>(?!ff)[0-9a-f]{2})-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?P<more>-[!-~]{0,200})?"
)

Headers = Sequence[tuple[bytes, bytes]]


def client_request_id(headers: Headers) -> str | None:
    """The client's X-Request-ID, if there is exactly one and it is 1 to 128 of A-Z a-z 0-9 . _ -"""
    value = _only(headers, b"x-request-id")
    return value.decode("ascii") if value is not None and _REQUEST_ID.fullmatch(value) else None


def traceparent(headers: Headers) -> str | None:
    """The client's traceparent, if there is exactly one and it is valid."""
    value = _only(headers, b"traceparent")
    match = _TRACEPARENT.fullmatch(value) if value is not None else None
    if value is None or match is None or (match["version"] == b"00" and match["more"] is not None):
        return None
    return value.decode("ascii")


def _only(headers: Headers, name: bytes) -> bytes | None:
    # Two of them are two opinions, and which one others believe is unknown.
    found = [value for key, value in headers if key.lower() == name]
    return found[0].strip(b" \t") if len(found) == 1 else None
