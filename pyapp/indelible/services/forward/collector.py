"""An HTTP collector: batches as JSON arrays, in order, with a bearer token; its 2xx says that it has them."""

import contextlib
import http.client
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from pydantic import SecretStr

from indelible.services.export.product import NAME, VERSION
from indelible.services.forward.message import MessageFormat, Sealed, spell_line
from indelible.services.forward.place import Place
from indelible.services.forward.receiver import ANSWER_SECONDS, NotDelivered

LONGEST_ANSWER: Final = 65_536
# However long a receiver asks to be left alone.
LONGEST_REST: Final = 3600.0
TOO_LARGE: Final = 413


class Collector:
    """A collector; its connection is kept from batch to batch."""

    def __init__(self, place: Place, kind: MessageFormat, tls: ssl.SSLContext, token: SecretStr | None) -> None:
        self._place = place
        self._kind = kind
        self._token = token
        self._connection = (
            http.client.HTTPSConnection(place.host, place.port, timeout=ANSWER_SECONDS, context=tls)
            if place.encrypted
            else http.client.HTTPConnection(place.host, place.port, timeout=ANSWER_SECONDS)
        )

    def deliver(self, batch: Sequence[Sealed]) -> None:
        """Return when the collector has accepted all of `batch`; one that is too large for it is sent in halves."""
        events = [spell_line(event, self._kind) for _, event in batch if event is not None]
        if not events:
            return
        status, retry_after = self._post(f"[{','.join(events)}]".encode())
        if status == TOO_LARGE and len(batch) > 1:
            self.deliver(batch[: len(batch) // 2])
            self.deliver(batch[len(batch) // 2 :])
        elif not 200 <= status < 300:
            raise NotDelivered(f"it answered {status}", retry_after)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _post(self, body: bytes) -> tuple[int, float]:
        """The status of the answer, and how many seconds it asks us to wait."""
        headers = {"Content-Type": "application/json", "User-Agent": f"{NAME}/{VERSION}"}
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token.get_secret_value()}"
        try:
            self._connection.request("POST", self._place.path, body, headers)
            with contextlib.closing(self._connection.getresponse()) as answer:
                answer.read(LONGEST_ANSWER)
                if not answer.isclosed():  # what is left of it would be taken for the next answer
                    self._connection.close()
                return answer.status, _seconds(answer.headers.get("Retry-After"))
        except ssl.SSLCertVerificationError as error:
            self.close()
            raise NotDelivered(f"its certificate is not to be trusted: {error.verify_message}") from error
        except (OSError, http.client.HTTPException) as error:
            self.close()
            reason = "it does not answer" if isinstance(error, TimeoutError) else getattr(error, "strerror", None)
            raise NotDelivered(reason or type(error).__name__) from error


def _seconds(retry_after: str | None) -> float:
    """What the header says (RFC 9110): seconds, or a date; 0 for what it cannot mean."""
    if retry_after is None:
        return 0.0
    if retry_after.strip().isdigit():
        return min(float(retry_after), LONGEST_REST)
    try:
        moment = parsedate_to_datetime(retry_after)
    except ValueError:
        return 0.0
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max(moment.timestamp() - datetime.now(UTC).timestamp(), 0.0), LONGEST_REST)
