"""One run: who takes part, on which servers, and all the rounds."""

import contextlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from pydantic import SecretStr

from tests.bench.figures import Figures
from tests.bench.foreign import AUDITOR, NOWHERE, PGAUDIT_SETTINGS, PYTHON, from_debian, from_pypi
from tests.bench.identity import AUDITOR_LOGIN, log_in_user
from tests.bench.request import Variant, request_round, variants
from tests.bench.rivals import OURS, Rival, ours, references
from tests.bench.rounds import Plan, capture_round, give_history, tell
from tests.bench.server import CLIENT, Server, debian_with, packaged, running
from tests.bench.web import Form, forms, web_round
from tests.bench.weight import Weight, weigh


@dataclass
class Contest:
    """Who takes part and what has been measured of them. `missing` names who does not, and why not."""

    plan: Plan
    pgbench: Path
    version: str
    rivals: dict[str, Rival]
    missing: dict[str, str]
    token: SecretStr
    figures: Figures = field(default_factory=Figures)
    weights: dict[str, dict[str, Weight]] = field(default_factory=dict)

    @property
    def variants(self) -> list[Variant]:
        """Of a request's transaction."""
        return variants(self.rivals, self.token)

    @property
    def forms(self) -> list[Form]:
        """Of an HTTP write."""
        return forms(self.rivals)

    def run(self) -> None:
        """All rounds, then the weights."""
        rivals = list(self.rivals.values())
        for number in range(self.plan.rounds):
            tell(f"round {number + 1} of {self.plan.rounds}")
            capture_round(number, rivals, self.plan, self.pgbench, self.figures)
            request_round(number, self.variants, self.plan, self.pgbench, self.figures)
            web_round(number, self.forms, self.plan.requests, self.token, self.figures)
        self.weights = weigh(rivals, self.plan.weighed, self.pgbench)


@contextlib.contextmanager
def contest(version: str, plan: Plan, *, durable: bool) -> Iterator[Contest]:
    """Everybody who can take part on this machine, on servers that are gone at the end of the block."""
    binaries = packaged(version)
    missing = dict(NOWHERE)
    with ExitStack() as stack:
        server = stack.enter_context(running(binaries, durable=durable, settings={}))
        server.make_login(CLIENT)
        rivals = [*references(server), *ours(server)]
        server.make_login(AUDITOR_LOGIN, "audit_app", "audit_writer")
        token = log_in_user(server, f"{OURS[0]}_template")
        if PYTHON.is_file():
            rivals += from_pypi(server)
        else:
            missing["django-pghistory, PostgreSQL-Audit"] = "their environment is not there; bin/bench makes it"
        if home := debian_with("pgaudit"):
            debian = stack.enter_context(running(home, durable=durable, settings=PGAUDIT_SETTINGS))
            debian.make_login(CLIENT)
            debian.execute("postgres", f"create role {AUDITOR}")
            rivals += from_debian(debian, home.name)
        else:
            missing["pgaudit"] = "none of Debian's servers on this machine has it (postgresql-15-pgaudit)"
        for rival in rivals:
            give_history(rival, plan.history, binaries / "bin" / "pgbench")
        by_name = {rival.name: rival for rival in rivals}
        yield Contest(plan, binaries / "bin" / "pgbench", _version(server), by_name, missing, token)


def _version(server: Server) -> str:
    with psycopg.connect(server.admin_dsn) as connection:
        return str(connection.info.parameter_status("server_version"))
