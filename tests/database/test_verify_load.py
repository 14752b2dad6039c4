"""No false alarm while the log is written, sealed and verified at once; and no single bit that could change unseen."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indelible.services.verify.report import Kind
from tests.support import Login, admin_connection, one
from tests.tampering import SealedLog, first

COLUMNS = ("action", "user_id", "db_user", "entity_type", "entity_id", "description", "request_id")


@contextmanager
def writing(log: SealedLog, number: int, stop: threading.Event) -> Iterator[None]:
    """One writer: commits, rollbacks, savepoints that are given up, and transactions that take their time."""

    def run() -> None:
        with admin_connection(log.admin) as connection:
            turn = 0
            while not stop.is_set():
                turn += 1
                with connection.transaction(force_rollback=turn % 5 == 0):
                    connection.execute("select iam.create_user(%s, 'A user')", [f"user{number}x{turn}"])
                    with connection.transaction(force_rollback=turn % 3 == 0):
                        connection.execute("select iam.create_role(%s, 'A role')", [f"role{number}x{turn}"])
                    stop.wait(0.1 if turn % 7 == 0 else 0)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_verifying_under_load_gives_no_alarm(postgresql: psycopg.Connection, login: Login, tmp_path: Path) -> None:
    """Rows come, transactions overtake each other, batches are taken: whatever moment is verified is intact."""
    log, stop = SealedLog(postgresql, login("audit_sealer"), tmp_path), threading.Event()
    log.seal()
    with writing(log, 1, stop), writing(log, 2, stop), writing(log, 3, stop):
        for turn in range(8):
            log.seal()
            report = log.verify(jobs=1 + turn % 2)
            assert report.intact, report.findings.first
            log.keep()
    log.seal()
    report = log.verify()
    assert report.intact and report.pending == 0 and report.rows > 100


@pytest.fixture
def log(postgresql: psycopg.Connection, login: Login, tmp_path: Path) -> SealedLog:
    """A small log, sealed and found intact, with texts in every column."""
    sealed = SealedLog(postgresql, login("audit_sealer"), tmp_path)
    postgresql.execute(
        "insert into audit.audit_logs (created_at, action, actor_proof, user_id, entity_type, entity_id, description,"
        " permission, ip_address, request_id, changes, metadata)"
        " select now(), 'ROW_UPDATED', 'sealed', 'alice', 'THING', number::text, 'Zürich 𝄞',"
        " 'a.b', '192.0.2.7', 'abc', '{\"new\": {\"a\": 1.50}}', '{\"x\": null}'"
        " from generate_series(1, 20) as number"
    )
    sealed.seal()
    assert sealed.verify().intact
    return sealed


def flipped(text: bytes, position: int, bit: int) -> bytes:
    """The text with one bit of one byte changed; with a letter more where that would be no text."""
    at = min(position, len(text) - 1)
    changed = bytes([*text[:at], text[at] ^ 1 << bit, *text[at + 1 :]])
    try:
        return changed if "\x00" not in changed.decode() else text + b"x"
    except UnicodeDecodeError:
        return text + b"x"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 19), column=st.sampled_from(COLUMNS), position=st.integers(0, 2), bit=st.integers(0, 6))
def test_every_flipped_bit_of_a_row_is_named(log: SealedLog, place: int, column: str, position: int, bit: int) -> None:
    """One bit of one text of one row, whichever; it is put back before the next."""
    event_id = log.ids("ROW_UPDATED")[place]
    (before,) = one(log.admin, f"select convert_to({column}, 'UTF8') from audit.audit_logs where id = %s", event_id)
    change = f"update audit.audit_logs set {column} = convert_from(%s, 'UTF8') where id = %s"
    log.tamper(change, flipped(before, position, bit), event_id)
    report = log.verify()
    log.tamper(change, before, event_id)
    assert (first(report).kind, first(report).event_id) == (Kind.ALTERED, event_id)
    assert report.findings.of_kind.total() == 1
