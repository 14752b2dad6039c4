"""The cursor of an export: the rows of audit.v_events that match, one snapshot, for who may; and exports on record."""

import json
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from indelible.queries import QUERIES
from indelible.services.export.row import COLUMNS, EventRow
from indelible.services.export.source import Counted, exported_rows
from tests.exported import fill
from tests.support import Login, events, one

Connect = Callable[..., psycopg.Connection[Any]]
ALL = '{"reads": true}'


@pytest.fixture
def shop(postgresql: psycopg.Connection[Any], login: Login, connect: Connect) -> psycopg.Connection[Any]:
    """A watched table with a past, and events of every other kind of column."""
    postgresql.execute("create table public.orders (id int primary key, item text, price numeric)")
    postgresql.execute("select audit.watch('public.orders', 'ORDER')")
    postgresql.execute("insert into public.orders values (1, 'tea', 1.50), (2, E'=\\tcake\\n', 2)")
    postgresql.execute("update public.orders set price = 3 where id = 1")
    with connect(login("audit_app", "audit_writer")) as application:
        application.execute(
            "select audit.record('FTMS_BOOKING_CREATED', 'ORDER', '7', 'Made by hand', 'failure',"
            " '{\"reason\": \"odd\"}', null, 'ann', '2001:db8::1', 'request-1')"
        )
    return postgresql


def export(connection: psycopg.Connection[Any], wanted: str = ALL) -> list[EventRow]:
    return list(exported_rows(connection, "open_export", wanted))


@pytest.mark.parametrize("role", ["audit_reader", "audit_investigator"])
def test_rows_are_those_of_the_flat_view(
    shop: psycopg.Connection[Any], login: Login, connect: Connect, role: str
) -> None:
    """Every column with its value, for whoever reads the view, in order of id."""
    connection = connect(login(role))
    cursor = connection.execute("select * from audit.v_events order by id")
    assert [column.name for column in cursor.description or ()] == list(COLUMNS)
    rows = cursor.fetchall()
    found = export(connection)
    assert found == rows and len(found) > 5
    assert {row.action for row in found} >= {"ROW_INSERTED", "ROW_UPDATED", "FTMS_BOOKING_CREATED"}


@pytest.mark.parametrize(
    ("wanted", "entities"),
    [
        ({"entity_type": "ORDER"}, ["1", "2", "1", "7"]),
        ({"entity_type": "ORDER", "entity_id": "1"}, ["1", "1"]),
        ({"request_id": "request-1"}, ["7"]),
        ({"actor": "ann", "outcome": "failure"}, ["7"]),
        ({"action": "ROW_*", "entity_type": "ORDER"}, ["1", "2", "1"]),
        ({"network": "2001:db8::/32"}, ["7"]),
        ({"text": "hand"}, ["7"]),
        ({"entity_type": "ORDER", "until": "2020-01-01T00:00:00Z"}, []),
    ],
)
def test_filters(shop: psycopg.Connection[Any], wanted: dict[str, str], entities: list[str]) -> None:
    """Those of the reading endpoints, by the same predicate."""
    assert [row.entity_id for row in export(shop, json.dumps(wanted))] == entities


def test_reads_are_left_out_unless_asked_for(shop: psycopg.Connection[Any]) -> None:
    """Who exports the log every night would otherwise export who exported it."""
    shop.execute("select audit.drain()")  # makes the slot that messages are kept for
    shop.execute("select count(*) from audit.v_events")
    shop.execute("select audit.drain()")
    assert events(shop, "action = 'AUDIT_LOG_READ'")
    assert not [row for row in export(shop, "{}") if row.action == "AUDIT_LOG_READ"]
    assert [row for row in export(shop) if row.action == "AUDIT_LOG_READ"]


def test_an_export_is_of_one_moment(shop: psycopg.Connection[Any], connect: Connect, admin_dsn: str) -> None:
    """What is recorded while it runs is not in it, and who stops in the middle leaves the connection usable."""
    fill(shop, 1000)
    connection = connect(admin_dsn)
    rows = Counted(exported_rows(connection, "open_export", '{"entity_type": "BULK"}'))
    next(rows)
    fill(shop, 1000)
    assert len(list(rows)) == 999 and rows.count == 1000
    rows = Counted(exported_rows(connection, "open_export", '{"entity_type": "BULK"}'))
    next(rows)
    rows.close()
    assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    assert len(export(connection, '{"entity_type": "BULK"}')) == 2000


def test_the_service_exports_for_who_may(shop: psycopg.Connection[Any], login: Login, connect: Connect) -> None:
    """The permission is asked for in the database, too: the service's login alone opens nothing."""
    service = connect(login("audit_writer", "audit_app"))
    shop.execute("select iam.create_user('eve', 'Eve'), iam.create_role('exporter', 'Exports')")
    shop.execute("select iam.grant_permission('exporter', 'audit.event.read')")
    shop.execute("select iam.grant_role('eve', 'exporter')")

    def ask(user: str | None) -> list[EventRow]:
        return list(exported_rows(service, "open_user_export", ALL, None, user, "192.0.2.1", "r1"))

    for user in ("eve", "mallory", None):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match=r"audit\.event\.export"):
            ask(user)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        export(service)
    shop.execute("select iam.grant_permission('exporter', 'audit.event.export')")
    assert [row.id for row in ask("eve")] == [row.id for row in export(shop)]


def test_exports_of_a_login_are_on_record(shop: psycopg.Connection[Any], login: Login, connect: Connect) -> None:
    """With its login, format and filter when it begins, with rows and outcome at its end."""
    dsn = login("audit_reader")
    reader = connect(dsn, cursor_factory=psycopg.RawCursor)
    note = QUERIES["note_export"].encode()
    (began,) = reader.execute(note, ("csv", '{"actor": "ann"}', "attempted", None, None)).fetchone() or (0,)
    reader.execute(note, ("csv", '{"actor": "ann", "nonsense": 1}', "success", 5, began))
    first, last = events(shop, "action = 'AUDIT_LOG_EXPORTED'")
    assert first["db_user"] == last["db_user"] == reader.info.user
    assert (first["id"], first["outcome"], first["actor_proof"]) == (began, "attempted", "direct")
    assert first["metadata"] == {"format": "csv", "filter": {"actor": "ann"}}
    assert last["metadata"] == {"format": "csv", "filter": {"actor": "ann"}, "rows": 5, "began": began}


def test_a_reader_puts_nothing_else_on_record(shop: psycopg.Connection[Any], login: Login, connect: Connect) -> None:
    """Neither another outcome nor what is no filter."""
    reader = connect(login("audit_reader"), cursor_factory=psycopg.RawCursor)
    note = QUERIES["note_export"].encode()
    for values in (("csv", "{}", "forged", 1, 1), ("csv", '{"since": "yesterday-ish"}', "success", 1, 1)):
        with pytest.raises(psycopg.errors.DataError):
            reader.execute(note, values)
    assert one(shop, "select count(*) from audit.audit_logs where action = 'AUDIT_LOG_EXPORTED'") == (0,)
