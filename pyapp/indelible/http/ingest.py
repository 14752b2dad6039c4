"""`POST /v1/audit/events`: other applications hand their events over, one or many, and each is answered for itself."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from indelible.codes import FAILURE
from indelible.errors import Problem, Unauthenticated
from indelible.http.auth import bearer_token
from indelible.http.bodies import read_body
from indelible.http.describe import describe
from indelible.http.incoming import Receipt, Results, Submission
from indelible.http.serving import serving
from indelible.http.submission import Parsed, parse_submission
from indelible.http.verdicts import INVALID, answer
from indelible.metrics import Metrics
from indelible.services.audit import Audit
from indelible.services.ingest import KeyRefused, Verdict, ingest
from indelible.services.keys import KEY
from indelible.services.login import hash_token
from indelible.services.producers import Producers, TooManyInFlight
from indelible.services.standing import Standing

BEARER_KEY: Final = re.compile(rf"[Bb][Ee][Aa][Rr][Ee][Rr] +({KEY.pattern})")
RETRY: Final = {"Retry-After": "1"}


class Ingest:
    """The endpoint, with the places that requests of other applications have in this process."""

    def __init__(self) -> None:
        self._producers = Producers()

    @describe(
        "Hand events over",
        body=Submission,
        returns=Receipt,
        status=201,
        also={200: Results, 207: Results},
        problems=(403, 409, 429),
        headers={"Idempotency-Key": "0198c0de-7b1a-7c55-9f3e-2f6d1a4b5c6d"},
        credential="api_key",
    )
    async def submit(self, request: Request) -> Response:
        """Records events of the service account whose API key is borne. What is answered stored or known is on disk.

        One event: 201 when it is stored, 200 with the same receipt when it was before. An array: 200 when every event
        is on record, 207 when some were refused; each has its own result, and none stands or falls with another. The
        same `event_id` with the same content may be sent again at any time, and is to be after a 503 or no answer.
        """
        _, audit = serving()
        try:
            with self._key(request) as key_hash:
                return await self._take(request, audit, key_hash)
        except KeyRefused as refusal:
            _record_refusal(audit, refusal)
        except TooManyInFlight as crowd:
            raise _busy(crowd) from None
        raise Unauthenticated

    @contextmanager
    def _key(self, request: Request) -> Iterator[bytes]:
        key = bearer_token(request, BEARER_KEY)
        if key is None:
            raise KeyRefused("missing")
        key_hash = hash_token(key)
        with self._producers.recognised(key_hash):
            yield key_hash

    async def _take(self, request: Request, audit: Audit, key_hash: bytes) -> Response:
        """Read, judge, store and answer what an account has sent; nothing of it is read before the key is proven."""
        context, settings = serving()[0], audit.settings
        account = await self._producers.recognise(audit, key_hash, context)
        with self._producers.place(account, settings.ingest_pending):
            content = await read_body(request, settings.ingest_max_body)
            # Off the event loop: a large body takes longer than other requests should have to wait.
            names = request.headers.getlist("idempotency-key")
            parsed = await to_thread.run_sync(parse_submission, content, names)
            verdicts: list[Verdict] = []
            if events := parsed.accepted:
                _, verdicts = await ingest(audit, key_hash, events, context, Standing.PRODUCER)
            _count(audit.metrics, parsed, verdicts)
            return answer(parsed, verdicts)


def _record_refusal(audit: Audit, refusal: KeyRefused) -> None:
    """On record one by one, or of a flood in sum; which of the reasons it was, the client does not learn."""
    facts = {"reason": refusal.reason, "key_id": refusal.key_id}
    audit.record_unchecked(
        "AUTH_KEY_REFUSED",
        outcome=FAILURE,
        entity_type="IAM_ACCOUNT" if refusal.account else None,
        entity_id=refusal.account,
        metadata={name: fact for name, fact in facts.items() if fact},
    )


def _busy(crowd: TooManyInFlight) -> Problem:
    if crowd.of_account:
        return Problem(429, "Too many requests of this account at once", headers=RETRY)
    return Problem(503, "Too many requests with events at once", headers=RETRY)


def _count(metrics: Metrics, parsed: Parsed, verdicts: list[Verdict]) -> None:
    words = Counter(verdict.word for verdict in verdicts)
    words[INVALID] += len(parsed.events) - len(verdicts)
    for word, count in words.items():
        metrics.ingested.labels(verdict=word).inc(count)
