"""What kind of event a row is, by its code: what the SIEM formats choose their classes and categories by."""

from enum import Enum, auto
from typing import Final

from indelible.codes import DENIED
from indelible.services.export.row import EventRow


class Kind(Enum):
    """The rows of the mapping table in docs/exports.md."""

    LOGIN = auto()
    LOGOUT = auto()
    DENIAL = auto()
    USER = auto()
    """A change of a user of iam."""
    ROLE = auto()
    """A change of a role of iam."""
    CHANGE = auto()
    """A row of a watched table."""
    AUDIT = auto()
    """What happened to the audit itself."""
    BUSINESS = auto()


class Verb(Enum):
    """What was done, as far as the code says."""

    CREATE = auto()
    READ = auto()
    UPDATE = auto()
    DELETE = auto()
    OTHER = auto()


_VERBS: Final = {
    "CREATED": Verb.CREATE, "CREATE": Verb.CREATE, "INSERTED": Verb.CREATE, "ADDED": Verb.CREATE,
    "READ": Verb.READ, "VIEWED": Verb.READ, "EXPORTED": Verb.READ, "EXPORT": Verb.READ,
    "UPDATED": Verb.UPDATE, "UPDATE": Verb.UPDATE, "CHANGED": Verb.UPDATE,
    "CANCELLED": Verb.UPDATE, "CANCEL": Verb.UPDATE,
    "DELETED": Verb.DELETE, "DELETE": Verb.DELETE, "REMOVED": Verb.DELETE, "TRUNCATED": Verb.DELETE,
}  # fmt: skip

# Somebody was at the audit itself and was stopped, or got away with it.
ALARMING: Final = frozenset({
    "AUDIT_CAPTURE_DISABLED", "AUDIT_TAMPERING_REFUSED", "AUDIT_VERDICTS_FORGED", "AUDIT_VERDICTS_LOST",
})  # fmt: skip


def kind_of(row: EventRow) -> Kind:
    """The kind of a row."""
    family = row.action.partition("_")[0]
    if family == "AUDIT":
        return Kind.AUDIT
    if family in ("ROW", "TABLE"):
        return Kind.CHANGE
    if family == "AUTH":
        return Kind.LOGOUT if row.action == "AUTH_LOGOUT" else Kind.LOGIN
    if family == "RBAC" or row.outcome == DENIED:
        return Kind.DENIAL
    if family == "IAM" and row.entity_id is not None:
        return {"IAM_USER": Kind.USER, "IAM_ROLE": Kind.ROLE}.get(row.entity_type or "", Kind.BUSINESS)
    return Kind.BUSINESS


def verb_of(code: str) -> Verb:
    """What the last word of an event code, or of a permission, says."""
    return _VERBS.get(code.replace(".", "_").rpartition("_")[2].upper(), Verb.OTHER)
