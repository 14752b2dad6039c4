"""For whom the log is read: what the reading functions of the database want to know, in their order."""

from indelible.context import RequestContext

Reader = tuple[str | None, str | None, str | None, str | None]


def reader_of(context: RequestContext) -> Reader:
    """Seal, user, address and request id of a request."""
    return context.sealed, context.user_id, context.ip_address, context.request_id
