"""Going on with a log that the sealer refused: on somebody's word, on record, never as a fork of what was signed."""

import json

from indelible.errors import ConfigurationError
from indelible.services.seal.check import extends, read_tree
from indelible.services.seal.folder import SealerFolder
from indelible.services.seal.memory import Memory
from indelible.services.seal.store import Head, Store
from indelible.tlog.checkpoint import family
from indelible.tlog.lines import encode


def adopt(store: Store, folder: SealerFolder, reason: str) -> Memory:
    """Continue the log as it is now in a new epoch; to be called while leading.

    If it does not hold all that was signed, or if what was signed is not known, then what goes on is a new log: its
    name is a new one, and its first new leaf says what was signed of the old one.

    Raises:
        ConfigurationError: there is no log yet, nor was there one; or the keys that signed it are gone.
        SealRefused: its tiles are damaged, so that nothing can be built on them.
    """
    head, memory = store.head(), folder.memory()
    former = memory.origin if memory else head.origin
    if former is None:
        raise ConfigurationError("There is no log to adopt yet: `indelible seal` begins one.")
    edge, epoch = read_tree(store, head), (head.epoch or 0) + 1
    if memory and memory.origin == head.origin and extends(store, edge, memory):
        origin, lost, known = memory.origin, None, memory
    else:
        origin, lost = f"{family(former)}/epoch-{epoch}", json.dumps(_signed(head, memory))
        known = Memory(origin, epoch, head.server)
    signer = folder.signers(origin)[0] if memory else folder.make_key(origin)
    epoch = store.begin_epoch(origin, signer.verifier.to_text(), reason, lost)
    adopted = Memory(origin, epoch, head.server, known.size, known.root)
    folder.remember(adopted)
    return adopted


def _signed(head: Head, memory: Memory | None) -> dict[str, object]:
    """What was signed of the former log, as far as that is known."""
    if memory is None:
        return {"origin": head.origin, "stored_size": head.checkpoint_size}
    return {"origin": memory.origin, "size": memory.size, "root": encode(memory.root)}
