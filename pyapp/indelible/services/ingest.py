"""Events of other applications, handed over in one call: the database proves the key, judges, and stores."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from indelible.context import RequestContext
from indelible.errors import IndelibleError
from indelible.services.question import Sessions, ask
from indelible.services.standing import Standing

# Most events of one call: what audit.ingest() takes.
LARGEST_BATCH = 1000


class KeyRefused(IndelibleError):
    """The key opens nothing. `reason` (unknown, revoked, expired or inactive) is for the log, not for the client."""

    def __init__(self, reason: str, account: str | None = None, key_id: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.account = account
        self.key_id = key_id


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one event: `word` is stored, known, conflict or why it was refused; `log_id` its row, if any."""

    word: str
    log_id: int | None


async def ingest(
    sessions: Sessions, key_hash: bytes, events: Sequence[Any], context: RequestContext, standing: Standing
) -> tuple[str, list[Verdict]]:
    """The account of the key, and a verdict for each of at most LARGEST_BATCH events; committed before this returns.

    Raises:
        KeyRefused: nothing was looked at.
        DatabaseUnreachable: there is no answer; whether the events are stored, the same call tells when repeated.
    """
    text = json.dumps(events, ensure_ascii=False, allow_nan=False)
    values = key_hash, text, context.ip_address, context.request_id
    row = await ask(sessions, "ingest_events", *values, standing=standing)
    if row["refusal"] is not None:
        raise KeyRefused(row["refusal"], row["account"], row["key_id"])
    return row["account"], [Verdict(*pair) for pair in zip(row["verdicts"], row["log_ids"], strict=True)]
