"""Audit logging for PostgreSQL that cannot be erased: the names an application uses."""

from indelible.db.transaction import transaction
from indelible.errors import AuditUnavailable
from indelible.http.bodies import parse_body
from indelible.http.describe import describe
from indelible.http.middleware import AuditMiddleware
from indelible.http.permission import requires_permission
from indelible.http.problem import exception_handlers, problem
from indelible.http.routes import standard_routes
from indelible.models import Receipt
from indelible.services.audit import Audit
from indelible.services.audited import audited
from indelible.services.call import set_entity
from indelible.services.keys import new_api_key
from indelible.services.passwords import new_verifier
from indelible.settings import Settings

__all__ = [
    "Audit",
    "AuditMiddleware",
    "AuditUnavailable",
    "Receipt",
    "Settings",
    "audited",
    "describe",
    "exception_handlers",
    "new_api_key",
    "new_verifier",
    "parse_body",
    "problem",
    "requires_permission",
    "set_entity",
    "standard_routes",
    "transaction",
]
