"""One sealer of one log: batches of rows become leaves, and the tree over them is signed."""

import os
import time
from collections.abc import Callable

from indelible.errors import SealRefused
from indelible.services.seal.check import ADOPT, extends, read_tree, require_same_log
from indelible.services.seal.folder import SealerFolder
from indelible.services.seal.memory import Memory
from indelible.services.seal.store import Store
from indelible.tlog.checkpoint import Checkpoint
from indelible.tlog.edge import Edge
from indelible.tlog.leaf import ENTRY_BYTES, SALT_BYTES
from indelible.tlog.merkle import leaf_hash
from indelible.tlog.note import sign_note
from indelible.tlog.stored import pieces

# Rows of a batch: while nothing waits, and at most. As many salts are sent each time.
FEW_ROWS = 500
MOST_ROWS = 10_000
HEARTBEAT_SECONDS = 60.0
OBSERVE_SECONDS = 5.0


class Sealer:
    """Seals through `store`, remembers and signs with what is in `folder`. To be used only while it leads.

    Raises:
        SealRefused: by `start`: the log is not the one that was signed.
    """

    def __init__(self, store: Store, folder: SealerFolder) -> None:
        self.clock: Callable[[], float] = time.monotonic
        self._store = store
        self._folder = folder
        self._memory: Memory
        self._edge = Edge()
        self._behind = True
        self._beat = self._observed = float("-inf")

    @property
    def origin(self) -> str:
        """The log's name, after `start`."""
        return self._memory.origin

    @property
    def size(self) -> int:
        """How many leaves the tree has."""
        return self._edge.size

    def start(self, new_origin: str) -> None:
        """Find the log as it was left, or begin one of the name `new_origin`; sign what a crash left unsigned."""
        head, memory = self._store.head(), self._folder.memory()
        if head.epoch is None and (memory is None or not memory.size):
            memory = self._begin(memory.origin if memory else new_origin)
            head = self._store.head()
        if memory is None:
            raise SealRefused(f"The log {head.origin} exists, and this sealer never signed it. {ADOPT}")
        require_same_log(head, memory)
        edge = read_tree(self._store, head)
        if not extends(self._store, edge, memory):
            raise SealRefused(f"What was signed of the log has been changed. {ADOPT}")
        self._memory, self._edge = memory, edge
        if (head.checkpoint_size or 0) < edge.size:
            self._sign()

    def step(self) -> bool:
        """Seal what is there, at most MOST_ROWS rows, and sign; whether that was all."""
        self._keep_record()
        grown, complete = self._seal()
        self._behind = not complete
        if grown.size > self._edge.size:
            self._edge = grown
            self._sign()
        return complete

    def _begin(self, origin: str) -> Memory:
        # Remembered before it exists: whatever happens in between, this sealer knows the log for its own.
        memory, signer = Memory(origin, 1, self._store.head().server), self._folder.make_key(origin)
        self._folder.remember(memory)
        self._store.begin_epoch(origin, signer.verifier.to_text(), "The log begins.", None)
        return memory

    def _keep_record(self) -> None:
        now = self.clock()
        if now - self._observed >= OBSERVE_SECONDS:
            self._observed = now
            self._store.note("observe_capture")
        if now - self._beat >= HEARTBEAT_SECONDS:
            self._beat = now
            self._store.note("heartbeat")

    def _seal(self) -> tuple[Edge, bool]:
        """One batch, committed: the tree after it, and whether nothing is left."""
        size, most = self._edge.size, MOST_ROWS if self._behind else min(FEW_ROWS, MOST_ROWS)
        with self._store.batch():
            self._store.lock()
            taken, complete = self._store.take(self._memory.epoch, size, os.urandom(SALT_BYTES * most))
            entries = [taken[at : at + ENTRY_BYTES] for at in range(0, len(taken), ENTRY_BYTES)]
            grown, completed = self._edge.extended(map(leaf_hash, entries))
            if entries:
                self._store.close(grown.size, grown.root, pieces(size, entries, completed))
        return grown, complete

    def _sign(self) -> None:
        """Sign the tree, remember that on disk, and only then let anybody see it."""
        origin, edge = self._memory.origin, self._edge
        note = sign_note(Checkpoint(origin, edge.size, edge.root).text(), *self._folder.signers(origin))
        self._memory = self._memory.signed(edge.size, edge.root)
        self._folder.remember(self._memory)
        self._store.store_checkpoint(origin, edge.size, note.to_text())
