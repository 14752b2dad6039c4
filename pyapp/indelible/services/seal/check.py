"""Whether the log in the database is the one that this sealer signed: never sign a fork."""

from indelible.errors import SealRefused
from indelible.services.seal.memory import Memory
from indelible.services.seal.store import Head, Store
from indelible.tlog.edge import Edge
from indelible.tlog.merkle import consistency_proof, verify_consistency
from indelible.tlog.tiles import reader

ADOPT = "Find out why before anything else. If it is right, run `indelible seal --adopt REASON`."


def require_same_log(head: Head, memory: Memory) -> None:
    """Refuse a log on another server, of another name, or shorter than was signed.

    Raises:
        SealRefused: so it is.
    """
    if head.server != memory.server:
        raise SealRefused(
            f"The log was signed on {_place(memory)} and is now on {_place(head)}: it was upgraded, restored, "
            f"recovered to a point in time or promoted, or it is a copy. {ADOPT}"
        )
    if head.epoch is None:
        raise SealRefused(f"The log, of which {memory.size} leaves were signed, is gone from this database. {ADOPT}")
    if (head.origin, head.epoch) != (memory.origin, memory.epoch):
        raise SealRefused(
            f"The log is {head.origin} in epoch {head.epoch}, and this sealer signed {memory.origin} in epoch "
            f"{memory.epoch}. {ADOPT}"
        )
    if head.size < memory.size:
        raise SealRefused(f"The log has {head.size} leaves, and {memory.size} were signed: it has shrunk. {ADOPT}")


def read_tree(store: Store, head: Head) -> Edge:
    """The tree in the database; SealRefused if its tiles do not have the root that it had when they were stored."""
    try:
        edge = Edge.read(head.size, reader(store.read_tile, head.size))
    except ValueError as error:
        raise SealRefused(f"The tree in the database is damaged: {error}. {ADOPT}") from error
    if head.size and edge.root != head.root:
        raise SealRefused(f"The tree in the database has another root than when it was sealed. {ADOPT}")
    return edge


def extends(store: Store, edge: Edge, memory: Memory) -> bool:
    """Whether the tree holds, unchanged, everything that was signed."""
    if edge.size < memory.size:
        return False
    try:
        proof = consistency_proof(memory.size, edge.size, reader(store.read_tile, edge.size))
    except ValueError:
        return False
    return verify_consistency(memory.size, memory.root, edge.size, edge.root, proof)


def _place(of: Head | Memory) -> str:
    server = of.server
    return f"system {server.system_identifier}, timeline {server.timeline}, database {server.database}"
