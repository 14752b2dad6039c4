"""What a change weighs: bytes of log and bytes of WAL, for an insert, an update and a delete.

Counted once in a run, not timed: single statements of one client, the log being all that the rival's database has grown
by besides the bookings (tables, TOAST, indexes) and what the server wrote to its own log file. WAL without full-page
images, whose number depends on when the last checkpoint was and not on the rival.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.rivals import Rival
from tests.bench.rounds import manner_of, tell
from tests.bench.server import Server
from tests.bench.stage import complete, stage
from tests.bench.work import SINGLE, Load, single


@dataclass(frozen=True)
class Weight:
    """Bytes for each change."""

    log: float
    wal: float


def weigh(rivals: Sequence[Rival], changes: int, pgbench: Path) -> dict[str, dict[str, Weight]]:
    """operation → rival → bytes."""
    servers = {rival.server.admin_dsn: rival.server for rival in rivals}.values()
    for server in servers:
        _write_full_pages(server, "off")
    weights: dict[str, dict[str, Weight]] = {operation: {} for operation in SINGLE}
    for rival in rivals:
        tell(f"weight of {rival.name}")
        for operation, weight in _weigh_one(rival, changes, pgbench).items():
            weights[operation][rival.name] = weight
    for server in servers:
        _write_full_pages(server, "on")
    return weights


def _weigh_one(rival: Rival, changes: int, pgbench: Path) -> dict[str, Weight]:
    weights = {}
    with stage(rival) as place, complete(place, changes * len(SINGLE)):
        for operation in SINGLE:
            place.settle()
            before = place.log_bytes()
            sample = single(place, pgbench, Load(1, changes), operation, manner_of(rival))
            weights[operation] = Weight((place.log_bytes() - before) / changes, sample.wal / changes)
    return weights


def _write_full_pages(server: Server, value: str) -> None:
    server.execute("postgres", f"alter system set full_page_writes = {value}")
    server.execute("postgres", "select pg_reload_conf()")
