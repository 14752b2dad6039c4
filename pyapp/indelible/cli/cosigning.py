"""Asking witnesses beside a sealer, where the data directory holds a policy that names some."""

import contextlib
import threading
from collections.abc import Callable, Iterator

from indelible.cli.beside import beside
from indelible.cli.context import Context
from indelible.cli.failure import sentence_of
from indelible.cli.trust import POLICY_FILE, read_policy
from indelible.services.cosigning import cosign_until
from indelible.tlog.policy import Policy


@contextlib.contextmanager
def cosigning(dsn: str, context: Context, tell: Callable[[str], None]) -> Iterator[None]:
    """Have every checkpoint cosigned in a thread until the end of the block; nothing without witnesses.

    Raises:
        ConfigurationError: the policy cannot be read, or names a witness by no URL that could be asked.
    """
    policy = read_policy(context.data_dir / POLICY_FILE, required=False)
    if not policy.witnesses:
        yield
        return
    with beside("cosigning", lambda stop: _cosign(stop, dsn, policy, tell)):
        yield


def _cosign(stop: threading.Event, dsn: str, policy: Policy, tell: Callable[[str], None]) -> None:
    try:
        cosign_until(stop, dsn, policy, tell)
    except Exception as error:  # noqa: BLE001 - sealing goes on, and this is the last place to say it
        tell(f"No witness is asked any more! {sentence_of(error)[0]}")
