"""A user of Indelible's own login system, logged in for real: what a sealed context comes from."""

import asyncio
import secrets
from typing import Final

import psycopg
from pydantic import SecretStr

from indelible import Audit, Settings, new_verifier
from indelible.context import RequestContext
from indelible.services.login import log_in
from indelible.services.passwords import PasswordHasher
from tests.bench.server import Server

USER: Final = "alice"
ADDRESS: Final = "192.0.2.7"
REQUEST_ID: Final = "5f0c1f0e9a6b4c7d8e2f3a4b5c6d7e8f"
AUDITOR_LOGIN: Final = "bench_audit"


def settings_of(server: Server, database: str) -> Settings:
    """The two logins of an application: for its business, and for the audit service."""
    return Settings(
        app_dsn=SecretStr(server.client(database)), audit_dsn=SecretStr(server.client(database, AUDITOR_LOGIN))
    )


def log_in_user(server: Server, database: str) -> SecretStr:
    """Make the user in that database and log in; returns the bearer token."""
    password = SecretStr(secrets.token_urlsafe(18))
    kept, verifier = new_verifier(password)
    with psycopg.connect(server.admin(database)) as connection:
        connection.execute("select iam.create_user(%s, %s)", [USER, USER.title()])
        values = [USER, kept.salt, kept.memory_kib, kept.iterations, kept.parallelism, verifier]
        connection.execute("select iam.set_password(%s, %s, %s, %s, %s, %s)", values)

    async def begin_session() -> SecretStr:
        async with Audit(settings_of(server, database)) as audit:
            context = RequestContext(REQUEST_ID, ADDRESS)
            session = await log_in(audit, PasswordHasher(), USER, password, context)
        if session is None:
            raise RuntimeError("the user of the bench cannot log in")
        return session.token

    return asyncio.run(begin_session())
