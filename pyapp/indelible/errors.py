"""Every exception Indelible raises on purpose, and the SQLSTATEs that the database refuses with."""

from collections.abc import Mapping, Sequence
from typing import Any, Final


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


class InvalidNote(IndelibleError):
    """A signed note, checkpoint, proof or key that is malformed, or not signed as it must be."""


class SpoolError(IndelibleError):
    """The spool cannot do what it was asked: full, unwritable, locked for too long or damaged; one sentence says it."""


class SealRefused(IndelibleError):
    """The log is not, or not only, the one that this sealer has signed: nothing is signed until somebody decides."""


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


class AuditUnavailable(Problem):
    """An action that must be on record before it begins could not be put there, and was not begun: 503."""

    status_code = 503
    title = "Audit unavailable"

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail=detail, headers={"Retry-After": "5"})


# The word for what iam.require_permission() refuses.
PERMISSION_DENIED: Final = "permission_denied"

# Indelible's own SQLSTATEs (class ID, listed in the README), each in the word that metrics use.
REFUSALS: Mapping[str, str] = {
    "ID001": "append_only",
    "ID002": "unknown_action",
    "ID003": "wrong_origin",
    "ID005": "invalid_event",
    "ID006": "cannot_watch",
    "ID007": "invalid_columns",
    "ID008": "invalid_login_attempt",
    "ID009": "invalid_identity_value",
    "ID010": "maintenance_stopped",
    "ID011": "table_drifted",
    "ID012": "rows_unreadable",
    "ID013": "tampering_refused",
    "ID014": "out_of_step",
    "ID015": PERMISSION_DENIED,
    "ID016": "no_such_attempt",
}


def is_denial(error: BaseException) -> bool:
    """True if iam.require_permission() refused, inside of whatever statement."""
    return REFUSALS.get(sqlstate_of(error) or "") == PERMISSION_DENIED


def sqlstate_of(error: BaseException) -> str | None:
    """The five-character SQLSTATE of an asyncpg or psycopg error; None for anything else."""
    code = getattr(error, "sqlstate", None)
    return code if isinstance(code, str) and len(code) == 5 else None
