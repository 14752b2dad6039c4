"""Fixtures of the tests that need no database."""

from collections.abc import Iterator

import pytest
from starlette.requests import Request

from indelible.context import RequestContext, bind, bind_audit
from tests.recorded import Recorded


@pytest.fixture
def recorded() -> Iterator[Recorded]:
    """The audit service around the test's code."""
    audit = Recorded()
    before = bind_audit(audit)
    yield audit
    bind_audit(before)


@pytest.fixture
def request_with_id(recorded: Recorded) -> Iterator[Request]:
    """The current request, of alice for /42."""
    scope = {"type": "http", "method": "GET", "headers": [], "path_params": {"id": 42}}
    with bind(RequestContext("0" * 32, user_id="alice", audit=recorded, scope=scope)):
        yield Request(scope)
