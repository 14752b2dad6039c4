"""Run in the peers' environment: hangs django-pghistory on public.bookings with its own code, and prints what it is.

Argument: row or statement; the DSN of the database is in PEER_DSN. Output: JSON with the version, the table of events,
and the SQL with which pghistory sets its context, as its context manager (what its middleware enters) sends it.
"""

import importlib.metadata
import json
import os
import sys
from typing import Any

import django
from django.conf import settings
from psycopg import ClientCursor
from psycopg.conninfo import conninfo_to_dict


def main(level: str) -> None:
    """Tables and triggers by Django's migrate and pgtrigger's install."""
    os.environ["PEER_LEVEL"] = level
    address = {key.upper(): str(value) for key, value in conninfo_to_dict(os.environ["PEER_DSN"]).items()}
    address["NAME"] = address.pop("DBNAME")
    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", **address}},
        INSTALLED_APPS=["pgtrigger", "pghistory", "ferry"],
        USE_TZ=True,
    )
    django.setup()

    import pghistory
    import pgtrigger
    from django.core.management import call_command

    call_command("migrate", run_syncdb=True, verbosity=0)
    pgtrigger.install()
    (events,) = pghistory.core.event_models()
    version = importlib.metadata.version("django-pghistory")
    print(json.dumps({"version": version, "log": f"public.{events._meta.db_table}", "context": context_sql()}))


def context_sql() -> str:
    """What pghistory puts before a statement: caught on its way to the database."""
    import pghistory
    from django.db import connection

    sent: list[str] = []

    def catch(_: Any, sql: str, params: Any, __: Any, context: Any) -> None:
        sent.append(ClientCursor(context["connection"].connection).mogrify(sql, params))

    with (
        pghistory.context(user=7, url="/v1/ftms/bookings") as current,
        connection.execute_wrapper(catch),
        connection.cursor() as cursor,
    ):
        cursor.execute("update bookings set seats = 1")
    # Each connection and each request has an id of its own.
    return sent[0].split(";")[0].replace(f"'{current.id}'", "gen_random_uuid()::text")


if __name__ == "__main__":
    main(*sys.argv[1:])
