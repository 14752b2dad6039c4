"""What `demo` and `up` set up: the sample's database, its login roles, and its users."""

import contextlib
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from pydantic import SecretStr

from indelible.cli.credentials import Credentials
from indelible.db.migrate import migrate
from indelible.db.session import connect
from indelible.queries import QUERIES
from indelible.services.passwords import new_verifier

# Each login, and the groups whose rights it has. None owns anything.
LOGINS: Final = {
    "ftms_api": ("ftms_app", "audit_app"),
    "ftms_audit": ("audit_writer", "audit_app"),
    "ftms_dba": ("audit_investigator",),
    "ftms_bi": ("audit_reader",),
    "ftms_admin": ("iam_admin", "audit_admin"),
}
ROLES: Final = {
    "ftms_clerk": ("Sells and changes bookings.", ("create", "read", "update", "cancel")),
    "ftms_viewer": ("Sees bookings.", ("read",)),
    "ftms_auditor": ("Sees bookings, to compare them with the log.", ("read",)),
    "ftms_administrator": ("May do everything.", ("create", "read", "update", "cancel")),
}
# name → (display name, role or none, active)
USERS: Final = {
    "alice": ("Alice, clerk", "ftms_clerk", True),
    "bob": ("Bob, who only looks", "ftms_viewer", True),
    "carol": ("Carol, who has left", "ftms_clerk", False),
    "dave": ("Dave, without any role", None, True),
    "audrey": ("Audrey, auditor", "ftms_auditor", True),
    "root": ("Root, administrator", "ftms_administrator", True),
}


def set_stage(admin_dsn: str, data_dir: Path) -> Credentials:
    """Migrate with the sample, make logins and users with generated passwords; safe to repeat.

    Returns what is in credentials.json, except `base_url`, which the caller knows. Passwords of an earlier start stay.
    """
    migrate(admin_dsn, sample=True)
    credentials = Credentials.read(data_dir)
    credentials.admin_dsn = admin_dsn
    with contextlib.closing(connect(admin_dsn)) as admin:
        for name, groups in LOGINS.items():
            password = credentials.password_of_role(name)
            _make_login(admin, name, groups, password)
            credentials.roles[name] = make_conninfo(admin_dsn, user=name, password=password)
        _open_bookings_to_the_dba(admin)
    with contextlib.closing(connect(credentials.roles["ftms_admin"])) as administrator:
        administrator.cursor_factory = psycopg.RawCursor
        _seed(administrator, credentials)
    return credentials


def _make_login(admin: psycopg.Connection[Any], name: str, groups: tuple[str, ...], password: str) -> None:
    # Hashed here: the password itself must not pass through statements, which servers log and show.
    hashed = admin.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256").decode()
    role = sql.Identifier(name)
    with admin.transaction():
        if admin.execute("select from pg_catalog.pg_roles where rolname = %s", [name]).fetchone() is None:
            admin.execute(sql.SQL("create role {}").format(role))
        admin.execute(sql.SQL("alter role {} login password {}").format(role, sql.Literal(hashed)))
        for group in groups:
            admin.execute(sql.SQL("grant {} to {} with set false").format(sql.Identifier(group), role))


def _open_bookings_to_the_dba(admin: psycopg.Connection[Any]) -> None:
    with admin.transaction():
        admin.execute("set local role ftms_owner")
        admin.execute("grant usage on schema ftms to ftms_dba")
        admin.execute("grant select, insert, update, delete on ftms.bookings to ftms_dba")


def _seed(administrator: psycopg.Connection[Any], credentials: Credentials) -> None:
    def call(query: str, *parameters: object) -> None:
        administrator.execute(QUERIES[query].encode(), parameters)

    for role, (description, permissions) in ROLES.items():
        call("create_role", role, description)
        for permission in permissions:
            call("grant_permission", role, f"ftms.booking.{permission}")
    for name, (display_name, held_role, active) in USERS.items():
        call("create_user", name, display_name)
        parameters, verifier = new_verifier(SecretStr(credentials.password_of_user(name)))
        numbers = (parameters.memory_kib, parameters.iterations, parameters.parallelism)
        call("set_password", name, parameters.salt, *numbers, verifier)
        if held_role:
            call("grant_role", name, held_role)
        call("set_active", name, active)
