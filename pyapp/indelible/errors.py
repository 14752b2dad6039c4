"""Every exception Indelible raises on purpose, and the SQLSTATE each refusal of the database travels as."""

from collections.abc import Mapping, Sequence
from typing import Any


class IndelibleError(Exception):
    """Base of all errors that Indelible raises on purpose."""


class ConfigurationError(IndelibleError):
    """Settings that cannot work; the message is one sentence for a person."""


class DatabaseUnreachable(IndelibleError):
    """PostgreSQL could not be asked: refused, timed out, shutting down or out of connections."""


class MigrationError(IndelibleError):
    """A migration or a file of sql/ could not be applied; the message names the file and the SQLSTATE."""


class EmbeddedError(IndelibleError):
    """The embedded PostgreSQL cannot be prepared, started or shared."""


class DataDirectoryInUse(EmbeddedError):
    """Another process runs a server in this data directory."""


class TransactionAborted(IndelibleError):
    """COMMIT was asked for, but an earlier, swallowed error had already doomed the transaction: it was rolled back."""


class Problem(IndelibleError):
    """An answer other than success, in the terms of RFC 9457; raise it anywhere below the HTTP layer.

    `errors` lists field-level findings (`field`, `reason`, `message`) and never a value the client sent.
    """

    status_code = 500
    title: str | None = None

    def __init__(
        self,
        status_code: int | None = None,
        title: str | None = None,
        detail: str | None = None,
        *,
        errors: Sequence[Mapping[str, Any]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status_code = status_code or type(self).status_code
        self.title = title or type(self).title
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        super().__init__(self.status_code, self.title)


class Unauthenticated(Problem):
    """Nobody is logged in, or the token is not (any longer) valid: 401."""

    status_code = 401
    title = "Authentication required"

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail=detail, headers={"WWW-Authenticate": "Bearer"})


class PermissionDenied(Problem):
    """The user is known and may not do this: 403."""

    status_code = 403
    title = "Permission denied"

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail=detail)


class Refusal(IndelibleError):
    """The database refused by one of Indelible's own SQLSTATEs; the driver's error is the cause."""

    sqlstate = ""


class AppendOnly(Refusal):
    """Recorded events are neither changed nor deleted."""

    sqlstate = "ID001"


class UnknownAction(Refusal):
    """The action is not in the catalogue."""

    sqlstate = "ID002"


class WrongOrigin(Refusal):
    """The action belongs to another origin: a service may not record a row change or a login."""

    sqlstate = "ID003"


class InvalidEvent(Refusal):
    """A field of the event is out of bounds: outcome, length, size of the metadata."""

    sqlstate = "ID005"


class CannotWatch(Refusal):
    """This relation cannot be watched."""

    sqlstate = "ID006"


class InvalidColumns(Refusal):
    """An excluded or masked column does not exist, or is part of the key."""

    sqlstate = "ID007"


class InvalidLoginAttempt(Refusal):
    """The login attempt is unknown, finished, or was begun in this very transaction."""

    sqlstate = "ID008"


class InvalidIdentityValue(Refusal):
    """A user, role, permission or one of their values is unknown or out of bounds."""

    sqlstate = "ID009"


class MaintenanceStopped(Refusal):
    """Emptying the net would have lost rows, so nothing was done."""

    sqlstate = "ID010"


class TableDrifted(Refusal):
    """A watched table's columns were retyped or replaced after `watch`: watch it again."""

    sqlstate = "ID011"


REFUSALS: Mapping[str, type[Refusal]] = {
    refusal.sqlstate: refusal
    for refusal in (
        AppendOnly,
        UnknownAction,
        WrongOrigin,
        InvalidEvent,
        CannotWatch,
        InvalidColumns,
        InvalidLoginAttempt,
        InvalidIdentityValue,
        MaintenanceStopped,
        TableDrifted,
    )
}


def sqlstate_of(error: BaseException) -> str | None:
    """The five-character SQLSTATE of an asyncpg or psycopg error; None for anything else."""
    code = getattr(error, "sqlstate", None)
    return code if isinstance(code, str) and len(code) == 5 else None


def refusal_of(error: BaseException) -> Refusal | None:
    """Indelible's own exception for a driver's error, to be raised `from` it; None if the SQLSTATE is not ours."""
    refusal = REFUSALS.get(sqlstate_of(error) or "")
    return refusal(str(error)) if refusal else None
