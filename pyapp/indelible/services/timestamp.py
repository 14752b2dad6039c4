"""RFC 3161 timestamps: an authority's word that a checkpoint was there at a moment. Needs `indelible[timestamps]`."""

import urllib.parse
import urllib.request
from datetime import datetime
from pathlib import Path

from cryptography import x509

from indelible.errors import ConfigurationError, IndelibleError

ANSWER_SECONDS = 15.0
LONGEST_ANSWER = 1_000_000
NOT_INSTALLED = "Timestamps need the package rfc3161-client: install indelible[timestamps]."


class NotTimestamped(IndelibleError):
    """The authority gave no timestamp, or one that does not hold."""


def timestamp(content: bytes, url: str, roots: Path) -> tuple[bytes, datetime]:
    """A timestamp response over `content` (DER) from the authority at `url`, and the time that it states.

    It is verified against the certificates in the PEM file `roots`.

    Raises:
        NotTimestamped: there is no answer, or it is not over this content, to this question, by this authority.
        ConfigurationError: the extra is not installed, or the certificates or the URL cannot be used.
    """
    try:
        from rfc3161_client import (
            TimestampRequestBuilder,
            VerificationError,
            VerifierBuilder,
            decode_timestamp_response,
        )
    except ImportError as error:
        raise ConfigurationError(NOT_INSTALLED) from error
    request = TimestampRequestBuilder().data(content).build()
    verifier = VerifierBuilder.from_request(request)
    for certificate in _certificates(roots):
        verifier = verifier.add_root_certificate(certificate)
    answer = _post(url, request.as_bytes())
    try:
        response = decode_timestamp_response(answer)
        verifier.build().verify_message(response, content)
    except (ValueError, VerificationError) as error:
        raise NotTimestamped("The timestamp authority's answer does not hold.") from error
    return answer, response.tst_info.gen_time


def _certificates(path: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path} holds no certificates (PEM).") from error


def _post(url: str, body: bytes) -> bytes:
    if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
        raise ConfigurationError("A timestamp authority's URL begins with http:// or https://.")
    request = urllib.request.Request(url, body, {"Content-Type": "application/timestamp-query"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as response:  # noqa: S310
            content: bytes = response.read(LONGEST_ANSWER)
    except OSError as error:
        raise NotTimestamped(f"The timestamp authority gives no answer: {type(error).__name__}.") from error
    return content
