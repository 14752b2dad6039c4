"""`indelible spool`: what waits on disk, and bringing it to the database."""

import json
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from indelible.cli.failure import FOUND, UNREACHABLE, USAGE
from indelible.services.event import compose
from indelible.services.spool.payload import to_payload
from indelible.services.spool.spool import Spool

from .conftest import Run

Put = Callable[..., list[UUID]]


@pytest.fixture
def spooled(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Put:
    """`spooled("SHOP_ORDER_PAID", …)`: an event of each code waits in the spool."""
    monkeypatch.setenv("INDELIBLE_SPOOL_DIR", str(folder / "spool"))

    def put(*actions: str) -> list[UUID]:
        events = [compose(action, None, {}) for action in actions]
        opened = Spool.open(folder / "spool", max_bytes=1_048_576)
        opened.put([(event.event_id, to_payload(event)) for event in events])
        opened.close()
        return [event.event_id for event in events]

    return put


@pytest.fixture
def service(shop: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The service's own login is set, and a code of its is known."""
    name = f"test_{secrets.token_hex(6)}"
    login = sql.Identifier(name)
    with psycopg.connect(shop, autocommit=True) as connection:
        connection.execute(
            sql.SQL("create role {} login password 'none' in role audit_writer, audit_app").format(login)
        )
        connection.execute("select audit.define_action('SHOP_ORDER_PAID', 'Of the tests.', 'service')")
        dsn = make_conninfo(shop, user=name, password="none")
        monkeypatch.setenv("INDELIBLE_AUDIT_DSN", dsn)
        yield dsn
        connection.execute(sql.SQL("drop role {}").format(login))


def ids_on_record(dsn: str) -> list[str]:
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(
            "select metadata ->> 'event_id' from audit.audit_logs where action = 'SHOP_ORDER_PAID' order by id"
        )
        return [row[0] for row in rows]


def test_what_waits_is_shown_and_brought_once(run: Run, shop: str, service: str, spooled: Put) -> None:
    """`spool` counts and changes nothing; --replay brings each event to the log, and a second time none."""
    first = spooled("SHOP_ORDER_PAID", "SHOP_ORDER_PAID")
    shown = json.loads(run("spool", "--json", database=shop).out)
    assert (shown["waiting"], shown["replayed"]) == (2, 0) and ids_on_record(shop) == []
    outcome = run("spool", "--replay", database=shop)
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith("2 events were brought to the database.\n0 events wait in ")
    assert ids_on_record(shop) == [str(event_id) for event_id in first]
    assert json.loads(run("spool", "--replay", "--json", database=shop).out)["replayed"] == 0
    assert len(ids_on_record(shop)) == 2


def test_what_the_database_refuses_is_set_aside(run: Run, shop: str, service: str, spooled: Put) -> None:
    """An unknown code is kept with its reason, the exit code is 1, and the other event is on record."""
    refused, _ = spooled("SHOP_NOTHING_KNOWN", "SHOP_ORDER_PAID")
    outcome = run("spool", "--replay", database=shop)
    assert outcome.code == FOUND and f"{refused}  unknown_action" in outcome.out
    assert len(ids_on_record(shop)) == 1
    (aside,) = json.loads(run("spool", "--json", database=shop).out)["aside"]
    assert (aside["event_id"], aside["reason"]) == (str(refused), "unknown_action")


def test_while_the_database_is_away_all_waits(
    run: Run, shop: str, service: str, spooled: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--replay says so with exit code 3, and nothing is lost."""
    spooled("SHOP_ORDER_PAID")
    monkeypatch.setenv("INDELIBLE_AUDIT_DSN", make_conninfo(service, port=1))
    outcome = run("spool", "--replay", database=shop)
    assert outcome.code == UNREACHABLE and "does not answer; 1 events wait" in outcome.err
    assert json.loads(run("spool", "--json", database=shop).out)["waiting"] == 1


def test_under_another_login_nothing_is_brought(run: Run, shop: str, spooled: Put) -> None:
    """Ids are known by the login that sent them, so that login has to be told."""
    spooled("SHOP_ORDER_PAID")
    outcome = run("spool", "--replay", database=shop)
    assert outcome.code == USAGE and "INDELIBLE_AUDIT_DSN" in outcome.err


def test_without_a_spool_nothing_waits(run: Run, folder: Path, shop: str) -> None:
    """None is made by looking."""
    outcome = run("spool", database=shop)
    assert outcome.code == 0 and outcome.out.startswith("Nothing waits")
    assert not list(folder.rglob("spool*"))
