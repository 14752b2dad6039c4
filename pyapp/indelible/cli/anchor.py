"""`indelible tlog anchor`"""

from pathlib import Path

from indelible.cli.context import Shared
from indelible.errors import ConfigurationError
from indelible.services.anchor import anchor as append
from indelible.services.seal.store import Store
from indelible.services.timestamp import timestamp
from indelible.tlog.checkpoint import Checkpoint
from indelible.tlog.note import parse_note
from indelible.tlog.tiles import reader

NOTHING_SIGNED = "Nothing of the log is signed yet: run `indelible seal` or `indelible up` first."


def anchor(file: Path, *, tsa: str | None = None, tsa_roots: Path | None = None, context: Shared) -> None:
    """Add the published checkpoint to a file that only grows, best on another machine; run it every hour.

    What is there already must be the beginning of the log, or nothing is added and the exit code is 1.
    `indelible verify --saved FILE` holds the log to it. Example: `indelible tlog anchor /mnt/worm/checkpoints`

    Args:
        file: The file; made if it is missing.
        tsa: URL of a timestamp authority (RFC 3161), whose timestamp is put beside the file as FILE.SIZE.tsr.
        tsa_roots: PEM file of the certificates that this authority's own goes back to.
        context: The shared options.
    """
    if (tsa is None) != (tsa_roots is None):
        raise ConfigurationError("A timestamp needs both --tsa and --tsa-roots.")
    with context.connection() as connection:
        store = Store(connection)
        note = store.read_checkpoint()
        if note is None:
            raise ConfigurationError(NOTHING_SIGNED)
        size = Checkpoint.parse(parse_note(note).text).size
        is_new = append(file, note, reader(store.read_tile, size))
    told: dict[str, object] = {"file": str(file), "tree_size": size, "added": is_new}
    sentence = f"A checkpoint of {size} leaves {'was added to' if is_new else 'is in'} {file}."
    if is_new and tsa and tsa_roots:
        response, at = timestamp(note.encode(), tsa, tsa_roots)
        path = file.with_name(f"{file.name}.{size}.tsr")
        path.write_bytes(response)
        told |= {"timestamp": at.isoformat(), "timestamp_file": str(path)}
        sentence += f" The authority states {at.isoformat()}: {path}."
    context.output.report(told, sentence)
