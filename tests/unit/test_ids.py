"""Ids of clients are taken over only in the form of their standard."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indelible.http.ids import client_request_id, traceparent

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@given(st.from_regex(r"\A[A-Za-z0-9._-]{1,128}\Z"))
def test_a_valid_request_id_is_taken_over(value: str) -> None:
    """1 to 128 letters, digits, dots, underscores and hyphens."""
    assert client_request_id([(b"X-Request-Id", value.encode())]) == value


@given(st.binary(max_size=200))
def test_any_bytes_are_a_valid_id_or_none(value: bytes) -> None:
    """CR, LF, NUL, quotes and everything else that could forge a header or a log line is refused."""
    found = client_request_id([(b"x-request-id", value)])
    assert found is None or set(found) <= set(string.ascii_letters + string.digits + "._-")
    assert traceparent([(b"traceparent", value)]) is None


@pytest.mark.parametrize("value", [b"", b"a" * 129, b"a b", b"a\r\nSet-Cookie: x", b"\xc3\xa9", b"a\n", b"'--"])
def test_malformed_request_ids_are_refused(value: bytes) -> None:
    """Empty, over-long, and everything outside the alphabet."""
    assert client_request_id([(b"x-request-id", value)]) is None


def test_two_ids_are_none() -> None:
    """Which of two contradicting headers others believe is unknown."""
    assert client_request_id([(b"x-request-id", b"a"), (b"X-Request-ID", b"b")]) is None
    assert traceparent([(b"traceparent", TRACE.encode())] * 2) is None


@pytest.mark.parametrize("value", [TRACE, TRACE.replace("00-", "cc-", 1), f"{TRACE.replace('00-', '01-', 1)}-extra"])
def test_valid_traceparents_are_taken_over(value: str) -> None:
    """Version 00, and later versions with what they may append."""
    assert traceparent([(b"TraceParent", value.encode())]) == value


@pytest.mark.parametrize(
    "value",
    [
        TRACE.upper(),
        TRACE.replace("00-", "ff-", 1),
        f"{TRACE}-extra",
        f"00-{'0' * 32}-b7ad6b7169203331-01",
        f"00-0af7651916cd43dd8448eb211c80319c-{'0' * 16}-01",
        TRACE[:-1],
        f"{TRACE} x",
        TRACE.replace("-", "_"),
        f"{TRACE.replace('00-', '01-', 1)}-{'x' * 300}",
    ],
)
def test_invalid_traceparents_are_refused(value: str) -> None:
    """W3C Trace Context: lower case, no zero ids, no version ff, nothing appended to version 00."""
    assert traceparent([(b"traceparent", value.encode())]) is None
