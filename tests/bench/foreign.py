"""The peers that PyPI and Debian offer, each installed by its own package's code in its own environment."""

import json
import os
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from tests.bench.rivals import SERVER_LOG, Rival, make_rival
from tests.bench.server import CLIENT, Server

ROOT: Final = Path(__file__).resolve().parents[2]
PYTHON: Final = ROOT / ".venv" / "peers" / "bin" / "python"
SCRIPTS: Final = Path(__file__).with_name("peers")
DEBIAN_BASE: Final = "unaudited_debian"

# The role in whose name pgaudit looks at a table; it audits what this role was granted.
AUDITOR: Final = "bench_auditor"
PGAUDIT_SETTINGS: Final = {
    "shared_preload_libraries": "pgaudit", "pgaudit.role": AUDITOR, "pgaudit.log_parameter": "on",
}  # fmt: skip
PGAUDIT: Final = f"create extension pgaudit; grant insert, update, delete on public.bookings to {AUDITOR};"

# Its triggers run with the rights of whoever changes the bookings.
OPEN_PGHISTORY: Final = f"grant select, insert, update on all tables in schema public to {CLIENT}"

# The application itself writes the row that says who acts.
OPEN_TRANSACTION: Final = f"""
grant select, insert on public.transaction to {CLIENT};
grant usage on sequence public.transaction_id_seq to {CLIENT};
"""

# What its users' code sends in a request: BEGIN; the context in the same message as the statement; COMMIT.
PGHISTORY_REQUEST: Final = "begin;\n\\startpipeline\n{context};\n{{statement}}\n\\endpipeline\ncommit;\n"
# BEGIN; who acts; the statement; COMMIT.
POSTGRESQL_AUDIT_REQUEST: Final = "begin;\n{context};\n{{statement}}\ncommit;\n"

# What was looked for and is not to be had, with the reason.
NOWHERE: Final = {"E-Maj": "neither PyPI nor Debian offers it"}


@dataclass(frozen=True)
class Installed:
    """What an installer says: the package's version, its table of changes, the SQL that sets its context."""

    version: str
    log: str
    context: str


def from_pypi(server: Server) -> list[Rival]:
    """django-pghistory and PostgreSQL-Audit, each by row and by statement."""
    return [
        *(_pghistory(server, level) for level in ("row", "statement")),
        *(_postgresql_audit(server, level) for level in ("row", "statement")),
    ]


def _pghistory(server: Server, level: str) -> Rival:
    rival = make_rival(Rival(f"pghistory_{level}", "", server, "with context"))
    peer = _install("pghistory", level, rival)
    server.execute(rival.template, OPEN_PGHISTORY)
    return replace(
        rival,
        title=f"django-pghistory {peer.version}, by {level}",
        log=peer.log,
        session=peer.context.replace(", true)", ", false)"),
        request=PGHISTORY_REQUEST.format(context=peer.context),
    )


def _postgresql_audit(server: Server, level: str) -> Rival:
    # Its context is a row written in each transaction: there is no form of it for autocommit.
    rival = make_rival(Rival(f"postgresql_audit_{level}", "", server, "no actor (it has none in autocommit)"))
    peer = _install("postgresql_audit", level, rival)
    server.execute(rival.template, OPEN_TRANSACTION)
    return replace(
        rival,
        title=f"PostgreSQL-Audit {peer.version}, by {level}",
        log=peer.log,
        request=POSTGRESQL_AUDIT_REQUEST.format(context=peer.context),
    )


def from_debian(server: Server, version: str) -> list[Rival]:
    """pgaudit on Debian's server, and the unaudited table that it is compared with."""
    note = "one entry a statement"
    return [
        make_rival(Rival(DEBIAN_BASE, f"unaudited on PostgreSQL {version}", server, base=DEBIAN_BASE)),
        make_rival(Rival("pgaudit", "pgaudit", server, note, log=SERVER_LOG, base=DEBIAN_BASE), PGAUDIT),
    ]


def _install(package: str, level: str, rival: Rival) -> Installed:
    command = [str(PYTHON), str(SCRIPTS / f"install_{package}.py"), level]
    environment = {**os.environ, "PEER_DSN": rival.server.admin(rival.template)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        raise RuntimeError(f"{package} could not be installed in its database:\n{done.stderr}")
    return Installed(**json.loads(done.stdout))
