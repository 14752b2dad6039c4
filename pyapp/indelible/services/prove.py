"""Making the proof of one event, for its owner to keep: it is checked before it is given away."""

from dataclasses import dataclass

from indelible.errors import IndelibleError
from indelible.tlog.checkpoint import Checkpoint
from indelible.tlog.leaf import Entry, commit
from indelible.tlog.merkle import inclusion_proof, leaf_hash, verify_inclusion
from indelible.tlog.note import parse_note
from indelible.tlog.proof import Proof
from indelible.tlog.tiles import ENTRIES, WIDTH, ReadTile, Tile, decode_entries, reader, width_at


class NotSealed(IndelibleError):
    """The event is not under the published checkpoint yet: in a moment it will be."""


class CannotProve(IndelibleError):
    """The log does not bear out what the database says of the event: `indelible verify` tells what was done."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """What the database knows of an event's leaf; `content` is canonical, and empty once its `salt` is erased."""

    event_id: int
    index: int
    salt: bytes | None
    content: str

    @property
    def disclosed(self) -> bytes:
        """Salt and content, for whoever may know what the event said."""
        return b"" if self.salt is None else self.salt + self.content.encode()


def make_proof(leaf: Leaf, note: str, read_tile: ReadTile) -> Proof:
    """The proof that the event is in the log under the checkpoint `note`.

    Raises:
        NotSealed: it came later.
        CannotProve: row, leaf and root do not agree.
    """
    checkpoint = Checkpoint.parse(parse_note(note).text)
    if leaf.index >= checkpoint.size:
        raise NotSealed(f"Event {leaf.event_id} is not under the published checkpoint yet.")
    entry = _entry(leaf.index, checkpoint.size, read_tile)
    hashes = inclusion_proof(leaf.index, checkpoint.size, reader(read_tile, checkpoint.size))
    found = Entry.decode(entry)
    agrees = leaf.salt is None or commit(leaf.salt, leaf.content.encode()) == found.commitment
    if (
        found.id != leaf.event_id
        or not agrees
        or not verify_inclusion(leaf_hash(entry), leaf.index, checkpoint.size, hashes, checkpoint.root)
    ):
        raise CannotProve(f"Event {leaf.event_id} is not what was sealed: run `indelible verify`.")
    return Proof(leaf.index, tuple(hashes), note, entry + leaf.disclosed)


def _entry(index: int, size: int, read_tile: ReadTile) -> bytes:
    number, place = divmod(index, WIDTH)
    return decode_entries(read_tile(Tile(ENTRIES, number, width_at(ENTRIES, number, size))))[place]
