"""The signed root against the tree, and the tree against every checkpoint that somebody has kept."""

from collections.abc import Iterable, Iterator

from indelible.services.verify.report import Finding, Kind
from indelible.services.verify.tree import Tree
from indelible.tlog.checkpoint import Checkpoint


def check_root(tree: Tree, signed: Checkpoint, older: Iterable[Checkpoint]) -> Iterator[Finding]:
    """Whether the entries are those that were signed; if not, `older` signed checkpoints narrow down which are not."""
    if tree.root(signed.size) == signed.root:
        return
    good, bad = 0, signed.size
    for checkpoint in sorted(older, key=lambda item: item.size):
        # The first that does not hold ends the search: later ones contain the same wrong entry.
        if checkpoint.size > tree.size or tree.root(checkpoint.size) != checkpoint.root:
            bad = min(bad, checkpoint.size)
            break
        good = checkpoint.size
    detail = f"The leaves {good} to {bad - 1} are not those that were signed."
    yield Finding(Kind.ALTERED, detail, tree.entry(good).id if good < tree.size else None, good)


def check_saved(tree: Tree, saved: Iterable[Checkpoint]) -> Iterator[Finding]:
    """Whether the log extends every checkpoint that was kept elsewhere: by us, or by a witness."""
    for checkpoint in saved:
        if checkpoint.size > tree.size:
            detail = f"The log has {tree.size} leaves; it was signed with {checkpoint.size} before."
            yield Finding(Kind.TRUNCATED, detail, leaf_index=tree.size)
        elif tree.root(checkpoint.size) != checkpoint.root:
            detail = (
                f"The log was signed anew: its first {checkpoint.size} leaves are not those of the kept checkpoint."
            )
            yield Finding(Kind.RESIGNED, detail)
