"""A witness of transparency logs (C2SP tlog-witness): it cosigns a checkpoint only if that extends the last one it saw.

Its folder holds the last checkpoint of each log. Lose the folder, and the witness would believe a log that was cut.
"""

import hashlib
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from indelible.embedded.files import write_private
from indelible.embedded.lock import locked
from indelible.errors import InvalidNote
from indelible.tlog.checkpoint import Checkpoint, SignedCheckpoint, open_checkpoint
from indelible.tlog.merkle import EMPTY_ROOT, verify_consistency
from indelible.tlog.note import Note, Signature, Signer, Verifier, parse_note
from indelible.tlog.submission import Submission

TEXT = "text/plain; charset=utf-8"
SIZE = "text/x.tlog.size"


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a submission is answered: HTTP `status`, `body` and its `media_type`."""

    status: int
    body: str
    media_type: str = TEXT


class Cosigner:
    """Cosigns with `signer` the checkpoints of `logs`; `folder` is its memory, and may serve several processes."""

    def __init__(self, signer: Signer, logs: Iterable[Verifier], folder: Path) -> None:
        self._signer = signer
        self._logs = tuple(logs)
        self._folder = folder

    def add(self, content: bytes) -> Verdict:
        """Answer one `add-checkpoint`; what is cosigned is on disk first."""
        try:
            submission = Submission.parse(content.decode())
            checkpoint = Checkpoint.parse(parse_note(submission.checkpoint).text)
        except (InvalidNote, UnicodeDecodeError) as error:
            return _refusal(400, str(error) if isinstance(error, InvalidNote) else "The body is not UTF-8.")
        if all(log.name != checkpoint.origin for log in self._logs):
            return _refusal(404, "The log is not known here.")
        try:
            opened = open_checkpoint(submission.checkpoint, self._logs)
        except InvalidNote as error:
            return _refusal(403, str(error))
        if submission.old_size > checkpoint.size:
            return _refusal(400, "The old size is larger than the checkpoint's.")
        # Of two requests at once the second must see what the first has left, or it could roll the log back.
        with locked(self._folder):
            return self._extend(submission, opened)

    def last(self, origin: str) -> Checkpoint:
        """The last checkpoint that was cosigned; the empty tree if there was none."""
        path = self._path(origin)
        if not path.exists():
            return Checkpoint(origin, 0, EMPTY_ROOT)
        note = parse_note(path.read_bytes())
        # Its own signature suffices: the log may have another key by now.
        if not note.verified((self._signer.verifier, *self._logs)):
            raise InvalidNote(f"{path} is signed neither by this witness nor by the log.")
        return Checkpoint.parse(note.text)

    def _extend(self, submission: Submission, opened: SignedCheckpoint) -> Verdict:
        last, new = self.last(opened.checkpoint.origin), opened.checkpoint
        if submission.old_size != last.size or (new.size == last.size and new.root != last.root):
            return Verdict(409, f"{last.size}\n", SIZE)
        if not verify_consistency(last.size, last.root, new.size, new.root, list(submission.proof)):
            return _refusal(422, "The consistency proof does not lead from the old size to the checkpoint.")
        own = self._signer.sign(new.text(), int(time.time()))
        write_private(self._path(new.origin), self._known(opened.note, own).to_text())
        return Verdict(200, own.line)

    def _known(self, note: Note, own: Signature) -> Note:
        """The note with our own signature, and without what strangers wrote under it."""
        signed = tuple(item for item in note.signatures if any(log.made(item) for log in self._logs))
        return Note(note.text, (*signed, own))

    def _path(self, origin: str) -> Path:
        return self._folder / f"{hashlib.sha256(origin.encode()).hexdigest()}.checkpoint"


def _refusal(status: int, sentence: str) -> Verdict:
    return Verdict(status, f"{sentence}\n")
