"""Scenes 10 and 11: a superuser, whom nothing in the database can stop, and what is found out all the same."""

from collections.abc import Iterator

from indelible.cli.demo.client import Client
from indelible.cli.demo.scene import Scene
from indelible.cli.demo.sealed import SealedDatabase, is_superuser, sealed_database
from indelible.cli.demo.superuser import CUT, without_guards
from indelible.services.verify.report import Kind, Report
from indelible.tlog.policy import Policy

EDIT = "UPDATE audit.audit_logs SET user_id = {} WHERE id = {}"
NOBODY = "'nobody'"


def play_tampering(client: Client) -> Iterator[Scene]:
    """Both scenes, in a database of their own; none if the demo's login is no superuser, who alone could do this."""
    if not is_superuser(client.credentials.admin_dsn):
        return
    with sealed_database(client.credentials.admin_dsn) as database:
        size = database.seal()
        with database.witnessed() as policy:
            database.cosign(policy)
            database.superuser.execute("select iam.create_user('mallory', 'Hired at night')")
            database.seal()
            database.cosign(policy)
            yield row_edited(database, policy)
            yield tail_cut(database, policy, size)


def row_edited(database: SealedDatabase, policy: Policy) -> Scene:
    """Scene 10; the row is put back in the end."""
    query = (
        "select id, quote_nullable(user_id) from audit.audit_logs where action = 'IAM_USER_CREATED' order by id limit 1"
    )
    event_id, user_id = database.superuser.execute(query).fetchone() or (0, "null")
    before = database.verify(policy)
    _edit(database, NOBODY, event_id)
    edited = database.verify(policy)
    _edit(database, user_id, event_id)
    named = [(finding.kind, finding.event_id) for finding in edited.findings.first]
    return Scene(
        "The superuser takes the guards down and quietly edits one row",
        [
            ("indelible verify", verdict(before)),
            ("postgres: ALTER TABLE audit.audit_logs DISABLE TRIGGER USER", "ALTER TABLE"),
            ("postgres: " + EDIT.format(NOBODY, event_id), "UPDATE 1"),
            ("indelible verify", verdict(edited)),
        ],
        [],
        [],
        {
            "it was intact before": before.intact,
            "verify names that row, and no other": named == [(Kind.ALTERED, event_id)],
        },
    )


def tail_cut(database: SealedDatabase, policy: Policy, size: int) -> Scene:
    """Scene 11: back to `size` leaves, of which a checkpoint was signed and cosigned as well."""
    before = database.verify(policy)
    with without_guards(database.superuser):
        database.superuser.execute(CUT.format(size=size).encode())
    alone, asked = database.verify(database.policy()), database.verify(policy)
    return Scene(
        "The superuser cuts the end of the log off, with every trace of it",
        [
            ("indelible verify", verdict(before)),
            (f"postgres: DELETE rows, leaves, tiles, checkpoints from leaf {size} on", "DELETE"),
            ("indelible verify, without asking the witness", verdict(alone)),
            ("indelible verify", verdict(asked)),
        ],
        [],
        [],
        {
            "it was intact before": before.intact,
            "nothing in the database could tell": alone.intact,
            "the witness remembers": asked.findings.of_kind == {Kind.TRUNCATED: 1},
        },
    )


def verdict(report: Report) -> str:
    """What verify said, in short."""
    if report.intact:
        return f"intact: {report.tree_size} leaves"
    finding = report.findings.first[0]
    return f"{finding.kind}: {f'event {finding.event_id}' if finding.event_id else f'leaf {finding.leaf_index}'}"


def _edit(database: SealedDatabase, user_id: str, event_id: int) -> None:
    with without_guards(database.superuser):
        database.superuser.execute(EDIT.format(user_id, event_id).encode())
