"""What a call returned or raised passes through untouched, and decides what is on record."""

import asyncio
import json
import traceback
from collections.abc import Callable, Generator
from contextlib import suppress

import anyio
import pytest
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from indelible import audited
from indelible.errors import PermissionDenied
from tests.recorded import ACTION, FAILURE, Failure, Recorded, add, fail


def test_the_exact_exception_passes_through(recorded: Recorded) -> None:
    """The same object with its own traceback and no context of ours; only its class is on record."""
    error = Failure("the message may hold a secret")

    def break_down() -> None:
        raise error

    with pytest.raises(Failure) as caught:
        audited(ACTION)(break_down)()
    assert caught.value is error
    assert caught.value.__context__ is caught.value.__cause__ is None
    assert traceback.extract_tb(caught.value.__traceback__)[-1].name == "break_down"
    assert recorded.only["outcome"] == "failure"
    assert recorded.only["metadata"] == {"reason": "exception", "exception": "Failure"}
    assert "secret" not in json.dumps(recorded.only)


async def test_the_exact_exception_passes_through_async(recorded: Recorded) -> None:
    """The same for coroutines."""

    async def fail_async() -> None:
        fail()

    with pytest.raises(Failure) as caught:
        await audited(ACTION)(fail_async)()
    assert caught.value is FAILURE
    assert caught.value.__context__ is None
    assert recorded.only["metadata"] == {"reason": "exception", "exception": "Failure"}


def status_result(status: int) -> Response:
    return JSONResponse({}, status)


def status_error(status: int) -> Response:
    raise HTTPException(status)


@pytest.mark.parametrize("make", [status_result, status_error])
@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, "success"),
        (303, "success"),
        (400, "failure"),
        (401, "denied"),
        (403, "denied"),
        (409, "failure"),
        (503, "failure"),
    ],
)
def test_the_status_decides(recorded: Recorded, make: Callable[[int], Response], status: int, outcome: str) -> None:
    """A response or HTTPException from 400 on is a failure, 401 and 403 a denial."""
    with suppress(HTTPException):
        audited(ACTION)(make)(status)
    assert recorded.only["outcome"] == outcome
    assert recorded.only["metadata"] == ({} if status < 400 else {"reason": "status", "status": status})


def test_a_denial_of_our_own_is_a_denial(recorded: Recorded) -> None:
    """PermissionDenied is judged by its status like any other."""

    @audited(ACTION)
    def refuse() -> None:
        raise PermissionDenied

    with pytest.raises(PermissionDenied):
        refuse()
    assert recorded.only["outcome"] == "denied"


async def test_cancellation_is_a_failure_and_passes_through(recorded: Recorded) -> None:
    """A cancelled call is on record without holding the cancellation up."""
    started = asyncio.Event()

    @audited(ACTION)
    async def wait() -> None:
        started.set()
        await asyncio.sleep(60)

    task = asyncio.create_task(wait())
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert recorded.only["metadata"] == {"reason": "cancelled"}
    assert recorded.only["outcome"] == "failure"
    assert recorded.only["door"] == "record_soon"


async def test_a_cancelled_scope_is_recorded_too(recorded: Recorded) -> None:
    """anyio cancels at every await: recording must not need one."""

    @audited(ACTION)
    async def wait() -> None:
        await anyio.sleep(60)

    with anyio.move_on_after(0.01) as scope:
        await wait()
    assert scope.cancelled_caught
    assert recorded.only["metadata"] == {"reason": "cancelled"}


def test_a_coroutine_that_is_closed_is_recorded(recorded: Recorded) -> None:
    """A coroutine that nobody finishes is closed by the garbage collector, where nothing may be awaited."""

    call = audited(ACTION)(Suspended().wait)()
    call.send(None)
    call.close()
    assert recorded.only["metadata"] == {"reason": "cancelled"}
    assert recorded.only["door"] == "record_soon"


class Suspended:
    """Suspends without an event loop."""

    def __await__(self) -> Generator[None, None, None]:
        yield

    async def wait(self) -> None:
        await self


def test_wrong_arguments_are_a_failure_of_the_call(recorded: Recorded) -> None:
    """The call's own TypeError passes through, recorded like any other."""
    with pytest.raises(TypeError, match="unexpected keyword"):
        audited(ACTION, entity_id="arg:a")(add)(1, c=2)  # type: ignore[call-arg]
    assert recorded.only["metadata"]["exception"] == "TypeError"
