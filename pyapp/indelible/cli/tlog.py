"""`indelible tlog`"""

from pathlib import Path

from cyclopts import App
from rich.console import Console
from rich.progress import Progress

from indelible.cli.anchor import NOTHING_SIGNED, anchor
from indelible.cli.context import Shared
from indelible.cli.sealing import sealer_folder
from indelible.errors import ConfigurationError
from indelible.services.seal.export import export_log
from indelible.services.seal.store import Store

tlog = App(help="Take the transparency log along, keep its checkpoints, see to its keys. Example: `indelible tlog key`")
tlog.command(anchor)


@tlog.command
def export(folder: Path, *, context: Shared) -> None:
    """Write the log to a folder, in the C2SP tlog-tiles layout, for static hosting or to verify it offline.

    Only what is missing there is written; the checkpoint last. Example: `indelible tlog export public/tlog`

    Args:
        folder: Where to; made if it is missing.
        context: The shared options.
    """
    with context.connection() as connection, Progress(console=Console(stderr=True), transient=True) as progress:
        store = Store(connection)
        note = store.read_checkpoint()
        if note is None:
            raise ConfigurationError(NOTHING_SIGNED)
        task = progress.add_task("Exporting the log")
        files = export_log(
            note, store.read_tile, folder, lambda done, total: progress.update(task, completed=done, total=total)
        )
    context.output.report(
        {"folder": str(folder), "files_written": files, "checkpoint": note},
        f"{files} files were written to {folder}.",
    )


@tlog.command
def key(*, context: Shared) -> None:
    """Show the log's name and the public key that verifiers need, the present one first.

    Example: `indelible tlog key --json`

    Args:
        context: The shared options.
    """
    folder = sealer_folder(context)
    memory = folder.memory()
    if memory is None:
        raise ConfigurationError(NOTHING_SIGNED)
    keys = [signer.verifier.to_text() for signer in folder.signers(memory.origin)]
    context.output.report({"origin": memory.origin, "keys": keys}, "\n".join(keys))


@tlog.command
def make_key(origin: str, *, context: Shared) -> None:
    """Make the key of a log that is yet to begin, to publish it before; `seal` and `up` make one by themselves.

    Example: `indelible tlog make-key example.com/audit`

    Args:
        origin: The log's name, a URL without its scheme. Cannot be changed.
        context: The shared options.
    """
    folder = sealer_folder(context)
    if name := folder.key_name():
        raise ConfigurationError(f"There is a key already, of {name}: `indelible tlog rotate-key` makes another.")
    context.output.report({"origin": origin, "key": (key := folder.make_key(origin).verifier.to_text())}, key)


@tlog.command
def rotate_key(reason: str, *, context: Shared) -> None:
    """Let a new key sign from now on, on record. The former one signs beside it until the next rotation.

    A sealer that runs takes it up with its next checkpoint. Example: `indelible tlog rotate-key "Yearly rotation"`

    Args:
        reason: Why, for the record.
        context: The shared options.
    """
    folder = sealer_folder(context)
    with context.connection() as connection:
        memory = folder.memory()
        if memory is None:
            raise ConfigurationError(NOTHING_SIGNED)
        verifier = folder.rotate(memory.origin).verifier.to_text()
        Store(connection).note("note_key", verifier, reason)
    context.output.report({"origin": memory.origin, "key": verifier}, verifier)
