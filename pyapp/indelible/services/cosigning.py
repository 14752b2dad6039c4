"""Having the newest checkpoint cosigned, again and again, and publishing it once a quorum of witnesses has signed."""

import contextlib
from collections.abc import Callable
from threading import Event

import psycopg

from indelible.db.outage import is_outage
from indelible.db.session import connect
from indelible.errors import DatabaseUnreachable
from indelible.services.seal.store import Store
from indelible.services.witness_client import Cosignatures, Witnesses
from indelible.tlog.checkpoint import Checkpoint, SignedCheckpoint
from indelible.tlog.merkle import consistency_proof
from indelible.tlog.note import parse_note
from indelible.tlog.policy import Policy
from indelible.tlog.tiles import reader

PAUSE_SECONDS = 0.3
REFUSED_SECONDS = 5.0

Tell = Callable[[str], None]


class Cosigning:
    """Asks `witnesses`, those of `policy`, to sign what is stored in `store`."""

    def __init__(self, store: Store, policy: Policy, witnesses: Witnesses) -> None:
        self._store = store
        self._policy = policy
        self._witnesses = witnesses
        self._size = 0

    def step(self) -> Cosignatures | None:
        """Ask for signatures under the newest checkpoint and store them if the quorum signed; None if it has them."""
        signed = self._newest()
        if signed is None or signed.checkpoint.size <= self._size:
            return None
        size = signed.checkpoint.size
        read = reader(self._store.read_tile, size)
        cosigned = self._witnesses.cosign(signed, lambda old: consistency_proof(old, size, read))
        signers = [key for key in self._policy.verifiers if any(key.made(item) for item in cosigned.signatures)]
        if self._policy.is_met(signers):
            self._store.store_cosignatures(signed.checkpoint.origin, size, [item.line for item in cosigned.signatures])
            self._size = size
        return cosigned

    def _newest(self) -> SignedCheckpoint | None:
        size = self._store.head().checkpoint_size
        text = None if size is None else self._store.read_checkpoint(size)
        if text is None:
            return None
        note = parse_note(text)
        return SignedCheckpoint(Checkpoint.parse(note.text), note)


def cosign_until(stop: Event, dsn: str, policy: Policy, tell: Tell) -> None:
    """Have every new checkpoint cosigned until `stop` is set. `tell` says which witness does not sign, and why."""
    with contextlib.closing(Witnesses(policy)) as witnesses:
        while not stop.is_set():
            try:
                with contextlib.closing(connect(dsn)) as connection:
                    _cosign(Cosigning(Store(connection), policy, witnesses), stop, tell)
            except DatabaseUnreachable:
                stop.wait(REFUSED_SECONDS)
            except psycopg.Error as error:
                if not is_outage(error):
                    raise
                stop.wait(REFUSED_SECONDS)


def _cosign(cosigning: Cosigning, stop: Event, tell: Tell) -> None:
    told: dict[str, str] = {}
    while not stop.is_set():
        cosigned = cosigning.step()
        if cosigned is not None and cosigned.refusals != told:
            for name, reason in cosigned.refusals.items():
                tell(f"The witness {name} does not sign: {reason}.")
            told = cosigned.refusals
        stop.wait(REFUSED_SECONDS if cosigned is not None and cosigned.refusals else PAUSE_SECONDS)
