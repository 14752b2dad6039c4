"""Tampering with the sealed log itself, with whatever code is stored around it, and with the record of capture."""

from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from indelible.db.migrate import migrate
from indelible.errors import ConfigurationError
from indelible.services.seal import sealer
from indelible.services.seal.adopt import adopt
from indelible.services.seal.folder import SealerFolder
from indelible.services.seal.store import Store
from indelible.services.verify.report import Kind
from indelible.services.verify.run import Question, verify_database
from indelible.tlog.note import COSIGNATURE, Signer, sign_note
from indelible.tlog.policy import Policy, Witness
from tests.sealing import ORIGIN, checkpoint, leading
from tests.support import Connect, Login, one
from tests.tampering import SealedLog, Silent, cut, first

USERS = "select iam.create_user('user' || number, 'User ' || number) from generate_series(%s::int, %s::int) as number"
SIGNED_AGAIN = "update audit_private.checkpoints set note = %s where tree_size = %s"


@pytest.fixture
def log(postgresql: psycopg.Connection, login: Login, tmp_path: Path) -> SealedLog:
    """Four batches, and an alarm of nobody; the checkpoint before the last batch was kept."""
    sealed = SealedLog(postgresql, login("audit_sealer"), tmp_path)
    for number in range(4):
        if number == 3:
            sealed.keep()
        postgresql.execute(USERS, (number * 40, number * 40 + 39))
        sealed.seal()
    report = sealed.verify()
    assert report.intact, report.findings
    return sealed


def test_a_changed_leaf_is_placed_between_two_checkpoints(log: SealedLog) -> None:
    """Row and entry made to agree: only the signed roots know, and tell between which of them it was."""
    sizes = [size for (size,) in log.admin.execute("select tree_size from audit_private.batches order by 1").fetchall()]
    log.tamper(
        "update audit_private.tiles set content = set_byte(content, 20, get_byte(content, 20) # 1) where start = 0"
    )
    found = [item for item in log.verify().findings.first if "not those that were signed" in item.detail]
    assert [(item.kind, item.leaf_index) for item in found] == [(Kind.ALTERED, 0)]
    log.tamper(
        "update audit_private.tiles set content = set_byte(content, 20, get_byte(content, 20) # 1) where start = 0"
    )
    assert log.verify().intact
    last = "(select max(number * 256 + start) from audit_private.tiles where level = -1)"
    log.tamper(
        "update audit_private.tiles set content = set_byte(content, 20, get_byte(content, 20) # 1)"
        f" where level = -1 and number * 256 + start = {last}"
    )
    found = [item for item in log.verify().findings.first if "not those that were signed" in item.detail]
    assert [(item.kind, item.leaf_index) for item in found] == [(Kind.ALTERED, sizes[-2])]


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("delete from audit_private.tiles where level = -1 and number = 1", Kind.TRUNCATED),
        ("update audit_private.tiles set content = substring(content for 100) where number = 1", Kind.TRUNCATED),
        (
            "update audit_private.tiles set content = set_byte(content, 2, 9) where number = 1 and start = 0",
            Kind.ALTERED,
        ),
        ("update audit_private.tiles set content = set_byte(content, 0, 9) where level = 1", Kind.ALTERED),
        ("delete from audit_private.tiles where level = 1", Kind.TRUNCATED),
    ],
)
def test_damaged_tiles_are_found(log: SealedLog, statement: str, kind: Kind) -> None:
    """Entries that are missing, cut or of no version, and hashes that would lead strangers astray."""
    log.tamper(statement)
    assert first(log.verify()).kind == kind


@pytest.mark.parametrize("by", ["nobody", "another key", "no one"])
def test_a_checkpoint_that_the_log_did_not_sign_is_found(log: SealedLog, by: str) -> None:
    """A changed size, another key of the same name, no signature at all."""
    head = checkpoint(log.admin, log.folder)
    note = sign_note(head.text(), Signer.generate(ORIGIN)).to_text()
    if by == "nobody":
        (signed,) = one(log.admin, "select audit.read_checkpoint()")
        note = signed.replace(str(head.size), str(head.size - 1))
    elif by == "no one":
        note = head.text()
    log.tamper(SIGNED_AGAIN, note, head.size)
    assert first(log.verify()).kind == Kind.RESIGNED


def test_a_log_rewritten_and_signed_with_the_stolen_key_is_found(log: SealedLog) -> None:
    """Row, leaf, tiles, root and signature all agree: only the checkpoint that was kept elsewhere does not."""
    event_id = log.ids()[3]
    log.tamper("update audit.audit_logs set description = 'as if nothing had happened' where id = %s", event_id)
    assert (first(log.verify()).kind, first(log.verify()).event_id) == (Kind.ALTERED, event_id)
    log.rewrite_leaf(event_id)
    unsigned = log.verify().findings.of_kind
    assert unsigned == {Kind.ALTERED: 1, Kind.RESIGNED: 1}
    log.sign_anew()
    report = log.verify()
    assert report.findings.of_kind == {Kind.RESIGNED: 1}
    log.kept.clear()
    assert log.verify().intact


def test_code_that_is_stored_there_is_not_believed(log: SealedLog) -> None:
    """A function that sealed and now lies fools the routine check, which says so, and not the verification."""
    event_id = log.ids()[3]
    log.admin.execute("create table public.honest as select * from audit.audit_logs")
    log.tamper("update audit.audit_logs set user_id = 'mallory' where id = %s", event_id)
    assert first(log.verify(fast=True)).event_id == event_id
    log.admin.execute(
        """
        alter function audit_private.content_v1 rename to content_v1_honest;
        create function audit_private.content_v1(log audit.audit_logs) returns text language sql as
          'select audit_private.content_v1_honest(honest::text::audit.audit_logs) from public.honest
           where honest.id = log.id';
        """
    )
    fooled = log.verify(fast=True)
    assert fooled.intact and any("no proof against superusers" in caveat for caveat in fooled.caveats)
    report = log.verify()
    assert (first(report).kind, first(report).event_id) == (Kind.ALTERED, event_id)
    assert report.findings.of_kind == {Kind.ALTERED: 1, Kind.REPLACED: 2}


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("create or replace view audit.v_events as table public.copy", "v_events"),
        ("alter view audit.v_denials set (security_barrier)", "v_denials"),
        (
            "create or replace function audit.observe_capture() returns bigint language sql as 'select 0::bigint'",
            "observe",
        ),
        ("create or replace function audit.entity_key(key text) returns text language sql return 'x'", "entity_key"),
        ("create function iam.backdoor() returns int language sql as 'select 1'", "backdoor"),
        ("drop function audit.heartbeat()", "heartbeat"),
        ("drop view audit.v_denials", "v_denials"),
    ],
)
def test_replaced_functions_and_views_are_named(log: SealedLog, statement: str, name: str) -> None:
    """What records, guards and shows the log must be what this version ships; nothing of it is run to find out."""
    log.admin.execute("create table public.copy as table audit.v_events")
    log.admin.execute(statement.encode())
    report = log.verify()
    assert report.findings.of_kind == {Kind.REPLACED: 1} and name in first(report).detail


@pytest.mark.parametrize("table", ["audit.audit_logs", "audit_private.leaves", "audit_private.tiles"])
def test_a_view_in_place_of_a_table_is_found(log: SealedLog, table: str) -> None:
    """It could show each reader what that reader expects."""
    schema, name = table.split(".")
    log.admin.execute(f"alter table {table} rename to real_{name}".encode())
    log.admin.execute(f"create view {table} as select * from {schema}.real_{name}".encode())
    found = first(log.verify())
    assert found.kind == Kind.REPLACED and table in found.detail


def test_a_table_that_is_gone_is_found(log: SealedLog) -> None:
    """Nothing to verify is no good news."""
    log.admin.execute("drop table audit_private.leaves cascade")
    assert first(log.verify()).detail == "audit_private.leaves is gone."


def test_a_log_that_is_gone_is_found(log: SealedLog) -> None:
    """Whoever empties the list of epochs does not get away with `nothing to verify`."""
    log.tamper("delete from audit_private.log_position")
    assert first(log.verify()).kind == Kind.TRUNCATED


def test_a_renamed_outcome_is_found(log: SealedLog) -> None:
    """No row was touched, and every success would read otherwise."""
    log.admin.execute("alter type audit.outcome rename value 'success' to 'approved'")
    report = log.verify()
    assert first(report).kind == Kind.ALTERED and report.wrong_rows > 300 > len(report.findings.first)


def test_another_type_of_a_column_is_not_read(log: SealedLog) -> None:
    """Its output could be code of whoever made the type, and would run as the verifier."""
    log.admin.execute("drop view audit.v_events, audit.v_data_changes, audit.v_entity_history cascade")
    log.admin.execute("drop view if exists audit.v_authentication, audit.v_denials, audit_private.flat_events cascade")
    for function in ("content_v1", "event_json", "is_wanted"):
        log.admin.execute(f"drop function audit_private.{function} cascade".encode())
    log.admin.execute("alter table audit.audit_logs alter permission type varchar")
    assert first(log.verify()).detail == "The column permission of the log is not of type text."


def test_verifying_needs_to_see_salts(log: SealedLog, login: Login, connect: Connect) -> None:
    """An investigator is told what it takes; a member of the owner may, without being a superuser."""
    question = Question(log.policy, tuple(log.kept))
    with connect(login("audit_investigator")) as connection, pytest.raises(ConfigurationError, match="salts"):
        verify_database(connection, question, Silent())
    with connect(login("audit_owner", set_=True, inherit=False)) as connection:
        assert verify_database(connection, question, Silent()).intact


CAPTURE = '"!indelible_capture_update"'


@pytest.mark.parametrize(
    "meanwhile",
    [
        [f"alter table iam.users disable trigger {CAPTURE}"],
        [f"alter table iam.users disable trigger {CAPTURE}", f"alter table iam.users enable always trigger {CAPTURE}"],
        [f"drop trigger {CAPTURE} on iam.users"],
        ["alter table audit.audit_logs disable trigger log_refuse_change"],
    ],
    ids=["disabled", "disabled for a while", "dropped", "the guard of the log"],
)
def test_capture_that_was_disabled_meanwhile_is_on_the_sealed_record(log: SealedLog, meanwhile: list[str]) -> None:
    """What happened to the triggers between two looks of the sealer is named, even if it was undone."""
    for statement in meanwhile:
        log.admin.execute(statement.encode())
    log.seal()
    found = first(log.verify())
    assert (found.kind, found.event_id) == (Kind.TRIGGER_DISABLED, log.ids("AUDIT_CAPTURE_SEEN")[-1])


def test_what_is_done_by_the_rules_gives_no_alarm(log: SealedLog, admin_dsn: str) -> None:
    """Watching, unwatching, changed tables, new partitions, migrations: each explains its new triggers."""
    for statement in (
        "create schema shop; create table shop.orders (id int primary key, name text)",
        "select audit.watch('shop.orders')",
        "alter table shop.orders add extra int; select audit.watch('shop.orders')",
        "create table shop.parts (id int primary key) partition by range (id); select audit.watch('shop.parts')",
        "create table shop.part_1 partition of shop.parts for values from (0) to (10)",
        "select audit.maintain()",
        "select audit.unwatch('shop.orders')",
        "vacuum (full, freeze) pg_catalog.pg_trigger",
    ):
        log.admin.execute(statement.encode(), prepare=False)
        log.seal()
    migrate(admin_dsn, sample=True)
    log.seal()
    report = log.verify()
    assert report.intact, report.findings.first


def test_without_a_known_key_nothing_is_believed(log: SealedLog) -> None:
    """Not the key's name counts, but the key."""
    report = log.verify(policy=Policy.trusting(Signer.generate(ORIGIN).verifier))
    assert first(report).kind == Kind.RESIGNED and report.origin is None


def test_a_log_that_no_witness_has_cosigned_yet_is_not_called_gone(log: SealedLog) -> None:
    """A policy that was just written asks for what no checkpoint has yet: that is what is said."""
    policy = log.policy
    witness = Signer.generate("witness.example/w1", COSIGNATURE)
    policy.witnesses["w1"], policy.quorum = Witness(witness.verifier), "w1"
    assert "that a witness has cosigned" in first(log.verify(policy=policy)).detail


def test_a_log_that_was_adopted_is_verified_across_its_epochs(log: SealedLog) -> None:
    """Rows of the former epoch and of the new one are intact; one slipped in among the former ones is found."""
    log.admin.execute(USERS, (500, 510))
    with closing(psycopg.connect(log.sealer_dsn, autocommit=True)) as connection:
        adopt(Store(connection), SealerFolder(log.folder), "A drill.")
    log.admin.execute(USERS, (520, 530))
    log.seal()
    report = log.verify()
    assert report.intact and report.pending == 0, report.findings.first
    gap = log.ids()[60] + 1_000_000
    log.tamper(
        "insert into audit.audit_logs (id, created_at, xid, action, actor_proof) overriding system value"
        " select -%s, now(), xid, 'IAM_USER_ACTIVATED', 'direct' from audit.audit_logs limit 1",
        gap,
    )
    assert (first(log.verify()).kind, first(log.verify()).event_id) == (Kind.INSERTED, -gap)


def test_a_checkpoint_of_a_log_that_another_took_the_place_of_is_not_forgotten(log: SealedLog) -> None:
    """Cut and adopted, a log has another name: that what was kept is of the former one is said."""
    log.keep()
    cut(log, one(log.admin, "select min(tree_size) from audit_private.checkpoints")[0])
    with closing(psycopg.connect(log.sealer_dsn, autocommit=True)) as connection:
        origin = adopt(Store(connection), SealerFolder(log.folder), "It was cut.").origin
    log.seal()
    key = SealerFolder(log.folder).signers(origin)[0].verifier
    report = log.verify(policy=Policy.trusting(key))
    assert report.origin == origin
    assert any(f"of the log {ORIGIN} with {log.kept[0].size} leaves" in caveat for caveat in report.caveats)


def test_a_log_between_two_parts_of_a_batch_is_intact(log: SealedLog, monkeypatch: pytest.MonkeyPatch) -> None:
    """When more rows wait than one batch takes, those that are left are pending, not forged."""
    monkeypatch.setattr(sealer, "MOST_ROWS", 16)
    log.admin.execute(USERS, (600, 640))
    with leading(log.sealer_dsn, log.folder) as at_work:
        at_work.start(ORIGIN)
        while not at_work.step():
            report = log.verify()
            assert report.intact, report.findings.first
    assert log.verify().pending == 0
