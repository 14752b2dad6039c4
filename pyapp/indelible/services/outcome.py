"""How a business call ended, in the terms of the log: success, failure or denied, and why."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import Response

from indelible.codes import DENIED, FAILURE, SUCCESS
from indelible.errors import PERMISSION_DENIED, is_denial


@dataclass(frozen=True, slots=True)
class Outcome:
    """An outcome of the log, with its reason code as metadata."""

    word: str
    reason: dict[str, Any] = field(default_factory=dict)


def of_result(result: object) -> Outcome:
    """A response from 400 on is a failure, 401 and 403 a denial; every other result is a success."""
    return _of_status(result.status_code) if isinstance(result, Response) else Outcome(SUCCESS)


def of_error(error: BaseException) -> Outcome:
    """An exception is a failure; one that stands for an HTTP status (`status_code`) is judged by that status.

    What iam.require_permission() refused is a denial.
    """
    if isinstance(error, (asyncio.CancelledError, GeneratorExit)):
        return Outcome(FAILURE, {"reason": "cancelled"})
    if is_denial(error):
        return Outcome(DENIED, {"reason": PERMISSION_DENIED})
    status = getattr(error, "status_code", None)
    if type(status) is int and 100 <= status <= 599:
        return _of_status(status)
    return Outcome(FAILURE, {"reason": "exception", "exception": type(error).__name__})


def _of_status(status: int) -> Outcome:
    if status < 400:
        return Outcome(SUCCESS)
    return Outcome(DENIED if status in (401, 403) else FAILURE, {"reason": "status", "status": status})
