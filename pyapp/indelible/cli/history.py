"""`indelible history`"""

from indelible.cli.context import Shared
from indelible.cli.event import difference, who
from indelible.queries import QUERIES

COLUMNS = (
    "version", "id", "created_at", "action", "user_id", "db_user", "actor_proof", "ip_address", "request_id",
    "entity_id", "diff",
)  # fmt: skip


def history(table: str, key: str, /, *, context: Shared) -> None:
    """Show every version of one row: who made it, when, from where, and what changed.

    The database login must be a member of audit_investigator and may read the table. Example:
    `indelible history shop.orders 7`

    Args:
        table: The table, with its schema: shop.orders.
        key: The row's key; of several columns a JSON object: '{"order": 7, "line": 1}'.
        context: The shared options.
    """
    with context.connection() as connection:
        rows = connection.execute(QUERIES["history"].encode(), (table, key)).fetchall()
    versions = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
    if context.as_json:
        context.output.lines(versions)
        return
    shown = [
        (
            v["version"],
            v["created_at"],
            v["action"],
            who(v),
            v["ip_address"],
            v["entity_id"],
            difference(v["diff"] or {}),
        )
        for v in versions
    ]
    context.output.table(
        ("version", "when", "action", "who", "from", "key", "what changed"), shown, "Nothing is on record of this row."
    )
