"""`indelible spool`"""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from pydantic import SecretStr, ValidationError
from rich.console import Console

from indelible.cli.context import Context, Shared
from indelible.cli.failure import FOUND
from indelible.cli.server import SERVICE_LOGIN, spool_folder
from indelible.cli.wallet import Wallet
from indelible.errors import ConfigurationError, DatabaseUnreachable
from indelible.services.audit import Audit
from indelible.services.spool.spool import Spool
from indelible.settings import Settings

LOOK_SECONDS = 0.1
NO_LOGIN = (
    "Which login the service uses is not known: set INDELIBLE_AUDIT_DSN to its own. Under another one, what the log "
    "has already would not be known again, and be there twice."
)


def spool(*, replay: Annotated[bool, Parameter(show_default=False)] = False, context: Shared) -> None:
    """Show which events wait on this host's disk for the database, and with --replay bring them there now.

    The folder is INDELIBLE_SPOOL_DIR, or that of `indelible up` in the data directory. A running service brings them by
    itself. Exits 1 if --replay leaves some that the database refuses. Example: `indelible spool --replay`

    Args:
        replay: Bring what waits to the database, each event once, however often it was tried.
        context: The shared options.
    """
    settings = _settings(context)
    folder = settings.spool_dir
    if folder is None or not folder.exists():
        context.output.report({"folder": str(folder), "waiting": 0}, f"Nothing waits: there is no spool in {folder}.")
        return
    brought = 0
    if replay:
        with _service_login(context, settings) as dsn:
            brought = asyncio.run(_bring(Audit(settings, audit_dsn=dsn)))
    found = _look(folder, settings.spool_max_bytes)
    context.output.report({**found, "replayed": brought}, _told(found, brought if replay else None))
    if replay and found["set_aside"]:
        sys.exit(FOUND)


def _settings(context: Context) -> Settings:
    try:
        settings = Settings()
    except ValidationError as error:
        names = ", ".join(str(part) for finding in error.errors() for part in finding["loc"])
        raise ConfigurationError(f"The environment has settings that cannot be used: {names}.") from error
    return settings.model_copy(update={"spool_dir": settings.spool_dir or spool_folder(context)})


@contextmanager
def _service_login(context: Context, settings: Settings) -> Iterator[SecretStr]:
    """DSN of the service's login; the database runs as long as the block."""
    if settings.audit_dsn is not None:
        yield settings.audit_dsn
        return
    with context.lasting_database() as dsn:
        known = Wallet(context.data_dir, not context.database_url).take(dsn).roles.get(SERVICE_LOGIN)
        if known is None:
            raise ConfigurationError(NO_LOGIN)
        # An embedded server has another port each time.
        place = {name: value for name, value in conninfo_to_dict(dsn).items() if name in ("host", "port")}
        yield SecretStr(make_conninfo(known, **{name: str(value) for name, value in place.items()}))


async def _bring(audit: Audit) -> int:
    """How many events the database has taken; DatabaseUnreachable once it does not answer."""
    async with audit:
        with Console(stderr=True).status("") as progress:
            while (counts := await audit.look_at_spool()) is not None and counts.waiting + counts.leased:
                if audit.database_away:
                    raise DatabaseUnreachable(
                        f"The database does not answer; {counts.waiting + counts.leased} events wait."
                    )
                progress.update(f"{counts.waiting + counts.leased} events to go")
                await asyncio.sleep(LOOK_SECONDS)
    return audit.metrics.count("audit_events_replayed_total")


def _look(folder: Path, max_bytes: int) -> dict[str, Any]:
    opened = Spool.open(folder, max_bytes=max_bytes)
    try:
        return {"folder": str(folder), **asdict(opened.counts()), "aside": [asdict(event) for event in opened.aside()]}
    finally:
        opened.close()


def _told(found: dict[str, Any], brought: int | None) -> str:
    lines = [] if brought is None else [f"{brought} events were brought to the database."]
    waiting = found["waiting"] + found["leased"]
    lines.append(f"{waiting} events wait in {found['folder']}" + (f", since {found['oldest']}." if waiting else "."))
    if found["set_aside"]:
        lines.append(f"{found['set_aside']} are set aside, because the database refuses them:")
        lines += [f"  {event['event_id']}  {event['reason']}" for event in found["aside"]]
    if found["damaged"]:
        lines.append(f"{found['damaged']} damaged files are kept there.")
    return "\n".join(lines)
