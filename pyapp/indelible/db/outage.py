"""Which errors mean that PostgreSQL could not be asked, rather than that it answered no."""

import psycopg

from indelible.errors import DatabaseUnreachable, sqlstate_of

# Connection exceptions; shutdown, crash, starting up, database dropped; too many connections; login refused.
_CLASSES = ("08", "28")
_STATES = frozenset({"57P01", "57P02", "57P03", "57P04", "53300"})


def is_outage(error: BaseException) -> bool:
    """True if the database was not reached or went away; False for everything it answered itself."""
    if isinstance(error, (DatabaseUnreachable, ConnectionError)):
        return True
    state = sqlstate_of(error)
    if state is None:
        # libpq reports a failed connection, and psycopg_pool an empty pool, without a SQLSTATE.
        return isinstance(error, psycopg.OperationalError)
    return state in _STATES or state.startswith(_CLASSES)
