"""What a superuser hides behind what PostgreSQL believes of itself: indexes, bounds, and how far the log is sealed."""

from pathlib import Path

import psycopg
import pytest

from indelible.services.verify.report import Kind
from tests.database.test_verify import USERS
from tests.support import Login, one
from tests.tampering import SealedLog, first

# A row of the transaction of another one, as old as that.
BESIDE = (
    "insert into audit.audit_logs (created_at, recorded_at, xid, action, actor_proof, user_id)"
    " select created_at, recorded_at, xid, 'IAM_USER_ACTIVATED', 'direct', 'mallory'"
    " from audit.audit_logs where id = %s"
)
INDEXES = (
    "update pg_catalog.pg_index set indisready = {0}, indisvalid = {0}, indislive = {0}"
    " where indrelid in (select relid from pg_partition_tree('audit.audit_logs'))"
)
BOUND = "select pg_get_expr(relpartbound, oid) from pg_catalog.pg_class where oid = %s::regclass"


@pytest.fixture
def log(postgresql: psycopg.Connection, login: Login, tmp_path: Path) -> SealedLog:
    """A sealed log, found intact."""
    sealed = SealedLog(postgresql, login("audit_sealer"), tmp_path)
    for start in (1, 31):
        postgresql.execute(USERS, (start, start + 29))
        sealed.seal()
    report = sealed.verify()
    assert report.intact, report.findings
    return sealed


def test_a_row_that_no_index_has_is_named(log: SealedLog) -> None:
    """Written while the indexes were out of use, it is there for who reads the table, not for who asks by id."""
    log.admin.execute(USERS, (61, 2000))  # so many that ids are looked up in an index
    log.seal()
    log.admin.execute("analyze audit.audit_logs")
    log.admin.execute(INDEXES.format("false").encode())
    log.tamper(BESIDE, log.ids()[20])
    log.admin.execute(INDEXES.format("true").encode())
    report = log.verify()
    log.admin.execute("set enable_indexscan = off; set enable_bitmapscan = off; set enable_indexonlyscan = off")
    (hidden,) = one(log.admin, "select id from audit.audit_logs where user_id = 'mallory'")
    assert (Kind.INSERTED, hidden) in {(found.kind, found.event_id) for found in report.findings.first}


@pytest.mark.parametrize("to", ["2026_10", "default"])
def test_a_row_in_the_partition_of_another_time_is_named(log: SealedLog, to: str) -> None:
    """Unchanged, it is hidden from all who ask for events by time."""
    event_id = log.ids()[20]
    query = "select array_agg(relid::regclass::text order by relid::regclass::text)"
    (parts,) = one(log.admin, f"{query} from pg_partition_tree('audit.audit_logs') where isleaf")
    (home,) = one(log.admin, "select tableoid::regclass::text from audit.audit_logs where id = %s", event_id)
    other = next(part for part in parts if part != home and part.endswith("default") == (to == "default"))
    (bound,) = one(log.admin, BOUND, other)
    (rule,) = one(log.admin, "select pg_get_partition_constraintdef(%s::regclass)", other)
    log.tamper(
        f"create temporary table moved as select * from audit.audit_logs where id = {event_id};"
        f" delete from audit.audit_logs where id = {event_id};"
        f" alter table audit.audit_logs detach partition {other};"
        f" insert into {other} overriding system value select * from moved;"
        f" alter table {other} add constraint believed check ({rule}) not valid;"
        " update pg_catalog.pg_constraint set convalidated = true where conname = 'believed';"
        f" alter table audit.audit_logs attach partition {other} {bound};"
        f" alter table {other} drop constraint believed"
    )
    found = first(log.verify())
    assert (found.kind, found.event_id) == (Kind.ALTERED, event_id)
    assert other in found.detail


def test_rows_in_the_default_partition_give_no_alarm(log: SealedLog) -> None:
    """It is where rows belong for whose time there is no other partition."""
    log.admin.execute(
        "insert into audit.audit_logs (created_at, action, actor_proof)"
        " values ('2001-01-01', 'IAM_USER_ACTIVATED', 'direct')"
    )
    log.seal()
    report = log.verify()
    assert report.intact, report.findings


def test_a_transaction_that_is_said_to_run_still_is_known_to_have_ended(log: SealedLog) -> None:
    """A row of an old transaction then looks as if it only waited; leaves tell."""
    event_id = log.ids()[40]
    (xid,) = one(log.admin, "select xid::text from audit.audit_logs where id = %s", event_id)
    log.tamper(BESIDE, event_id)
    log.tamper(
        "update audit_private.log_position"
        f" set snapshot = ('{xid}:' || pg_snapshot_xmax(snapshot) || ':{xid}')::pg_snapshot"
    )
    (inserted,) = log.ids("IAM_USER_ACTIVATED")
    found = first(log.verify())
    assert (found.kind, found.event_id) == (Kind.INSERTED, inserted)
    log.seal()  # the sealer is taken in, and the tree shows it for ever
    places = {found.event_id: found for found in log.verify().findings.first if found.kind == Kind.INSERTED}
    assert places[inserted].leaf_index is not None


@pytest.mark.parametrize("after", ["-1", "null"])
def test_a_row_that_is_said_to_be_of_a_former_epoch_is_named(log: SealedLog, after: str) -> None:
    """The record of the epoch's beginning says which rows are, and leaves of this epoch that those are all sealed."""
    log.tamper(BESIDE, log.ids()[20])
    (inserted,) = log.ids("IAM_USER_ACTIVATED")
    log.tamper("update audit_private.epochs set last_id = 1000000")
    log.tamper(f"update audit_private.log_position set former_after_id = {after}")
    found = first(log.verify())
    assert (found.kind, found.event_id) == (Kind.INSERTED, inserted)


@pytest.mark.parametrize("lie", ["sealed_at = '2001-01-01'", "snapshot = '3:3:'"])
def test_a_backdated_row_is_named_whatever_batches_say(log: SealedLog, lie: str) -> None:
    """When transactions began is known from heartbeats, which are leaves."""
    log.tamper(f"update audit_private.batches set {lie}")
    log.admin.execute(
        "insert into audit.audit_logs (created_at, recorded_at, action, actor_proof)"
        " values (now(), now() - interval '1 week', 'IAM_USER_ACTIVATED', 'direct')"
    )
    log.seal()
    (inserted,) = log.ids("IAM_USER_ACTIVATED")
    assert (Kind.INSERTED, inserted) in {(found.kind, found.event_id) for found in log.verify().findings.first}


def test_a_clock_that_was_set_back_gives_no_alarm(postgresql: psycopg.Connection, login: Login, tmp_path: Path) -> None:
    """What was recorded while it was ahead, and after it was put right, is as it was sealed; the report says so."""
    sealed = SealedLog(postgresql, login("audit_sealer"), tmp_path)
    sealed.seal()
    ahead = (
        "insert into audit.audit_logs (created_at, recorded_at, action, actor_proof)"
        " values (now() + interval '1 hour', now() + interval '1 hour', 'AUDIT_HEARTBEAT', 'direct')"
    )
    postgresql.execute(ahead)
    sealed.seal()
    postgresql.execute(USERS, (1, 5))
    sealed.seal()
    report = sealed.verify()
    assert report.intact, report.findings
    assert any("set back by 59 minutes" in caveat or "set back by 60 minutes" in caveat for caveat in report.caveats)


UNREADABLE = {
    "a list": "metadata = '[1]' where action = 'AUDIT_CAPTURE_SEEN'",
    "nothing": "metadata = null where action = 'AUDIT_CAPTURE_SEEN'",
    "words": """metadata = '{"triggers": "no", "disabled": null}' where action = 'AUDIT_CAPTURE_SEEN'""",
    "no time": "recorded_at = 'infinity' where action = 'AUDIT_HEARTBEAT'",
    "a huge transaction": "xid = '18446744073709551615' where action = 'AUDIT_HEARTBEAT'",
    "no epoch": """metadata = '{"epoch": 1, "last_id": [1]}' where action = 'AUDIT_EPOCH'""",
}


@pytest.mark.parametrize("what", UNREADABLE)
def test_what_cannot_be_read_stops_no_verification(log: SealedLog, what: str) -> None:
    """Values that nobody expects are named like any other that was altered."""
    statement = UNREADABLE[what]
    (event_id,) = one(log.admin, f"select min(id) from audit.audit_logs {statement[statement.index('where') :]}")
    log.tamper(f"update audit.audit_logs set {statement}")
    named = {(found.event_id, found.leaf_index is not None) for found in log.verify().findings.first}
    assert (event_id, True) in named
