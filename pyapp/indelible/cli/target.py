"""Where a command writes bytes to: stdout, or a file that appears under its name only when it is complete."""

import contextlib
import fcntl
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from indelible.errors import ConfigurationError


@contextlib.contextmanager
def written(path: Path | None) -> Iterator[BinaryIO]:
    """A file to write to, for its owner alone to read; whatever ends the block early leaves nothing of it.

    Raises:
        ConfigurationError: there can be no such file, or another command is writing it.
    """
    if path is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    part = path.with_name(f"{path.name}.part")
    with _opened(part) as file:
        try:
            yield file
            file.flush()
            os.fsync(file.fileno())
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise


def _opened(part: Path) -> BinaryIO:
    try:
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ConfigurationError(f"{part} cannot be written: {error.strerror}.") from None
    file = os.fdopen(handle, "wb")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise ConfigurationError(f"Another command is writing {part}.") from None
    os.fchmod(handle, 0o600)  # one that a killed command left may have been anybody's to read
    file.truncate(0)
    return file
