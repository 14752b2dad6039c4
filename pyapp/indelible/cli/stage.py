"""What `demo` and `up` set up: the sample's database, its login roles, and its users."""

import contextlib
import sys
from collections.abc import Iterator
from typing import Any, Final

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from pydantic import SecretStr

from indelible.cli.credentials import Credentials
from indelible.cli.service_accounts import set_service_accounts
from indelible.cli.wallet import Wallet
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
    "ftms_sealer": ("audit_sealer",),
}
BOOKING: Final = ("ftms.booking.create", "ftms.booking.read", "ftms.booking.update", "ftms.booking.cancel")
READING: Final = ("audit.event.read", "audit.event.export")
ROLES: Final = {
    "ftms_clerk": ("Sells and changes bookings.", BOOKING),
    "ftms_viewer": ("Sees bookings.", ("ftms.booking.read",)),
    "ftms_auditor": ("Sees bookings, to compare them with the log.", ("ftms.booking.read", *READING)),
    "ftms_administrator": ("May do everything.", (*BOOKING, *READING)),
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


# Any constant but the one of migrations, which are a part of this.
LOCK_KEY = 0x696E64656C737467


@contextlib.contextmanager
def reserved(admin_dsn: str) -> Iterator[str]:
    """Nobody else sets or plays on the stage of this database meanwhile; waits for its turn, and says so.

    Gives the DSN with the name of its database, which libpq would else take from each login's own name.
    """
    with contextlib.closing(connect(admin_dsn)) as connection:
        connection.execute("set lock_timeout to 0; set statement_timeout to 0; set idle_session_timeout to 0")
        if connection.execute("select pg_catalog.pg_try_advisory_lock(%s)", [LOCK_KEY]).fetchone() == (False,):
            print("Waiting for another demo in this database to end.", file=sys.stderr)
            connection.execute("select pg_catalog.pg_advisory_lock(%s)", [LOCK_KEY])
        yield make_conninfo(admin_dsn, dbname=connection.info.dbname)


def set_stage(admin_dsn: str, wallet: Wallet) -> Credentials:
    """Migrate with the sample, make logins and users with generated passwords; safe to repeat, once `reserved`.

    Returns what is to be put into the wallet, except `base_url`, which the caller knows. Passwords that still hold
    stay: to set one ends its user's sessions.
    """
    credentials = wallet.take(admin_dsn)
    migrate(admin_dsn, sample=True)
    credentials.admin_dsn = admin_dsn
    with contextlib.closing(connect(admin_dsn)) as admin:
        for name, groups in LOGINS.items():
            password = credentials.password_of_role(name)
            _make_login(admin, name, groups, password)
            credentials.roles[name] = make_conninfo(admin_dsn, user=name, password=password)
        _open_bookings_to_the_dba(admin)
    with contextlib.closing(connect(credentials.roles["ftms_admin"])) as administrator:
        administrator.cursor_factory = psycopg.RawCursor
        _seed(administrator)
        _set_passwords(administrator, credentials)
        set_service_accounts(administrator, credentials)
        for name, (_, _, active) in USERS.items():
            _call(administrator, "set_active", name, active)
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


def _call(administrator: psycopg.Connection[Any], query: str, *parameters: object) -> None:
    administrator.execute(QUERIES[query].encode(), parameters)


def _seed(administrator: psycopg.Connection[Any]) -> None:
    for role, (description, permissions) in ROLES.items():
        _call(administrator, "create_role", role, description)
        for permission in permissions:
            _call(administrator, "grant_permission", role, permission)
    for name, (display_name, held_role, _) in USERS.items():
        _call(administrator, "create_user", name, display_name)
        if held_role:
            _call(administrator, "grant_role", name, held_role)


def _set_passwords(administrator: psycopg.Connection[Any], credentials: Credentials) -> None:
    """Set those that are new, or that somebody else has set since: the log knows when each was set last."""
    last = _passwords_set(credentials)
    for name in USERS:
        if name in credentials.users and name in last and last[name] == credentials.passwords_set.get(name):
            continue
        parameters, verifier = new_verifier(SecretStr(credentials.password_of_user(name)))
        numbers = (parameters.memory_kib, parameters.iterations, parameters.parallelism)
        _call(administrator, "set_password", name, parameters.salt, *numbers, verifier)
    credentials.passwords_set = _passwords_set(credentials)


def _passwords_set(credentials: Credentials) -> dict[str, int]:
    with contextlib.closing(connect(credentials.roles["ftms_dba"])) as investigator:
        investigator.cursor_factory = psycopg.RawCursor
        return dict(investigator.execute(QUERIES["passwords_set"].encode(), [list(USERS)]).fetchall())
