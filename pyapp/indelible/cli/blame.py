"""`indelible blame`"""

from indelible.cli.context import Shared
from indelible.cli.event import who
from indelible.queries import QUERIES

COLUMNS = (
    "column", "value", "changed_at", "action", "user_id", "db_user", "actor_proof", "ip_address", "request_id", "id"
)  # fmt: skip


def blame(table: str, key: str, /, *, context: Shared) -> None:
    """Show of each column of one row who set its present value, when and from where.

    The database login must be a member of audit_investigator and may read the table. Example:
    `indelible blame shop.orders 7`

    Args:
        table: The table, with its schema: shop.orders.
        key: The row's key; of several columns a JSON object: '{"order": 7, "line": 1}'.
        context: The shared options.
    """
    with context.connection() as connection:
        rows = connection.execute(QUERIES["blame"].encode(), (table, key)).fetchall()
    fields = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
    if context.as_json:
        context.output.lines(fields)
        return
    shown = [(f["column"], f["value"], f["changed_at"], f["action"], who(f), f["ip_address"], f["id"]) for f in fields]
    context.output.table(
        ("column", "value", "since", "action", "who", "from", "event"), shown, "Nothing is on record of this row."
    )
