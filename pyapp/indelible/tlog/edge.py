"""The right edge of a growing tree: all that is needed to append leaves to it and to know its root."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from indelible.tlog.merkle import Read, full_subtrees, join, node_hash


@dataclass
class Edge:
    """The tree of `size` leaves by its full subtrees, `hashes`, which fall in size from left to right."""

    size: int = 0
    hashes: list[bytes] = field(default_factory=list)

    @classmethod
    def read(cls, size: int, read: Read) -> "Edge":
        """The edge of the first `size` leaves of a tree."""
        return cls(size, [read(level, index) for level, index in full_subtrees(0, size)])

    @property
    def root(self) -> bytes:
        """The root of the tree."""
        return join(self.hashes)

    def extended(self, leaf_hashes: Iterable[bytes]) -> tuple["Edge", dict[int, list[bytes]]]:
        """The edge after these leaves, and the hashes of the subtrees that they complete, in order, by level.

        Level 0 are the leaves themselves.
        """
        completed: dict[int, list[bytes]] = {}
        waiting, edge = list(self.hashes), list[bytes]()
        nodes, rest, level = list(leaf_hashes), self.size, 0
        size = self.size + len(nodes)
        while nodes or rest:
            completed[level] = nodes
            # A subtree that waited for its right sibling comes first, and one that has none yet waits in its turn.
            beside = [waiting.pop(), *nodes] if rest & 1 else nodes
            if len(beside) & 1:
                edge.append(beside[-1])
            nodes = [node_hash(left, right) for left, right in zip(beside[::2], beside[1::2], strict=False)]
            rest, level = rest >> 1, level + 1
        return Edge(size, edge[::-1]), completed
