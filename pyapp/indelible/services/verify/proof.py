"""Proof files: that one event is in the log, with the content that it was sealed with.

The extra data of a proof are the entry, as it is in the log, and for whoever may know what the event said the salt and
the canonical content behind the entry's commitment.
"""

from dataclasses import dataclass

from indelible.errors import InvalidNote
from indelible.services.verify.report import Finding, Kind
from indelible.tlog.checkpoint import SignedCheckpoint
from indelible.tlog.leaf import ENTRY_BYTES, SALT_BYTES, Entry, commit
from indelible.tlog.merkle import leaf_hash, verify_inclusion
from indelible.tlog.policy import Policy
from indelible.tlog.proof import Proof


@dataclass(frozen=True, slots=True)
class Proven:
    """What a proof shows: that `entry` is leaf `index` under `signed`; its `content` where the proof discloses it."""

    index: int
    entry: Entry
    signed: SignedCheckpoint
    content: bytes | None


def verify_proof(text: str, policy: Policy) -> Proven | Finding:
    """What a proof file shows to whoever trusts `policy`; a finding if it shows nothing."""
    try:
        proof = Proof.parse(text)
        signed = policy.open(proof.checkpoint)
        extra = proof.extra or b""
        encoded, salt, content = (
            extra[:ENTRY_BYTES],
            extra[ENTRY_BYTES:][:SALT_BYTES],
            extra[ENTRY_BYTES + SALT_BYTES :],
        )
        entry = Entry.decode(encoded)
    except InvalidNote as error:
        return Finding(Kind.RESIGNED, f"The proof cannot be believed. {error}")
    except ValueError as error:
        return Finding(Kind.ALTERED, f"The proof does not hold an entry: {error}.")
    checkpoint = signed.checkpoint
    if not verify_inclusion(leaf_hash(encoded), proof.index, checkpoint.size, list(proof.hashes), checkpoint.root):
        return Finding(Kind.ALTERED, "The entry is not in the log that was signed.", entry.id, proof.index)
    if salt and commit(salt, content) != entry.commitment:
        return Finding(Kind.ALTERED, "The content is not what was sealed.", entry.id, proof.index)
    return Proven(proof.index, entry, signed, content if salt else None)
