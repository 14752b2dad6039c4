"""Logging in: the database decides, the application only computes argon2id ("server relief").

`login_begin` commits the attempt and hands out salt and parameters, the application derives the key, and
`login_finish`, in another transaction, compares and records. No hash leaves the database, and the password
never enters it.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pydantic import SecretStr

from indelible.context import Identity, RequestContext
from indelible.services.passwords import Argon2Parameters, PasswordHasher, encode_password
from indelible.services.question import Sessions, ask
from indelible.services.standing import Standing

TOKEN_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Session:
    """A successful login. `token` is shown to the user once; the database knows only a digest of it."""

    token: SecretStr
    username: str
    display_name: str
    expires_at: datetime


def hash_token(token: SecretStr) -> bytes:
    """What travels to the database instead of the bearer token."""
    return hashlib.sha256(token.get_secret_value().encode()).digest()


async def log_in(
    sessions: Sessions, hasher: PasswordHasher, username: str, password: SecretStr, context: RequestContext
) -> Session | None:
    """A new session, or None: which of the four refusals it was stands in the log alone.

    argon2id runs exactly once whatever the verdict, so the time does not tell either.

    Raises:
        ValueError: no password that `encode_password` accepts; nothing was asked.
        LoginOverloadedError: too many are waiting; nothing was asked.
        DatabaseUnreachable: an attempt that was begun counts as failed.
    """
    encoded = encode_password(password)
    with hasher.place():
        begun = await ask(sessions, "begin_login", username, context.ip_address, context.request_id)
        parameters = Argon2Parameters(begun["salt"], begun["memory_kib"], begun["iterations"], begun["parallelism"])
        key = await hasher.derive(encoded, parameters)
    token = SecretStr(secrets.token_urlsafe(TOKEN_BYTES))
    finished = await ask(sessions, "finish_login", begun["attempt_id"], key, hash_token(token))
    if finished["verdict"] != "succeeded":
        return None
    identity = await authenticate(sessions, token, context)
    if identity is None:  # deactivated in between
        return None
    return Session(token, identity.user_id, identity.display_name or identity.user_id, finished["expires_at"])


async def authenticate(sessions: Sessions, token: SecretStr, context: RequestContext) -> Identity | None:
    """Whose session `token` opens, with the seal for this one request; None if it is not (any longer) valid.

    Raises:
        DatabaseUnreachable: there is no answer.
    """
    values = hash_token(token), context.ip_address, context.request_id
    row = await ask(sessions, "authenticate", *values, standing=Standing.UNPROVEN)
    return Identity(row["username"], row["sealed"], row["display_name"]) if row else None


async def log_out(sessions: Sessions, token: SecretStr, context: RequestContext) -> bool:
    """End the session of `token`, on record; False if there was none.

    Raises:
        DatabaseUnreachable: there is no answer, the session may go on.
    """
    row = await ask(sessions, "log_out", hash_token(token), context.ip_address, context.request_id)
    return bool(row["ended"])
