"""Folders and files of the data directory that are their owner's alone."""

import contextlib
import os
import pwd
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path

from indelible.errors import EmbeddedError


def make_folder(path: Path) -> Path:
    """Make `path`; a new one can be entered by nobody else, or, made by root, be passed through but not listed."""
    try:
        if not path.is_dir():
            mode = 0o711 if os.geteuid() == 0 else 0o700
            try:
                path.mkdir(mode, parents=True)
                path.chmod(mode)  # the umask has no say here
            except FileExistsError:
                if not path.is_dir():  # or another process was quicker
                    raise
        if not os.access(path, os.W_OK | os.X_OK):
            raise PermissionError(13, "Permission denied")
    except OSError as error:
        raise EmbeddedError(f"The data directory {path} cannot be written: {error.strerror}.") from error
    return path


@contextlib.contextmanager
def own_folder(path: Path) -> Iterator[int]:
    """`open_own_folder` for the data directory, closed again after the block."""
    handle = open_own_folder(path, "data directory", "choose another --data-dir")
    try:
        yield handle
    finally:
        os.close(handle)


def open_own_folder(path: Path, what: str, remedy: str) -> int:
    """A descriptor of the folder `path`, in which nobody else can put anything; not through a symbolic link.

    `what` is the folder's name and `remedy` the way out in the sentences that refuse it.

    Raises:
        EmbeddedError: it belongs to somebody else, others may write to it, or it is a link.
        FileNotFoundError: there is none.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        raise
    except OSError as error:
        reason = "it is a symbolic link" if path.is_symlink() else str(error.strerror)
        raise EmbeddedError(f"The {what} {path} cannot be used ({reason}): {remedy}.") from None
    found = os.fstat(handle)
    if found.st_uid != os.geteuid():
        os.close(handle)
        raise EmbeddedError(f"The {what} {path} belongs to {_name(found.st_uid)}: run this as that user, or {remedy}.")
    if writable_by_others(found):
        os.close(handle)
        raise EmbeddedError(
            f"Others may write to the {what} {path}: run `chmod go-w` on it if you trust what is in it, or {remedy}."
        )
    return handle


def writable_by_others(found: os.stat_result) -> bool:
    """Whether anybody but the owner may write there."""
    return bool(found.st_mode & (stat.S_IWGRP | stat.S_IWOTH))


def _name(uid: int) -> str:
    try:
        return f"the user {pwd.getpwuid(uid).pw_name}"
    except KeyError:
        return f"the user id {uid}"


def write_private(path: Path, text: str) -> None:
    """Replace `path` by a file of mode 0600 with `text`, at once and on disk: readers see the old or the new."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        write_private_in(folder, path.name, text)
    finally:
        os.close(folder)


def write_private_in(folder: int, name: str, text: str) -> None:
    """`write_private` for the file `name` in a folder that is open, and so cannot be swapped for another."""
    draft = f"{name}.{secrets.token_hex(8)}"
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=folder)
    with os.fdopen(handle, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, name, src_dir_fd=folder, dst_dir_fd=folder)
    os.fsync(folder)


def open_private(path: Path, flags: int) -> int:
    """Open `path` with mode 0600 and `flags`, never through a symbolic link; returns the descriptor."""
    try:
        return os.open(path, flags | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        message = f"{path} cannot be opened ({error.strerror}): does another user own this data directory?"
        raise EmbeddedError(message) from error
