"""From an exception to one sentence and an exit code."""

import traceback

import psycopg

from indelible.db.outage import is_outage
from indelible.errors import ConfigurationError, DatabaseUnreachable, EmbeddedError, IndelibleError
from indelible.text import neutralise

FOUND, USAGE, UNREACHABLE = 1, 2, 3

# Whose fault an error of PostgreSQL is: the caller's (wrong names, values, rights), by class of SQLSTATE.
USAGE_CLASSES = ("22", "3F", "42", "ID")


def sentence_of(error: Exception) -> tuple[str, int]:
    """What to tell the user about `error`, and the exit code."""
    if isinstance(error, psycopg.Error):
        return _of_database(error)
    if isinstance(error, IndelibleError):
        return str(error), _code_of(error)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "indelible" in frame.filename]
    place = f" ({frames[-1].filename}:{frames[-1].lineno})" if frames else ""
    return f"Unexpected {type(error).__name__}{place}: {neutralise(str(error))} Please report it.", FOUND


def _code_of(error: IndelibleError) -> int:
    if isinstance(error, (DatabaseUnreachable, EmbeddedError)):
        return UNREACHABLE
    return USAGE if isinstance(error, ConfigurationError) else FOUND


def _of_database(error: psycopg.Error) -> tuple[str, int]:
    if is_outage(error):
        return "The connection to the database was lost.", UNREACHABLE
    state = error.sqlstate or ""
    message = neutralise(error.diag.message_primary or type(error).__name__, 1000)
    return f"PostgreSQL refuses: {message} (SQLSTATE {state})", USAGE if state.startswith(USAGE_CLASSES) else FOUND
