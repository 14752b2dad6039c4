"""May this user do that? The database answers, on the independent session, and records every refusal itself."""

from enum import StrEnum

from indelible.context import RequestContext
from indelible.services.question import Sessions, ask


class Verdict(StrEnum):
    """What iam.check_permission answers."""

    GRANTED = "granted"
    DENIED = "denied"
    NO_ROLE = "no_role"
    INACTIVE = "inactive"
    UNAUTHENTICATED = "unauthenticated"


async def check_permission(sessions: Sessions, permission: str, context: RequestContext) -> Verdict:
    """The verdict for the user of `context`: the one its seal proves, or the one the application names.

    Raises:
        DatabaseUnreachable: there is no answer, and so no permission.
    """
    row = await ask(
        sessions,
        "check_permission",
        permission,
        context.sealed,
        context.user_id,
        context.ip_address,
        context.request_id,
    )
    return Verdict(row["verdict"])
