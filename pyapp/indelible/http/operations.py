"""What operators ask a running process: does it live, may it get traffic, what does it count."""

from typing import Any, Final, Literal

from anyio import to_thread
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from indelible.db.migrate import installed_digest_of_files
from indelible.errors import DatabaseUnreachable, Problem
from indelible.http.describe import describe
from indelible.http.serving import serving
from indelible.metrics import CONTENT_TYPE
from indelible.services.audit import Audit
from indelible.services.question import ask
from indelible.services.standing import Standing

# A probe that waits longer has its answer.
PROBE_SECONDS: Final = 2.0


class Alive(BaseModel):
    """The process runs."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "alive"}]})

    status: Literal["alive"] = "alive"


class Ready(BaseModel):
    """The process may get traffic. `audit` is degraded while the independent session gives no answer, and after
    events of this process were lost."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"status": "ready", "audit": "ok", "events_lost": 0}]},
    )

    status: Literal["ready"] = "ready"
    audit: Literal["ok", "degraded"]
    events_lost: int


class Operations:
    """The endpoints of operators; none needs a token, none says anything about data, logins or addresses."""

    def __init__(self) -> None:
        self._digest: str | None = None

    @describe("Is the process alive", returns=Alive, public=True)
    async def livez(self, request: Request) -> Response:  # noqa: ARG002
        """Asks nobody: a database that is down is no reason to restart this process."""
        return JSONResponse(Alive().model_dump())

    @describe("May it get traffic", returns=Ready, problems=(503,), public=True)
    async def readyz(self, request: Request) -> Response:  # noqa: ARG002
        """503 while the database is away or was migrated by another version. A degraded audit is told, not fatal."""
        _, audit = serving()
        await self._require_installation(audit)
        lost = int(audit.metrics.registry.get_sample_value("audit_events_dropped_total") or 0)
        degraded = lost > 0 or not await _answers(audit)
        return JSONResponse(Ready(audit="degraded" if degraded else "ok", events_lost=lost).model_dump())

    @describe("Metrics", text="# HELP audit_events_total …\n", public=True)
    async def metrics(self, request: Request) -> Response:  # noqa: ARG002
        """Prometheus text format. What is the database's is asked for, and NaN if it gives no answer."""
        _, audit = serving()
        audit.metrics.verdicts_wait(await _verdict_lag(audit))
        return Response(audit.metrics.render(), media_type=CONTENT_TYPE)

    async def _require_installation(self, audit: Audit) -> None:
        try:
            installed = await ask(audit, "read_installation", independent=False, seconds=PROBE_SECONDS)
        except DatabaseUnreachable as error:
            raise Problem(503, "Not ready", "The database gives no answer.") from error
        if self._digest is None:  # the files this process started with, whatever is deployed beside it later
            self._digest = await to_thread.run_sync(installed_digest_of_files)
        if installed is None or installed["digest"] != self._digest:
            raise Problem(503, "Not ready", "The database was migrated by another version: run `indelible migrate`.")


async def _verdict_lag(audit: Audit) -> Any:
    try:
        return await ask(audit, "verdict_lag", seconds=PROBE_SECONDS, standing=Standing.UNPROVEN)
    except DatabaseUnreachable:
        return None


async def _answers(audit: Audit) -> bool:
    """Whether the independent session does."""
    try:
        await ask(audit, "read_installation", seconds=PROBE_SECONDS, standing=Standing.UNPROVEN)
    except DatabaseUnreachable:
        return False
    return True
