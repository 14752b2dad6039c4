"""A sealer beside other commands: where its folder is, what may be claimed of the key in it, and its thread."""

import contextlib
import os
import secrets
import threading
from collections.abc import Iterator

from rich.console import Console

from indelible.cli.beside import beside
from indelible.cli.context import Context
from indelible.cli.failure import sentence_of
from indelible.cli.wallet import address_digest
from indelible.errors import SealRefused
from indelible.services.seal.folder import SealerFolder
from indelible.services.seal.run import seal_until

KEY_EXPOSED = (
    "PostgreSQL runs as the same operating-system user as the sealer, so a database superuser can read its key: "
    "tamper evidence rests on witnesses and on saved checkpoints."
)
LOOK_AGAIN_SECONDS = 5.0


def sealer_folder(context: Context) -> SealerFolder:
    """The sealer's folder in the data directory: one for the embedded database, one for each other one."""
    name = f"sealer-{address_digest(context.database_url)}" if context.database_url else "sealer"
    return SealerFolder(context.data_dir / name)


def new_origin(folder: SealerFolder) -> str:
    """The name of a log that begins: that of the key that was made for it, or one that says nothing of its owner."""
    return folder.key_name() or f"localhost/indelible/{secrets.token_hex(8)}"


def log_identity(folder: SealerFolder) -> dict[str, str]:
    """Name and verifier key of the log that is sealed from here, or of the one that will be."""
    memory = folder.memory()
    signer = folder.signers(memory.origin)[0] if memory else folder.make_key(new_origin(folder))
    return {"origin": signer.name, "vkey": signer.verifier.to_text()}


def key_is_apart(context: Context) -> bool | None:
    """Whether PostgreSQL runs as another operating-system user than this sealer; None where we did not start it.

    If not, then a database superuser reads the key with pg_read_file.
    """
    return None if context.database_url else os.geteuid() == 0


@contextlib.contextmanager
def sealing(dsn: str, folder: SealerFolder, origin: str) -> Iterator[None]:
    """Seal in a thread until the end of the block. A refusal is told, and the log is looked at again."""
    with beside("sealer", lambda stop: _seal_on(stop, dsn, folder, origin)):
        yield


def _seal_on(stop: threading.Event, dsn: str, folder: SealerFolder, origin: str) -> None:
    console, told = Console(stderr=True), ""
    while not stop.is_set():
        try:
            seal_until(stop, dsn, folder, origin, lambda _: None)
        except SealRefused as refusal:
            sentence = f"Nothing is sealed! {refusal}"
        except Exception as error:  # noqa: BLE001 - the API goes on serving, and this is the last place to say it
            sentence = f"Nothing is sealed! {sentence_of(error)[0]}"
        else:
            return
        if sentence != told:
            console.print(sentence, highlight=False)
            told = sentence
        stop.wait(LOOK_AGAIN_SECONDS)
