"""Connection strings, checked before anything connects and never repeated in a message."""

from urllib.parse import quote, urlencode

import psycopg

from indelible.errors import ConfigurationError
from indelible.settings import Settings

# What libpq and asyncpg both understand in a URL; asyncpg takes every other word for a setting of the server.
_UNDERSTOOD = frozenset({
    "host", "port", "sslmode", "sslcert", "sslkey", "sslrootcert", "sslcrl", "sslpassword", "sslnegotiation",
    "ssl_min_protocol_version", "ssl_max_protocol_version", "target_session_attrs", "krbsrvname", "gsslib", "passfile",
    "application_name", "options",
})  # fmt: skip


def dsn_of(settings: Settings, *, independent: bool) -> str:
    """The URL of the independent or of the business session, in the form that libpq and asyncpg both read.

    Every libpq connection string is accepted; options that only libpq has, such as `connect_timeout`, are left out.

    Raises:
        ConfigurationError: there is none, or it is no connection string.
    """
    dsn = settings.dsn(independent=independent)
    name = "INDELIBLE_AUDIT_DSN" if independent else "INDELIBLE_APP_DSN"
    if not dsn:
        raise ConfigurationError(f"No database is configured: set {name} or DATABASE_URL.")
    try:
        parts = psycopg.conninfo.conninfo_to_dict(dsn)
    except psycopg.ProgrammingError:
        # The driver's message may hold the password.
        raise ConfigurationError(f"{name} (or DATABASE_URL) is not a connection string.") from None
    return _url({key: str(value) for key, value in parts.items() if value is not None})


def _url(parts: dict[str, str]) -> str:
    user, password = quote(parts.get("user", ""), safe=""), quote(parts.get("password", ""), safe="")
    parts.setdefault("host", parts.get("hostaddr", ""))
    options = {key: value for key, value in parts.items() if key in _UNDERSTOOD and value}
    login = user + (f":{password}" if password else "")
    database = quote(parts.get("dbname", ""), safe="")
    return f"postgresql://{login}{'@' if login else ''}/{database}?{urlencode(options, quote_via=quote)}"
