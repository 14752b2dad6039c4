"""Logging in and out over HTTP, and who a bearer token belongs to."""

import re
from datetime import datetime
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response

from indelible.codes import FAILURE
from indelible.context import Identity
from indelible.errors import Problem, Unauthenticated
from indelible.http.bodies import parse_body
from indelible.http.describe import describe
from indelible.http.serving import serving
from indelible.services.login import authenticate, log_in, log_out
from indelible.services.passwords import LoginOverloadedError, PasswordHasher, encode_password

BEARER: Final = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] +([A-Za-z0-9_-]{43})")
# Neither an answer with a token nor a refusal belongs into anyone's cache.
UNCACHED: Final = {"Cache-Control": "no-store"}


def _acceptable(password: SecretStr) -> SecretStr:
    encode_password(password)
    return password


class Credentials(BaseModel):
    """What a user types."""

    model_config = ConfigDict(
        extra="forbid",
        hide_input_in_errors=True,
        json_schema_extra={"examples": [{"username": "alice", "password": "correct horse battery staple"}]},
    )

    username: Annotated[str, Field(min_length=1, max_length=200)]
    password: Annotated[SecretStr, AfterValidator(_acceptable)]


class User(BaseModel):
    """Who is logged in."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"username": "alice", "display_name": "Alice Byrne"}]})

    username: str
    display_name: str


class LoginAnswer(BaseModel):
    """A new session. The token is shown this once."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "token": "8N3uvgqPY0xkLrDTWb2h1mZs7eJoQnCfA5iXyKtVw4E",
                    "token_type": "Bearer",
                    "expires_at": "2026-01-05T22:00:00Z",
                    "user": {"username": "alice", "display_name": "Alice Byrne"},
                }
            ]
        }
    )

    token: str = Field(repr=False)
    token_type: str
    expires_at: datetime
    user: User


async def identify_bearer(request: HTTPConnection) -> Identity | None:
    """The user of the request's bearer token, as the database knows it; None without a valid one.

    Raises:
        DatabaseUnreachable: there is a token, and no answer about it.
    """
    token = bearer_token(request)
    if token is None:
        return None
    context, audit = serving()
    return await authenticate(audit, token, context)


def bearer_token(request: HTTPConnection, form: re.Pattern[str] = BEARER) -> SecretStr | None:
    """The one well-formed bearer token of the request. Two of them are none: whose would it be?"""
    headers = request.headers.getlist("authorization")
    match = form.fullmatch(headers[0]) if len(headers) == 1 else None
    return SecretStr(match[1]) if match else None


class Authentication:
    """The endpoints of /v1/auth, with the line in which logins wait for a thread."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()

    @describe("Log in", body=Credentials, returns=LoginAnswer, problems=(401, 503), public=True)
    async def login(self, request: Request) -> Response:
        """One refusal for a wrong password and for an unknown, inactive or locked user; the log tells them apart."""
        context, audit = serving()
        try:
            credentials = await parse_body(request, Credentials)
            session = await log_in(audit, self._hasher, credentials.username, credentials.password, context)
        except Problem as problem:
            metadata = {"reason": "status", "status": problem.status_code}
            audit.record_unchecked("AUTH_LOGIN_MALFORMED", outcome=FAILURE, metadata=metadata)
            raise
        except LoginOverloadedError:
            audit.record_unchecked("AUTH_LOGIN_OVERLOADED", outcome=FAILURE, metadata={"reason": "overloaded"})
            raise Problem(503, "Too many logins are waiting", headers={"Retry-After": "2", **UNCACHED}) from None
        if session is None:
            refusal = {"WWW-Authenticate": "Bearer", **UNCACHED}
            raise Problem(401, "Login refused", "User name and password do not open a session.", headers=refusal)
        answer = LoginAnswer(
            token=session.token.get_secret_value(),
            token_type="Bearer",  # noqa: S106
            expires_at=session.expires_at,
            user=User(username=session.username, display_name=session.display_name),
        )
        return JSONResponse(answer.model_dump(mode="json"), headers=UNCACHED)

    @describe("Log out", status=204)
    async def logout(self, request: Request) -> Response:
        """Ends the session of the bearer token."""
        context, audit = serving()
        token = bearer_token(request)
        if token is None or not await log_out(audit, token, context):
            raise Unauthenticated
        return Response(status_code=204)

    @describe("Who am I", returns=User)
    async def me(self, request: Request) -> Response:  # noqa: ARG002
        """The user that this request acts for."""
        context, _ = serving()
        if context.user_id is None:
            raise Unauthenticated
        user = User(username=context.user_id, display_name=context.display_name or context.user_id)
        return JSONResponse(user.model_dump(), headers=UNCACHED)
