"""The only literals Indelible writes into SQL cannot say anything but themselves."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indelible.context import RequestContext
from indelible.db.literal import context_call, context_statement

SEALED = f"{'ab' * 40}.{'0' * 64}"
ANYTHING = st.text(st.characters(exclude_categories=()), max_size=300)
LITERAL = r"(?:null::text|'[0-9A-Za-z.:_-]*'|convert_from\(decode\('(?:[0-9a-f]{2})*', 'hex'\), 'UTF8'\))"
TRUSTED = re.compile(rf"select audit\.set_context\({LITERAL}, {LITERAL}::text::inet, {LITERAL}\)")
SEALED_STATEMENT = re.compile(r"select audit\.set_context\('[0-9a-f]+\.[0-9a-f]{64}'\)")


def context(**fields: Any) -> RequestContext:
    return RequestContext(**{"request_id": "0" * 32, **fields})


@given(ANYTHING, ANYTHING, ANYTHING, ANYTHING)
def test_no_text_escapes_from_its_literal(user: str, address: str, request: str, sealed: str) -> None:
    """Whatever the four values hold, the statement is one call with literals of a closed alphabet."""
    statement = context_statement(context(user_id=user, ip_address=address, request_id=request, sealed=sealed))
    assert TRUSTED.fullmatch(statement)


@pytest.mark.parametrize(
    "user",
    ["o'brien", "a\\", "x'); drop table t; --", "$$", "E'\\''", "a\0b", "\ud800", "line\r\nfeed", "x" * 10_000_000, ""],
    ids=lambda user: ascii(user[:9]),
)
def test_hostile_user_ids_are_hexadecimal(user: str) -> None:
    """Quotes, backslashes, NUL, surrogates, line ends and ten megabytes stay inside a short statement."""
    statement = context_statement(context(user_id=user))
    assert TRUSTED.fullmatch(statement)
    assert len(statement) < 2000


def test_a_sealed_context_wins_over_everything_else() -> None:
    """What the database sealed is sent as it is, and alone."""
    assert SEALED_STATEMENT.fullmatch(context_statement(context(sealed=SEALED, user_id="alice")))
    assert context_call(context(sealed=SEALED, user_id="alice")) == ("set_sealed_context", (SEALED,))


@pytest.mark.parametrize(
    "sealed", [f"{SEALED}\n", f" {SEALED}", SEALED.upper(), "ab.cd", f"{SEALED}'", f"abc.{'0' * 64}"]
)
def test_a_malformed_seal_is_never_sent(sealed: str) -> None:
    """fullmatch, not match: then the application's own word is what remains."""
    assert context_call(context(sealed=sealed, user_id="alice"))[0] == "set_context"


def test_values_that_are_not_what_they_should_be_are_null() -> None:
    """An address that is none and a request id outside its alphabet are not sent."""
    assert context_call(context(ip_address="nonsense", request_id="a b")) == ("set_context", (None, None, None))
    assert context_call(context(ip_address="fe80::1%eth0"))[1][1] == "fe80::1"
