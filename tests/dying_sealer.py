"""Run as a program: a sealer that is killed at a step of its work. Arguments: DSN, folder, step."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from indelible.services.seal.folder import SealerFolder
from indelible.services.seal.store import Store
from tests.sealing import seal

# Before or after which call the power goes.
STEPS: dict[str, tuple[type, str, bool]] = {
    "before the log begins": (Store, "begin_epoch", False),
    "after the log began": (Store, "begin_epoch", True),
    "before the rows are taken": (Store, "take", False),
    "after the rows are taken": (Store, "take", True),
    "before the batch is committed": (Store, "close", True),
    "after the batch is committed": (SealerFolder, "signers", False),
    "before the signature is remembered": (SealerFolder, "remember", False),
    "after the signature is remembered": (SealerFolder, "remember", True),
    "before the checkpoint is published": (Store, "store_checkpoint", False),
    "after the checkpoint is published": (Store, "store_checkpoint", True),
}


def die_at(owner: type, name: str, *, after: bool) -> None:
    """From now on that call is the last thing this process does."""
    work: Callable[..., Any] = getattr(owner, name)

    def last(*arguments: Any) -> None:
        if after:
            work(*arguments)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(owner, name, last)


if __name__ == "__main__":
    dsn, folder, step = sys.argv[1:]
    owner, name, after = STEPS[step]
    die_at(owner, name, after=after)
    seal(dsn, Path(folder))
