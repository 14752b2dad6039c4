"""Trees hash and prove as RFC 6962 says; the published vectors, and a textbook tree as the judge of every other one."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indelible.tlog import merkle
from indelible.tlog.edge import Edge
from tests.unit import textbook

# The leaves and roots that Certificate Transparency's reference implementation is tested with.
ENTRIES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def read_of(entries: list[bytes]) -> merkle.Read:
    """Full subtrees of these leaves, by the textbook."""
    return lambda level, index: textbook.root(entries[index << level : (index + 1) << level])


@pytest.mark.parametrize("size", range(len(ROOTS)))
def test_published_roots(size: int) -> None:
    """Every tree of the published vectors has its root, by the textbook, from subtrees and leaf by leaf."""
    entries = ENTRIES[:size]
    edge, _ = Edge().extended([merkle.leaf_hash(entry) for entry in entries])
    assert {textbook.root(entries), merkle.root_hash(size, read_of(entries)), edge.root} == {bytes.fromhex(ROOTS[size])}


@pytest.mark.parametrize(
    ("index", "size", "expected"),
    [
        (0, 1, []),
        (
            0,
            8,
            [
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            5,
            8,
            [
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
        (2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
    ],
)
def test_published_inclusion(index: int, size: int, expected: list[str]) -> None:
    """The published inclusion proofs are made and accepted."""
    proof = merkle.inclusion_proof(index, size, read_of(ENTRIES[:size]))
    assert [node.hex() for node in proof] == expected
    assert merkle.verify_inclusion(merkle.leaf_hash(ENTRIES[index]), index, size, proof, bytes.fromhex(ROOTS[size]))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (1, 1, []),
        (
            1,
            8,
            [
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            6,
            8,
            [
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
    ],
)
def test_published_consistency(old: int, new: int, expected: list[str]) -> None:
    """The published consistency proofs are made and accepted."""
    proof = merkle.consistency_proof(old, new, read_of(ENTRIES[:new]))
    assert [node.hex() for node in proof] == expected
    assert merkle.verify_consistency(old, bytes.fromhex(ROOTS[old]), new, bytes.fromhex(ROOTS[new]), proof)


trees = st.integers(1, 70).map(lambda size: [b"entry %d" % number for number in range(size)])


@given(trees, st.data())
def test_inclusion_is_the_textbooks(entries: list[bytes], data: st.DataObject) -> None:
    """Any leaf's proof is the textbook's and is accepted; with another leaf, place, size or hash it is not."""
    size = len(entries)
    index = data.draw(st.integers(0, size - 1))
    root, leaf = textbook.root(entries), merkle.leaf_hash(entries[index])
    proof = merkle.inclusion_proof(index, size, read_of(entries))
    assert proof == textbook.path(index, entries)
    assert merkle.verify_inclusion(leaf, index, size, proof, root)
    assert not merkle.verify_inclusion(sha256(leaf).digest(), index, size, proof, root)
    assert not merkle.verify_inclusion(leaf, index, size, [*proof, leaf], root)
    assert not merkle.verify_inclusion(leaf, size, size, proof, root)
    other = data.draw(st.integers(0, size - 1).filter(lambda place: place != index) if size > 1 else st.just(-1))
    assert not merkle.verify_inclusion(leaf, other, size, proof, root)
    for place in range(len(proof)):
        wrong = [*proof[:place], sha256(proof[place]).digest(), *proof[place + 1 :]]
        assert not merkle.verify_inclusion(leaf, index, size, wrong, root)


@given(trees, st.data())
def test_consistency_is_the_textbooks(entries: list[bytes], data: st.DataObject) -> None:
    """Any extension's proof is the textbook's and is accepted; a changed past, size or hash is not."""
    new = len(entries)
    old = data.draw(st.integers(1, new))
    old_root, new_root = textbook.root(entries[:old]), textbook.root(entries)
    proof = merkle.consistency_proof(old, new, read_of(entries))
    assert proof == textbook.proof(old, entries)
    assert merkle.verify_consistency(old, old_root, new, new_root, proof)
    assert not merkle.verify_consistency(old, sha256(old_root).digest(), new, new_root, proof)
    assert not merkle.verify_consistency(old, old_root, new, sha256(new_root).digest(), proof)
    assert not merkle.verify_consistency(old, old_root, new, new_root, [*proof, old_root])
    assert not merkle.verify_consistency(new + 1, old_root, new, new_root, proof)
    for place in range(len(proof)):
        wrong = [*proof[:place], sha256(proof[place]).digest(), *proof[place + 1 :]]
        assert not merkle.verify_consistency(old, old_root, new, new_root, wrong)
        assert not merkle.verify_consistency(old, old_root, new, new_root, proof[:place])


def test_everything_extends_the_empty_tree() -> None:
    """A tree of nothing needs no proof, and has one root only."""
    assert merkle.consistency_proof(0, 3, read_of(ENTRIES[:3])) == []
    assert merkle.verify_consistency(0, merkle.EMPTY_ROOT, 3, textbook.root(ENTRIES[:3]), [])
    assert not merkle.verify_consistency(0, bytes(32), 3, textbook.root(ENTRIES[:3]), [])


@given(trees, st.lists(st.integers(0, 9)))
def test_a_tree_grows_in_any_steps(entries: list[bytes], steps: list[int]) -> None:
    """However the leaves come in, the edge has the root and the finished subtrees of the whole tree."""
    edge, completed, start = Edge(), dict[int, list[bytes]](), 0
    for step in [*steps, len(entries)]:
        hashes = [merkle.leaf_hash(entry) for entry in entries[start : start + step]]
        edge, new = edge.extended(hashes)
        start += step
        for level, nodes in new.items():
            completed.setdefault(level, []).extend(nodes)
    read = read_of(entries)
    assert edge == Edge.read(len(entries), read)
    assert edge.root == textbook.root(entries)
    for level, nodes in completed.items():
        assert nodes == [read(level, index) for index in range(len(entries) >> level)]


def test_there_is_no_proof_of_what_is_not_there() -> None:
    """A leaf outside of the tree and a larger old tree are errors, not proofs."""
    with pytest.raises(ValueError, match="no leaf 3"):
        merkle.inclusion_proof(3, 3, read_of(ENTRIES[:3]))
    with pytest.raises(ValueError, match="does not extend"):
        merkle.consistency_proof(4, 3, read_of(ENTRIES[:3]))
