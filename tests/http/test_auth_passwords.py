"""Passwords on their way from the keyboard to argon2id."""

import hashlib
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretBytes, SecretStr, ValidationError

from indelible.http.auth import Credentials, LoginAnswer
from indelible.services.passwords import (
    MAX_PASSWORD_BYTES,
    Argon2Parameters,
    LoginOverloadedError,
    PasswordHasher,
    derive_key,
    encode_password,
    new_verifier,
)

QUICK = Argon2Parameters(b"s" * 16, memory_kib=8, iterations=1)
ANY_TEXT = st.text(st.characters(), max_size=1200)


@given(ANY_TEXT)
def test_a_password_is_encoded_or_refused_without_being_repeated(typed: str) -> None:
    """Whatever is typed becomes normalised bytes, or a ValueError that neither holds nor chains it."""
    surrogate = any(unicodedata.category(character) == "Cs" for character in typed)
    if not surrogate and 1 <= len(typed.encode()) <= MAX_PASSWORD_BYTES:
        encoded = encode_password(SecretStr(typed)).get_secret_value()
        assert encoded == unicodedata.normalize("NFKC", typed).encode()
        return
    with pytest.raises(ValueError, match="password") as caught:
        encode_password(SecretStr(typed))
    assert caught.value.__cause__ is caught.value.__context__ is None
    assert str(caught.value) in ("A password has 1 to 1024 bytes.", "The password is not valid Unicode text.")


@given(ANY_TEXT.filter(bool))
def test_normal_forms_of_one_text_are_one_password(typed: str) -> None:
    """Composed or decomposed, in full width or not: the same bytes, as far as the limit lets both pass."""
    texts = {unicodedata.normalize(form, typed) for form in ("NFC", "NFD", "NFKC", "NFKD")}
    encoded = set()
    for text in texts:
        try:
            encoded.add(encode_password(SecretStr(text)).get_secret_value())
        except ValueError:
            continue
    assert len(encoded) <= 1


def test_a_verifier_is_the_digest_of_the_key() -> None:
    """What the database stores is sha256 of the key that the application derives with the stored parameters."""
    parameters, verifier = new_verifier(SecretStr("correct horse"))
    assert verifier == hashlib.sha256(derive_key(SecretBytes(b"correct horse"), parameters)).digest()
    assert (parameters.memory_kib, parameters.iterations, parameters.parallelism) == (19456, 2, 1)


def test_salts_are_never_reused() -> None:
    """Two verifiers of one password share nothing."""
    (first, one), (second, other) = (new_verifier(SecretStr("correct horse")) for _ in range(2))
    assert first.salt != second.salt
    assert one != other


@given(st.text(min_size=8, max_size=40).filter(lambda text: text.isprintable() and text.isascii()))
def test_credentials_show_no_password(typed: str) -> None:
    """Neither repr nor str of what was parsed shows it, nor does the error when parsing fails."""
    password = f"canary-{typed}"
    credentials = Credentials.model_validate({"username": "u", "password": password})
    assert password not in f"{credentials!r} {credentials}"
    with pytest.raises(ValidationError) as caught:
        Credentials.model_validate({"username": 5, "password": [password]})
    assert password not in str(caught.value)


def test_an_answer_shows_no_token() -> None:
    """The repr of a successful login, as a debugger or a log would print it, lacks the token."""
    answer = LoginAnswer.model_validate(LoginAnswer.model_json_schema()["examples"][0])
    assert answer.token not in repr(answer)


async def test_a_hasher_takes_so_many_and_no_more() -> None:
    """Threads and waiting places together are the bound; a place that was left is free again."""
    hasher = PasswordHasher(threads=1, waiting=1)
    with hasher.place(), hasher.place():
        with pytest.raises(LoginOverloadedError), hasher.place():
            pass
        assert await hasher.derive(SecretBytes(b"x"), QUICK) == derive_key(SecretBytes(b"x"), QUICK)
    with hasher.place():
        pass


async def test_a_failed_login_leaves_its_place() -> None:
    """An exception inside does not shrink the line for ever."""
    hasher = PasswordHasher(threads=1, waiting=0)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), hasher.place():
            raise ZeroDivisionError
