"""The request context as SQL: bound parameters, or the only literal that Indelible ever writes into a statement.

asyncpg binds nothing in a multi-statement string, and BEGIN must not cost a round trip of its own. So a value is
written out only in an alphabet that needs no escaping, and everything else travels as hexadecimal digits.
"""

import re

from indelible.address import spell_address
from indelible.context import RequestContext
from indelible.queries import QUERIES
from indelible.text import spelled

_SEALED = re.compile(r"(?:[0-9a-f]{2}){1,2000}\.[0-9a-f]{64}")
_REQUEST_ID = re.compile(r"[0-9A-Za-z._-]{1,128}")
_PLAIN = re.compile(r"[0-9A-Za-z.:_-]*")
_PARAMETER = re.compile(r"\$([1-9])")

Call = tuple[str, tuple[str | None, ...]]


def context_call(context: RequestContext) -> Call:
    """The name of the query that sets `context`, and its parameters, every one of them validated."""
    if context.sealed is not None and _SEALED.fullmatch(context.sealed):
        return "set_sealed_context", (context.sealed,)
    return "set_context", (
        None if context.user_id is None else spelled(context.user_id),
        spell_address(context.ip_address),
        context.request_id if _REQUEST_ID.fullmatch(context.request_id) else None,
    )


def context_statement(context: RequestContext) -> str:
    """The same call as one statement without parameters."""
    name, values = context_call(context)
    return _PARAMETER.sub(lambda match: _literal(values[int(match[1]) - 1]), QUERIES[name])


def _literal(value: str | None) -> str:
    if value is None:
        return "null::text"
    if _PLAIN.fullmatch(value):
        return f"'{value}'"
    # Quotes, backslashes and standard_conforming_strings have no say over hexadecimal digits.
    return f"convert_from(decode('{value.encode().hex()}', 'hex'), 'UTF8')"
