"""The sealer's own folder: its keys and what it signed last, on disk and for nobody else to read."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

from indelible.embedded.files import make_folder, own_folder, write_private_in
from indelible.errors import ConfigurationError, InvalidNote
from indelible.services.seal.memory import Memory
from indelible.tlog.key import Signer

LAST_SIGNED = "last-signed.json"
KEYS = "keys"


@dataclass(frozen=True)
class SealerFolder:
    """The folder `path`, made on first use. A key in it must not be readable for the user that PostgreSQL runs as."""

    path: Path

    def memory(self) -> Memory | None:
        """What was signed last, None before the first time; SealRefused if it cannot be read."""
        text = self._read(LAST_SIGNED)
        return None if text is None else Memory.from_text(text)

    def remember(self, memory: Memory) -> None:
        """Replace what was signed last; on disk when this returns."""
        self._write(LAST_SIGNED, memory.to_text())

    def signers(self, origin: str) -> tuple[Signer, ...]:
        """The keys that sign the log `origin`: the present one, and the one before it, if any.

        Raises:
            ConfigurationError: there are none; new ones are never made behind the back of who trusts the old.
        """
        if not (lines := self._key_lines()):
            raise ConfigurationError(f"There are no keys in {self.path / KEYS}: restore them from your copy.")
        return tuple(replace(_signer(line), name=origin) for line in lines)

    def key_name(self) -> str | None:
        """The name of the log that the present key was made for, None while there is no key."""
        lines = self._key_lines()
        return _signer(lines[0]).name if lines else None

    def make_key(self, origin: str) -> Signer:
        """The key of a log that begins: the one that is there, or a new one."""
        if self._read(KEYS) is None:
            self._put_keys(_new_signer(origin))
        return self.signers(origin)[0]

    def rotate(self, origin: str) -> Signer:
        """Make a new key. The present one signs beside it until the next rotation, for those who know it."""
        self._put_keys(_new_signer(origin), self.signers(origin)[0])
        return self.signers(origin)[0]

    def _put_keys(self, *signers: Signer) -> None:
        self._write(KEYS, "".join(f"{signer.to_text()}\n" for signer in signers))

    def _key_lines(self) -> list[str]:
        return (self._read(KEYS) or "").split()

    def _read(self, name: str) -> str | None:
        try:
            with own_folder(self.path) as folder:
                handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
                with os.fdopen(handle) as file:
                    return file.read()
        except FileNotFoundError:
            return None

    def _write(self, name: str, text: str) -> None:
        make_folder(self.path)
        with own_folder(self.path) as folder:
            write_private_in(folder, name, text)


def _new_signer(origin: str) -> Signer:
    try:
        return Signer.generate(origin)
    except InvalidNote as error:
        raise ConfigurationError(f"A log cannot be named {origin!r}: {error}") from error


def _signer(line: str) -> Signer:
    try:
        return Signer.from_text(line)
    except InvalidNote as error:
        raise ConfigurationError("The keys of this sealer cannot be read: restore them from your copy.") from error
