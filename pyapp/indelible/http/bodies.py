"""JSON bodies, read with suspicion: size, encoding, syntax and characters are judged before any model sees them."""

import asyncio
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from indelible.context import current_audit
from indelible.errors import Problem
from indelible.http.findings import findings_of
from indelible.http.json import InvalidJson, harmful_strings, read_json
from indelible.settings import Settings

# Longest wait for a whole body, in seconds.
READ_SECONDS: Final = 20.0
Model = TypeVar("Model", bound=BaseModel)


async def parse_body(request: Request, model: type[Model]) -> Model:
    """The request's JSON body as `model`, validated strictly: no type is turned into another.

    Raises:
        Problem: 415 if it is not declared as JSON in UTF-8, 413 above `settings.max_body` bytes, 408 if it is not
            all there after READ_SECONDS, 400 if it is not JSON (also for duplicate keys, NaN, and nesting beyond 32),
            422 with `errors` by field if it does not fit the model, or a text in it holds a control character. No
            value is ever repeated.
    """
    audit = current_audit()
    limit = audit.settings.max_body if audit is not None else Settings.model_fields["max_body"].default
    content = await read_body(request, limit)
    if harmful := harmful_strings(parse_json(content)):
        raise Problem(422, "Invalid body", errors=harmful)
    return _validate(content, model)


async def read_body(request: Request, limit: int) -> bytes:
    """The request's JSON body as it came; Problem 415, 413 or 408 as in `parse_body`."""
    _require_json(request)
    return await _read(request, limit)


def parse_json(content: bytes) -> Any:
    """The value of a JSON body; Problem 400 as in `parse_body`."""
    try:
        return read_json(content)
    except InvalidJson as error:
        raise Problem(400, "Malformed JSON", str(error)) from None


def _validate(content: bytes, model: type[Model]) -> Model:
    try:
        return model.model_validate_json(content, strict=True)
    except ValidationError as error:
        findings = findings_of(error)
    # Outside of the handler: the validation error holds what was typed, and must not travel as context.
    raise Problem(422, "Invalid body", errors=findings)


def _require_json(request: Request) -> None:
    declared = request.headers.getlist("content-type")
    media_type, _, parameters = (declared[0] if len(declared) == 1 else "").partition(";")
    kind = media_type.strip().lower()
    is_json = kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))
    charset = parameters.replace(" ", "").replace('"', "").lower()
    if not is_json or charset not in ("", "charset=utf-8"):
        raise Problem(415, "Unsupported media type", "The body must be application/json in UTF-8.")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Problem(415, "Unsupported media type", "The body must not be compressed.")


async def _read(request: Request, limit: int) -> bytes:
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and (len(declared) > 18 or int(declared) > limit):
        raise _too_large(limit)
    content = bytearray()
    try:
        async with asyncio.timeout(READ_SECONDS):
            async for chunk in request.stream():
                content += chunk
                if len(content) > limit:
                    raise _too_large(limit)
    except TimeoutError:
        detail = f"A body arrives within {READ_SECONDS:.0f} seconds."
        raise Problem(408, "Body too slow", detail, headers={"Connection": "close"}) from None
    return bytes(content)


def _too_large(limit: int) -> Problem:
    # The rest of the body is not read: the connection cannot be used again.
    return Problem(413, "Body too large", f"A body has at most {limit} bytes.", headers={"Connection": "close"})
