"""`indelible verify`"""

import os
from contextlib import closing
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from indelible.cli.context import Context, Shared
from indelible.cli.failure import FOUND
from indelible.cli.progress import shown
from indelible.cli.trust import KNOWN_KEYS, Trust
from indelible.errors import ConfigurationError
from indelible.services.verify.kept import Kept, read_checkpoints
from indelible.services.verify.proof import verify_proof
from indelible.services.verify.report import MOST_FINDINGS, Finding, Report
from indelible.services.verify.run import Question, verify_database, verify_published
from indelible.services.verify.sources import Folder, Url
from indelible.tlog.policy import Policy

Jobs = Annotated[int | None, Parameter(validator=Number(gte=1, lte=256))]


def verify(
    *,
    url: str | None = None,
    folder: Path | None = None,
    proof: Path | None = None,
    trust: Trust = KNOWN_KEYS,
    saved: tuple[Path, ...] = (),
    fast: bool = False,
    jobs: Jobs = None,
    context: Shared,
) -> int:
    """Find what was altered, deleted, inserted, reordered, cut or signed anew. Exit code 1 if anything was.

    Of a database every row and every leaf is read, and no function or view that is stored there is trusted; of a URL or
    a folder, everything that is published. The newest checkpoint is kept, and what is verified next must extend it.
    Example: `indelible verify --policy witnesses.policy`

    Args:
        url: Verify the log that is served under this URL, such as https://log.example/tlog.
        folder: Verify the log in this folder, as `indelible tlog export` wrote it.
        proof: Verify one .tlog-proof file.
        trust: Whom to trust.
        saved: Files of further checkpoints that the log must extend.
        fast: Have the server hash rows: a routine check, and no proof against a superuser.
        jobs: Processes that read rows; by default as many as there are processors.
        context: The shared options.
    """
    if sum(given is not None for given in (url, folder, proof)) > 1:
        raise ConfigurationError("Only one of --url, --folder and --proof can be verified at a time.")
    policy = trust.read(context)
    if proof:
        return _show_proof(context, proof, policy)
    kept = Kept(context.data_dir)
    known = (*kept.read(), *(found for path in saved for found in read_checkpoints(path)))
    question = Question(policy, known, fast, jobs or os.cpu_count() or 1)
    report = _ask(context, url, folder, question)
    if report.intact and report.origin and report.note:
        kept.keep(report.origin, report.note)
    _show(context, report)
    return 0 if report.intact else FOUND


def _ask(context: Context, url: str | None, folder: Path | None, question: Question) -> Report:
    with shown() as bar:
        if folder:
            return verify_published(Folder(folder), question, bar)
        if url:
            with closing(Url(url)) as source:
                return verify_published(source, question, bar)
        with context.connection() as connection:
            return verify_database(connection, question, bar)


def _show(context: Context, report: Report) -> None:
    if context.as_json:
        context.output.report(report.as_json(), "")
        return
    rows = [(str(item.kind), item.event_id, item.leaf_index, item.detail) for item in report.findings.first]
    if rows:
        context.output.table(("kind", "event", "leaf", "detail"), rows, "")
    for sentence in summary(report):
        print(sentence)


def _show_proof(context: Context, path: Path, policy: Policy) -> int:
    try:
        proven = verify_proof(path.read_text(), policy)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read.") from error
    if isinstance(proven, Finding):
        context.output.report({"ok": False, **proven.as_json()}, f"{proven.kind}: {proven.detail}")
        return FOUND
    checkpoint = proven.signed.checkpoint
    told = {
        "ok": True,
        "origin": checkpoint.origin,
        "event_id": proven.entry.id,
        "leaf_index": proven.index,
        "tree_size": checkpoint.size,
        "witnesses": [witness.name for witness in proven.signed.witnesses],
        "content": proven.content.decode() if proven.content is not None else None,
    }
    sentence = f"Event {proven.entry.id} is leaf {proven.index} of {checkpoint.origin}, as it was signed."
    context.output.report(told, sentence if proven.content is None else f"{sentence} It says:\n{told['content']}")
    return 0


def summary(report: Report) -> list[str]:
    """The verdict in sentences for a person."""
    verdict = (
        f"Intact: {report.tree_size} leaves of {report.origin}, {report.rows} rows ({report.pending} not sealed yet)."
        if report.intact
        else f"Tampered: {', '.join(f'{count} {kind}' for kind, count in sorted(report.findings.of_kind.items()))}."
    )
    more = [f"{report.wrong_rows} rows are wrong or missing altogether."] if report.wrong_rows > MOST_FINDINGS else []
    seen = [f"Cosigned by {', '.join(report.witnesses)}."] if report.witnesses else []
    kept = [f"It extends the checkpoint of {report.saved_size} leaves that was kept."] if report.saved_size else []
    return [verdict, *more, *seen, *(kept if report.intact else []), f"{report.rate} a second.", *report.caveats]
