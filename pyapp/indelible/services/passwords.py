"""Passwords: argon2id, computed here so that the database need not, and kept out of everything that is written."""

import hashlib
import os
import secrets
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from anyio import CapacityLimiter, to_thread
from argon2.low_level import Type, hash_secret_raw
from pydantic import SecretBytes, SecretStr

MAX_PASSWORD_BYTES: Final = 1024
KEY_BYTES: Final = 32


class LoginOverloadedError(Exception):
    """Too many logins are waiting for a thread; nothing was asked of the database."""


@dataclass(frozen=True, slots=True)
class Argon2Parameters:
    """What argon2id needs besides the password. `memory_kib` in KiB, `iterations` in passes."""

    salt: bytes
    memory_kib: int = 19 * 1024
    iterations: int = 2
    parallelism: int = 1


def encode_password(password: SecretStr) -> SecretBytes:
    """The bytes to derive from: NFKC, as NIST SP 800-63B advises, so that the same keys typed on another
    system give the same bytes.

    Raises:
        ValueError: empty, over 1024 bytes of UTF-8, or holding a lone surrogate. The text is not in the message.
    """
    # "replace" never raises: the codec's own error would carry the password along.
    typed = password.get_secret_value().encode(errors="replace")
    if not 1 <= len(typed) <= MAX_PASSWORD_BYTES:
        raise ValueError(f"A password has 1 to {MAX_PASSWORD_BYTES} bytes.")
    if typed.decode() != password.get_secret_value():
        raise ValueError("The password is not valid Unicode text.")
    return SecretBytes(unicodedata.normalize("NFKC", typed.decode()).encode())


def derive_key(password: SecretBytes, parameters: Argon2Parameters) -> bytes:
    """The raw argon2id key, 32 bytes. Takes tens of milliseconds of one core and `memory_kib` of memory."""
    return hash_secret_raw(
        password.get_secret_value(),
        parameters.salt,
        time_cost=parameters.iterations,
        memory_cost=parameters.memory_kib,
        parallelism=parameters.parallelism,
        hash_len=KEY_BYTES,
        type=Type.ID,
    )


def new_verifier(password: SecretStr) -> tuple[Argon2Parameters, bytes]:
    """Fresh parameters and `sha256(key)`: what `iam.set_password` stores for this password.

    Raises:
        ValueError: as `encode_password`.
    """
    parameters = Argon2Parameters(secrets.token_bytes(16))
    return parameters, hashlib.sha256(derive_key(encode_password(password), parameters)).digest()


class PasswordHasher:
    """argon2id off the event loop: `threads` at once, `waiting` more in line, everyone else is turned away.

    Without the second bound a flood of logins would queue without end, each holding its connection open.
    """

    def __init__(self, threads: int | None = None, waiting: int = 64) -> None:
        threads = threads or min(4, os.cpu_count() or 1)
        self._limiter = CapacityLimiter(threads)
        self._places = threads + waiting

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place in the line, for the whole login.

        Raises:
            LoginOverloadedError: none is free.
        """
        if self._places <= 0:
            raise LoginOverloadedError
        self._places -= 1
        try:
            yield
        finally:
            self._places += 1

    async def derive(self, password: SecretBytes, parameters: Argon2Parameters) -> bytes:
        """`derive_key` in a worker thread."""
        return await to_thread.run_sync(derive_key, password, parameters, limiter=self._limiter)
