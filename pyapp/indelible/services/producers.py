"""Who hands events over: which keys are known to be good, and how much each account may have in flight."""

from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from indelible.context import RequestContext
from indelible.errors import IndelibleError
from indelible.services.ingest import KeyRefused, ingest
from indelible.services.question import Sessions
from indelible.services.standing import Standing

# More keys than this in use at once ask the database once more.
MOST_KNOWN: Final = 1024


class TooManyInFlight(IndelibleError):
    """No place is free: for this account (`of_account`), or for any."""

    def __init__(self, *, of_account: bool) -> None:
        super().__init__()
        self.of_account = of_account


class Producers:
    """Lives on one event loop. A key known here opens a place in line and no more: the database proves it each time."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, str] = OrderedDict()
        self._taken: Counter[str] = Counter()

    async def recognise(self, sessions: Sessions, key_hash: bytes, context: RequestContext) -> str:
        """The account of this key, before anything else of the request is read.

        Raises:
            KeyRefused, DatabaseUnreachable: as `ingest`.
        """
        account = self._known.get(key_hash)
        if account is None:
            account, _ = await ingest(sessions, key_hash, (), context, Standing.UNPROVEN)
            self._known[key_hash] = account
            if len(self._known) > MOST_KNOWN:
                self._known.popitem(last=False)
        return account

    @contextmanager
    def recognised(self, key_hash: bytes) -> Iterator[None]:
        """Inside of this, a key that is refused is forgotten."""
        try:
            yield
        except KeyRefused:
            self._known.pop(key_hash, None)
            raise

    @contextmanager
    def place(self, account: str, places: int) -> Iterator[None]:
        """One of `places` for all, of which an account has half at most.

        Raises:
            TooManyInFlight: none is free.
        """
        if self._taken[account] >= max(1, places // 2):
            raise TooManyInFlight(of_account=True)
        if self._taken.total() >= places:
            raise TooManyInFlight(of_account=False)
        self._taken[account] += 1
        try:
            yield
        finally:
            self._taken[account] -= 1
            if not self._taken[account]:
                del self._taken[account]
