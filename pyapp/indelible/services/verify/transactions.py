"""Whether transactions that were sealed stayed as they were: one that has ended adds no rows.

What the database says of how far it is sealed is not asked: the leaves tell.
"""

from collections.abc import Iterator, Mapping

from indelible.services.verify.report import Finding, Kind
from indelible.services.verify.tree import Tree


def check_transactions(tree: Tree, epoch: int, waiting: Mapping[int, int]) -> Iterator[Finding]:
    """What came into transactions after these were sealed; `waiting` has the first row that is not, by transaction.

    All leaves of a transaction follow each other. Those of former epochs, taken in afterwards, are in the order of ids.
    """
    sealed: set[int] = set()
    last, is_late = None, False
    for index, entry in enumerate(tree.entries()):
        if entry.epoch != epoch:
            continue
        if entry.xid != last:
            last, is_late = entry.xid, entry.xid in sealed
            sealed.add(last)
        if is_late:
            detail = f"Transaction {last}, which it names, was sealed before: this leaf was added to it."
            yield Finding(Kind.INSERTED, detail, entry.id, index)
    for xid, row_id in waiting.items():
        # The rest of the last one may come with the next part of its batch.
        if xid in sealed and xid != last:
            detail = f"It is no leaf, and transaction {xid}, which it names, was sealed without it."
            yield Finding(Kind.INSERTED, detail, row_id)
