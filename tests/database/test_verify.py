"""Whatever a superuser does to the sealed log is found, named, and placed; an untouched log gives no alarm."""

from pathlib import Path

import psycopg
import pytest

from indelible.services.verify.report import Kind
from tests.support import Login, one
from tests.tampering import SealedLog, cut, first

USERS = "select iam.create_user('user' || number, 'User ' || number) from generate_series(%s::int, %s::int) as number"


@pytest.fixture
def log(postgresql: psycopg.Connection, login: Login, tmp_path: Path) -> SealedLog:
    """More than one tile of events, sealed in two batches, found intact, and its checkpoint kept."""
    sealed = SealedLog(postgresql, login("audit_sealer"), tmp_path)
    postgresql.execute(USERS, (1, 280))
    sealed.seal()
    postgresql.execute(USERS, (281, 300))
    sealed.seal()
    report = sealed.verify()
    assert report.intact, report.findings
    assert report.rows == report.tree_size > 300 and report.pending == 0
    sealed.keep()
    return sealed


def test_an_untouched_log_is_intact(log: SealedLog) -> None:
    """In one process and in several, by its tables and by its functions, with rows that wait to be sealed."""
    log.admin.execute(USERS, (301, 310))
    for report in (log.verify(), log.verify(jobs=2), log.verify(fast=True)):
        assert report.intact, report.findings
        assert report.pending == 20  # each user is an event and a captured row


ALTERATIONS = {
    "user_id": "'mallory'",
    "description": "'nothing happened'",
    "outcome": "'failure'",
    "db_user": "'mallory'",
    "actor_proof": "'sealed'",
    "ip_address": "'198.51.100.1'",
    "entity_id": "'user0'",
    "request_id": "'made up'",
    "changes": "'{\"new\": {}}'",
    "metadata": "'{\"x\": 1}'",
    "time_source": "'claimed'",
    "recorded_at": "recorded_at + interval '1 microsecond'",
    "action": "'IAM_USER_DEACTIVATED'",
    "permission": "'ftms.booking.create'",
    "entity_type": "'IAM_ROLE'",
}


@pytest.mark.parametrize("column", ALTERATIONS)
def test_an_altered_row_is_named(log: SealedLog, column: str) -> None:
    """One value of one row: its event is named, and nothing else."""
    event_id = log.ids()[200]
    log.tamper(f"update audit.audit_logs set {column} = {ALTERATIONS[column]} where id = %s", event_id)
    for report in (log.verify(), log.verify(fast=True)):
        found = first(report)
        assert (found.kind, found.event_id) == (Kind.ALTERED, event_id)
        assert found.detail == "Not as it was sealed: its content."
        assert report.findings.of_kind.total() == 1


def test_a_time_moved_within_its_partition_is_named(log: SealedLog) -> None:
    """The time stands in the leaf itself."""
    event_id = log.ids()[7]
    log.tamper("update audit.audit_logs set created_at = created_at - interval '1 microsecond' where id = %s", event_id)
    found = first(log.verify())
    assert (found.kind, found.event_id) == (Kind.ALTERED, event_id)
    assert found.detail == "Not as it was sealed: its time."


def test_of_several_the_first_in_the_log_is_named_first(log: SealedLog) -> None:
    """Findings follow the order of the log, whatever process found them."""
    event_ids = [log.ids()[place] for place in (250, 40, 120)]
    log.tamper("update audit.audit_logs set user_id = 'mallory' where id = any(%s)", event_ids)
    report = log.verify(jobs=2)
    assert [found.event_id for found in report.findings.first] == sorted(event_ids)
    assert report.as_json()["found"] == {"altered": 3}


def test_a_deleted_row_is_named(log: SealedLog) -> None:
    """Its leaf remains, and says which it was."""
    event_id = log.ids()[100]
    log.tamper("delete from audit.audit_logs where id = %s", event_id)
    found = first(log.verify())
    assert (found.kind, found.event_id) == (Kind.DELETED, event_id)


def test_a_deleted_row_is_named_though_its_link_is_gone_too(log: SealedLog) -> None:
    """Taking the row out of the list of leaves as well hides nothing."""
    event_id = log.ids()[100]
    log.tamper(
        f"delete from audit.audit_logs where id = {event_id}; delete from audit_private.leaves where id = {event_id}"
    )
    found = first(log.verify())
    assert (found.kind, found.event_id) == (Kind.DELETED, event_id)


def test_an_inserted_row_of_a_sealed_transaction_is_named(log: SealedLog) -> None:
    """A transaction that has ended adds no rows."""
    event_id = log.ids()[100]
    log.tamper(
        "insert into audit.audit_logs (created_at, xid, action, actor_proof, user_id)"
        " select created_at, xid, 'IAM_USER_ACTIVATED', 'direct', 'mallory' from audit.audit_logs where id = %s",
        event_id,
    )
    found = first(log.verify())
    (inserted,) = log.ids("IAM_USER_ACTIVATED")
    assert (found.kind, found.event_id) == (Kind.INSERTED, inserted)
    log.seal()  # the sealer does not take it in afterwards
    assert first(log.verify()).event_id == inserted


def test_a_backdated_row_is_named_though_it_was_sealed(log: SealedLog) -> None:
    """Who writes a row of last week into the log has it sealed like any other: it says a time when that was not so."""
    row = "insert into audit.audit_logs (created_at, recorded_at, action, actor_proof) values"
    row += " (now(), now() - %s::interval,"
    log.admin.execute(f"{row} 'IAM_USER_ACTIVATED', 'direct')".encode(), ["1 minute"])
    log.seal()
    assert log.verify().intact  # clocks are set
    log.admin.execute(f"{row} 'IAM_USER_ACTIVATED', 'direct')".encode(), ["1 week"])
    log.seal()
    found = first(log.verify())
    assert (found.kind, found.event_id) == (Kind.INSERTED, log.ids("IAM_USER_ACTIVATED")[-1])


@pytest.mark.parametrize("xid", ["3", "4000000000"], ids=["ended", "to come"])
def test_an_inserted_row_with_a_made_up_transaction_is_named(log: SealedLog, xid: str) -> None:
    """One that ended before the last batch and left no row, or one that has not even begun."""
    log.tamper(
        "insert into audit.audit_logs (created_at, xid, action, actor_proof)"
        " values (now(), %s::text::xid8, 'IAM_USER_ACTIVATED', 'direct')",
        xid,
    )
    found = first(log.verify())
    assert (found.kind, found.event_id) == (Kind.FORGED_XID, log.ids("IAM_USER_ACTIVATED")[0])


def test_a_row_moved_to_another_transaction_is_named(log: SealedLog) -> None:
    """The number of a transaction joins what belonged together."""
    event_id = log.ids()[100]
    log.tamper("update audit.audit_logs set xid = (xid::text::bigint - 1)::text::xid8 where id = %s", event_id)
    found = first(log.verify())
    assert (found.kind, found.event_id) == (Kind.FORGED_XID, event_id)


def test_a_copy_of_a_row_is_named(log: SealedLog) -> None:
    """Two rows of one id, alike or not, are one too many."""
    event_id = log.ids()[100]
    log.tamper(
        "insert into audit.audit_logs (id, created_at, recorded_at, xid, action, actor_proof)"
        " overriding system value select id, created_at + interval '1 second', recorded_at, xid, action, actor_proof"
        " from audit.audit_logs where id = %s",
        event_id,
    )
    found = [item.kind for item in log.verify().findings.first if item.event_id == event_id]
    assert Kind.INSERTED in found


@pytest.mark.parametrize("links_too", [False, True])
def test_swapped_rows_are_named(log: SealedLog, links_too: bool) -> None:
    """Two events that change places, with and without what links them to their leaves."""
    one, two = log.ids()[50], log.ids()[51]
    swap = f"case id when {one} then {two} else {one} end where id in ({one}, {two})"
    log.tamper(
        "alter table audit.audit_logs alter id set generated by default;"
        f" update audit.audit_logs set id = {swap}; alter table audit.audit_logs alter id set generated always"
        + (f"; update audit_private.leaves set id = {swap}" if links_too else "")
    )
    report = log.verify()
    assert {(found.kind, found.event_id) for found in report.findings.first} == {
        (Kind.REORDERED, one),
        (Kind.REORDERED, two),
    }


def test_a_link_that_was_taken_away_is_named(log: SealedLog) -> None:
    """Without it nobody could tell which leaf the row is."""
    event_id = log.ids()[50]
    log.tamper("delete from audit_private.leaves where id = %s", event_id)
    report = log.verify()
    assert (first(report).kind, first(report).event_id) == (Kind.ALTERED, event_id)
    assert report.findings.of_kind.total() == 1


def test_a_salt_that_was_taken_away_is_named(log: SealedLog) -> None:
    """A row cannot be made unverifiable in silence."""
    event_id = log.ids()[50]
    log.tamper("update audit_private.leaves set salt = null where id = %s", event_id)
    found = first(log.verify())
    assert (found.kind, found.event_id) == (Kind.ALTERED, event_id)
    assert "salt" in found.detail


def test_rows_cut_off_at_the_end_are_named(log: SealedLog) -> None:
    """The first row that is missing is where the log was cut."""
    event_id = log.ids()[290]
    log.tamper("delete from audit.audit_logs where id >= %s", event_id)
    found = first(log.verify())
    assert (found.kind, found.event_id) == (Kind.TRUNCATED, event_id)


def test_a_log_cut_with_all_its_traces_is_found_by_a_kept_checkpoint(log: SealedLog) -> None:
    """Rows, leaves, tiles and checkpoints are gone alike: only who kept a checkpoint knows that there was more."""
    query = "select min(tree_size) from audit_private.checkpoints where tree_size > 500"
    (size,) = one(log.admin, query)
    cut(log, size)
    report = log.verify()
    assert (first(report).kind, first(report).leaf_index) == (Kind.TRUNCATED, size)
    log.kept.clear()
    report = log.verify()
    assert report.intact, report.findings
    assert any("No earlier checkpoint was kept" in caveat for caveat in report.caveats)
