"""schemathesis against /openapi.json: whatever fits the document, or nearly, is never a server's error."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import CHECKS

from ftms.app import create_app
from indelible import Settings
from tests.http.served import log_in, served
from tests.http.world import World

NAMES = ["not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance"]
MODES = list(schemathesis.GenerationMode)


@pytest.fixture
def base_url(settings: Settings, world: World) -> Iterator[str]:
    """FTMS; alice may read events."""
    world.admin.execute("select iam.grant_permission('clerk', 'audit.event.read')")
    with served(create_app(settings)) as url:
        yield url


@pytest.mark.parametrize("examples", [10, pytest.param(150, marks=pytest.mark.heavy)])
def test_nothing_that_fits_the_document_breaks_it(base_url: str, world: World, examples: int) -> None:
    """Every operation but the live tail, which does not end: status, type and body are as the document says."""
    schema = schemathesis.openapi.from_url(f"{base_url}/openapi.json").exclude(path="/v1/audit/stream")
    alice = log_in(base_url, world.passwords)  # once: the example of a login, with wrong passwords, locks her out
    tried = 0
    for found in schema.get_all_operations():
        operation: Any = found.ok()  # type: ignore[union-attr]
        for mode in MODES:
            tried += attack(operation, mode, {} if "logout" in operation.path else alice, examples)
    assert tried > 100


def attack(operation: Any, mode: Any, headers: dict[str, str], examples: int) -> int:
    """Some requests that fit, or do not; how many."""
    tried = 0

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=examples, database=None, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    def attempt(case: Any) -> None:
        nonlocal tried
        tried += 1
        response = case.call(headers=headers)
        case.validate_response(response, checks=CHECKS.get_by_names(NAMES), headers=headers)

    try:
        attempt()
    except Unsatisfiable:
        assert mode is schemathesis.GenerationMode.NEGATIVE  # where nothing is asked for, nothing can be asked wrongly
    return tried
