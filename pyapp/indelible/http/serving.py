"""The request being served, for code that cannot do without one."""

from indelible.context import RequestContext, current
from indelible.services.audit import Audit


def serving() -> tuple[RequestContext, Audit]:
    """The current request and its audit service.

    Raises:
        RuntimeError: no AuditMiddleware around the application, or no audit service given to it.
    """
    context = current()
    if context is None or not isinstance(context.audit, Audit):
        raise RuntimeError("This needs AuditMiddleware around the application, and a running Audit.")
    return context, context.audit
