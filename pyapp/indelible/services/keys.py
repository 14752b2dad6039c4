"""API keys of service accounts: made outside of the database, which sees neither a key nor what opens the HTTP door."""

import hashlib
import re
import secrets
import string
from dataclasses import dataclass
from typing import Final, Self

from pydantic import SecretStr

from indelible.services.login import TOKEN_BYTES, hash_token

# Recognisable to people and to scanners for leaked secrets: ind_, what may be known, what may not.
KEY: Final = re.compile(r"ind_(?P<key_id>[a-z0-9]{12})_[A-Za-z0-9_-]{43}")
_ALPHABET: Final = string.ascii_lowercase + string.digits


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key and what `iam.create_api_key` stores of it: `key_id`, which may be known, and `digest`."""

    key: SecretStr
    key_id: str
    digest: bytes

    @classmethod
    def of(cls, text: str) -> Self:
        """What belongs to a key that was made before.

        Raises:
            ValueError: it is none; the text is not in the message.
        """
        match = KEY.fullmatch(text)
        if match is None:
            raise ValueError("This is no API key.")
        key = SecretStr(text)
        return cls(key, match["key_id"], hashlib.sha256(hash_token(key)).digest())


def new_api_key() -> ApiKey:
    """A fresh key of 256 random bits. Show it to its account once, and store it nowhere else."""
    key_id = "".join(secrets.choice(_ALPHABET) for _ in range(12))
    return ApiKey.of(f"ind_{key_id}_{secrets.token_urlsafe(TOKEN_BYTES)}")
