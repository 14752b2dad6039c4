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
        grown = Edge(self.size, list(self.hashes))
        completed: dict[int, list[bytes]] = {}
        for leaf in leaf_hashes:
            grown._append(leaf, completed)
        return grown, completed

    def _append(self, found: bytes, completed: dict[int, list[bytes]]) -> None:
        level, rest = 0, self.size
        completed.setdefault(0, []).append(found)
        while rest & 1:
            found = node_hash(self.hashes.pop(), found)
            level, rest = level + 1, rest >> 1
            completed.setdefault(level, []).append(found)
        self.hashes.append(found)
        self.size += 1
