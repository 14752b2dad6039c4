"""What a broken rule of the database means to a client: constraint names become answers, and nothing else does."""

from __future__ import annotations

from typing import Any, Final

import asyncpg
import psycopg
from starlette.requests import Request
from starlette.responses import Response

from indelible import problem

CONFLICTS: Final = {
    "sailings_within_capacity": "Not enough seats are free on that sailing.",
    "bookings_cancelled_before_departure": "The ferry has left.",
}


async def rule_broken(_: Request, error: Exception) -> Response:
    """409 for a rule of the business, 422 for a value that slipped past validation."""
    diagnostics = error.diag if isinstance(error, psycopg.Error) else error
    broken = getattr(diagnostics, "constraint_name", None)
    if detail := CONFLICTS.get(broken or ""):
        return problem(409, detail=detail)
    return problem(422, detail="The values do not make a valid booking.")


async def lost_race(_: Request, __: Exception) -> Response:
    """409: another request changed the same rows first."""
    return problem(409, detail="Another change was faster; please try again.", headers={"Retry-After": "1"})


HANDLERS: Final[dict[Any, Any]] = {
    asyncpg.IntegrityConstraintViolationError: rule_broken,
    psycopg.IntegrityError: rule_broken,
    asyncpg.TransactionRollbackError: lost_race,
    psycopg.errors.SerializationFailure: lost_race,
    psycopg.errors.DeadlockDetected: lost_race,
}
