"""RFC 6962 trees: hashing, and proofs of inclusion and of consistency, made and checked.

Proofs are made from `read(level, index)`, which gives the hash of the full subtree of 2**level leaves that begins at
leaf index * 2**level.
"""

from collections.abc import Callable, Iterator
from hashlib import sha256

Read = Callable[[int, int], bytes]

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """The hash of a leaf."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees beside each other."""
    return sha256(b"\x01" + left + right).digest()


def full_subtrees(start: int, end: int) -> Iterator[tuple[int, int]]:
    """The fewest full subtrees (level, index) that cover the leaves from `start` to before `end`, from left to right.

    `start` is the beginning of a subtree that contains all of them, as in every range that proofs speak of.
    """
    while start < end:
        level = (end - start).bit_length() - 1
        yield level, start >> level
        start += 1 << level


def join(hashes: list[bytes]) -> bytes:
    """The root over full subtrees of falling size, from left to right; the root of the empty tree if there is none."""
    if not hashes:
        return EMPTY_ROOT
    root = hashes[-1]
    for left in reversed(hashes[:-1]):
        root = node_hash(left, root)
    return root


def root_hash(size: int, read: Read) -> bytes:
    """The root of the tree of the first `size` leaves."""
    return _range_hash(0, size, read)


def inclusion_proof(index: int, size: int, read: Read) -> list[bytes]:
    """What leads from leaf `index` to the root of `size` leaves, from the bottom up; ValueError outside of the tree."""
    if not 0 <= index < size:
        raise ValueError(f"there is no leaf {index} in a tree of {size}")
    proof = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            proof.append(_range_hash(middle, end, read))
            end = middle
        else:
            proof.append(_range_hash(start, middle, read))
            start = middle
    return proof[::-1]


def consistency_proof(old: int, new: int, read: Read) -> list[bytes]:
    """What shows that the tree of `new` leaves extends the one of `old`, as in RFC 6962, section 2.1.2.

    Empty if either proves itself: `old` is 0 or equals `new`. ValueError if `old` is larger.
    """
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {new} leaves does not extend one of {old}")
    if old in (0, new):
        return []
    proof = []
    start, end = 0, new
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            proof.append(_range_hash(middle, end, read))
            end = middle
        else:
            proof.append(_range_hash(start, middle, read))
            start = middle
    if start:
        proof.append(_range_hash(start, end, read))
    return proof[::-1]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: list[bytes], root: bytes) -> bool:
    """Whether `proof` leads from the hash of leaf `index` to `root`, the root of `size` leaves."""
    if not 0 <= index < size:
        return False
    inner = (index ^ (size - 1)).bit_length()
    if len(proof) != inner + (index >> inner).bit_count():
        return False
    found = leaf
    for level, sibling in enumerate(proof):
        is_left = level < inner and not index >> level & 1
        found = node_hash(found, sibling) if is_left else node_hash(sibling, found)
    return found == root


def verify_consistency(old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: list[bytes]) -> bool:
    """Whether `proof` shows that the tree of `new_size` leaves extends the one of `old_size` (RFC 6962, 2.1.2)."""
    if not 0 <= old_size <= new_size:
        return False
    if old_size in (0, new_size):
        return not proof and old_root == (new_root if old_size == new_size else EMPTY_ROOT)
    lowest = (old_size & -old_size).bit_length() - 1  # the level of the smallest full subtree of the old tree
    # A full old tree is that subtree, and its root is known; of any other one the proof begins with it.
    old, proof = (old_root, proof) if old_size == 1 << lowest else (b"".join(proof[:1]), proof[1:])
    last = old_size - 1
    inner = (last ^ (new_size - 1)).bit_length()
    if len(proof) != inner - lowest + (last >> inner).bit_count():
        return False
    new = old
    for level, sibling in enumerate(proof, lowest):
        if level < inner and not last >> level & 1:
            new = node_hash(new, sibling)
        else:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
    return old == old_root and new == new_root


def _split(size: int) -> int:
    """The largest power of two smaller than `size`."""
    return 1 << (size - 1).bit_length() - 1


def _range_hash(start: int, end: int, read: Read) -> bytes:
    return join([read(level, index) for level, index in full_subtrees(start, end)])
