"""What was done to rows that are not as their leaves say."""

from collections.abc import Iterator

from indelible.services.verify.compare import Part
from indelible.services.verify.report import MOST_FINDINGS, Finding, Kind
from indelible.services.verify.rows import Row
from indelible.services.verify.tree import Tree
from indelible.tlog.leaf import Entry, commit


def name_wrong_rows(part: Part, tree: Tree) -> Iterator[Finding]:
    """A finding for each row that a comparison kept."""
    for row in part.suspects:
        yield _of_suspect(row, part.suspects, tree)
    for row in part.doubles:
        detail = "This row claims a leaf that is another row's, or none at all."
        yield Finding(Kind.INSERTED, detail, row.id)
    for row in part.forgers:
        detail = f"This row names transaction {row.xid}, which has not ended: its number was made up."
        yield Finding(Kind.FORGED_XID, detail, row.id)
    for row in part.backdated:
        detail = "This row says it was recorded long before its transaction began: it was put in later."
        yield Finding(Kind.INSERTED, detail, row.id, row.leaf_index)
    if part.strays:
        yield from _of_strays(part.strays, tree)


def name_missing_rows(seen: bytes, tree: Tree) -> Iterator[Finding]:
    """A finding for each of the first leaves without a row; a run of them at the end is a log cut short."""
    tail = len(seen.rstrip(b"\x00"))
    missing = seen.count(0)
    if missing == len(seen) - tail and missing > 1:
        entry = tree.entry(tail)
        detail = f"The log was cut: the last {missing} leaves have no row."
        yield Finding(Kind.TRUNCATED, detail, entry.id, tail)
        return
    index = seen.find(0)
    for _ in range(min(missing, MOST_FINDINGS)):
        detail = "The leaf has no row: it was deleted."
        yield Finding(Kind.DELETED, detail, tree.entry(index).id, index)
        index = seen.find(0, index + 1)


def _of_suspect(row: Row, suspects: list[Row], tree: Tree) -> Finding:
    index = row.leaf_index or 0
    entry = tree.entry(index)
    kind, detail = _kind_of(row, entry, suspects)
    return Finding(kind, detail, row.id, index)


def _kind_of(row: Row, entry: Entry, suspects: list[Row]) -> tuple[Kind, str]:
    if entry.id != row.id:
        if row.commitment == entry.commitment:
            return Kind.REORDERED, f"This is what event {entry.id} said."
        return Kind.ALTERED, f"The leaf that it claims is that of event {entry.id}."
    if row.content and row.salt is None:
        return Kind.ALTERED, "Its salt was taken away, so that nobody can tell what it said; no erasure is on record."
    for other in suspects:
        if other is not row and row.salt and commit(row.salt, other.content) == entry.commitment:
            return Kind.REORDERED, f"What it said stands in event {other.id} now."
    differs = [
        name
        for name, same in (
            ("transaction", row.xid == entry.xid),
            ("time", row.created_at == entry.created_at),
            ("content", row.commitment == entry.commitment),
        )
        if not same
    ]
    if differs == ["transaction"]:
        return Kind.FORGED_XID, f"It was of transaction {entry.xid} and names {row.xid} now."
    return Kind.ALTERED, f"Not as it was sealed: its {' and its '.join(differs)}."


def _of_strays(strays: list[Row], tree: Tree) -> Iterator[Finding]:
    """Rows that should be leaves: taken out of the list of leaves, or put into the log past the sealer."""
    ids, xids = {row.id for row in strays}, {row.xid for row in strays}
    places: dict[int, int] = {}
    sealed: set[int] = set()
    for index in range(tree.size):
        entry = tree.entry(index)
        if entry.id in ids:
            places[entry.id] = index
        if entry.xid in xids:
            sealed.add(entry.xid)
    for row in strays:
        if row.id in places:
            detail = "It was sealed, and what links it to its leaf was taken away."
            yield Finding(Kind.ALTERED, detail, row.id, places[row.id])
        elif row.xid in sealed:
            detail = f"It is no leaf, and transaction {row.xid}, which it names, was sealed without it."
            yield Finding(Kind.INSERTED, detail, row.id)
        else:
            detail = f"It is no leaf, and names transaction {row.xid}, which had ended before the last batch."
            yield Finding(Kind.FORGED_XID, detail, row.id)
