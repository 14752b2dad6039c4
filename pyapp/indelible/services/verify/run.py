"""A whole verification, of a log that is published somewhere or of a database with its rows."""

import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from indelible.errors import InvalidNote
from indelible.queries import QUERIES
from indelible.services.verify.capture import check_capture
from indelible.services.verify.code import check_code
from indelible.services.verify.compare import Part
from indelible.services.verify.kinds import name_missing_rows, name_wrong_rows
from indelible.services.verify.log import LogCheck, Watcher
from indelible.services.verify.parallel import ENTRIES, Task, compare_all
from indelible.services.verify.placement import check_placement
from indelible.services.verify.position import CLOCK_MICROSECONDS, MINUTE_MICROSECONDS, SET_BACK, Position
from indelible.services.verify.report import Finding, Kind, Report
from indelible.services.verify.rows import check_relations, prepare
from indelible.services.verify.sources import Database, Source
from indelible.services.verify.transactions import check_transactions
from indelible.services.verify.tree import Tree
from indelible.tlog.checkpoint import Checkpoint, SignedCheckpoint, open_checkpoint
from indelible.tlog.policy import NOBODY, Policy

NO_ROWS = "No row was read: whether a database still holds what was logged is verified on that database."
FAST = (
    "--fast has the server put each row into its canonical form, by a function that a superuser could have replaced: "
    "it is a routine check, and no proof against superusers."
)
NOTHING_SEALED = "No log is here: nothing was ever sealed in this database, or it is gone."


@dataclass(frozen=True, slots=True)
class Question:
    """What to verify against: a `policy` and checkpoints that were `saved`; and how: `fast`, in `jobs` processes."""

    policy: Policy
    saved: tuple[Checkpoint, ...] = ()
    fast: bool = False
    jobs: int = 1


def verify_published(source: Source, question: Question, watcher: Watcher) -> Report:
    """Verify a log by its tiles alone."""
    log = LogCheck(source, question.policy, question.saved, watcher)
    log.report.caveats.append(NO_ROWS)
    with tempfile.TemporaryFile() as entries:
        if (signed := log.open()) and (tree := log.check(signed, signed.checkpoint.size, (), entries)):
            tree.close()
    return log.finished()


def verify_database(connection: psycopg.Connection[Any], question: Question, watcher: Watcher) -> Report:
    """Verify the log in a database, and its rows against it, all as of one moment.

    `connection`, in autocommit mode, is of no more use to others afterwards.

    Raises:
        ConfigurationError: the login may not read salts.
    """
    prepare(connection)
    report = Report()
    report.findings.add(*check_relations(connection))
    if not report.intact:
        return report
    origin = connection.execute(QUERIES["raw_origin"].encode()).fetchone()
    position = Position.read(connection)
    if origin is None or position is None:
        report.findings.add(Finding(Kind.TRUNCATED, NOTHING_SEALED))
        return report
    source = Database(connection, origin[0], cosigned=question.policy.quorum != NOBODY)
    log = LogCheck(source, question.policy, question.saved, watcher, report)
    if signed := log.open():
        _verify_tables(connection, log, signed, position, question)
    return log.finished()


def _verify_tables(
    connection: psycopg.Connection[Any], log: LogCheck, signed: SignedCheckpoint, position: Position, question: Question
) -> None:
    # Leaves that are stored and not signed yet are part of the tree all the same.
    size = max(signed.checkpoint.size, position.tree_size)
    older = _older(connection, signed.checkpoint.origin, question.policy)
    with tempfile.TemporaryDirectory(prefix="indelible-verify-") as name:
        with (Path(name) / ENTRIES).open("w+b") as entries:
            tree = log.check(signed, size, older, entries)
        if tree:
            task = Task.of(connection, Path(name), position.under(tree), size, fast=question.fast)
            with closing(tree):
                _check_rows(connection, log, tree, task, question.jobs)


def _older(connection: psycopg.Connection[Any], origin: str, policy: Policy) -> Iterator[Checkpoint]:
    """The signed checkpoints before the newest one, those at least that the log really signed."""
    for (note,) in connection.execute(QUERIES["raw_checkpoints"].encode(), [origin]).fetchall():
        try:
            yield open_checkpoint(note, policy.logs).checkpoint
        except InvalidNote:
            continue


def _check_rows(connection: psycopg.Connection[Any], log: LogCheck, tree: Tree, task: Task, jobs: int) -> None:
    report = log.report
    (last_id,) = connection.execute(QUERIES["last_row"].encode()).fetchone() or (0,)
    log.watcher.begin("rows", tree.size)
    whole = Part()
    for part in compare_all(task, last_id, jobs):
        whole.add(part)
        log.watcher.advance(part.rows)
    report.rows, report.pending = whole.rows, whole.pending
    wrong = list(name_wrong_rows(whole, tree))
    report.findings.add(*wrong)
    report.findings.add(*check_transactions(tree, task.position.epoch, whole.waiting))
    report.findings.add(*check_placement(connection, whole.rows))
    if task.position.set_back > CLOCK_MICROSECONDS:
        report.caveats.append(SET_BACK.format(task.position.set_back // MINUTE_MICROSECONDS))
    seen = bytearray(task.seen.read_bytes())
    for finding in wrong:
        if finding.leaf_index is not None:
            seen[finding.leaf_index] = 1
    report.findings.add(*name_missing_rows(bytes(seen), tree))
    report.wrong_rows = whole.wrong + seen.count(0)
    report.findings.add(*check_capture(connection))
    if task.fast:
        report.caveats.append(FAST)
    else:
        report.findings.add(*check_code(connection, task.dsn, report.caveats))
