"""The actors' hands: real HTTP requests, real SQL sessions, and an investigator's look at the log."""

import contextlib
import http.client
import json
import urllib.parse
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import psycopg
from psycopg.rows import dict_row

from indelible.cli.credentials import Credentials
from indelible.db.session import connect
from indelible.queries import QUERIES

Row = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """A response: `status`, JSON `body`, and the `request_id` under which the log knows the request."""

    status: int
    body: dict[str, Any]
    request_id: str


class Client:
    """Talks to the sample as its users do, and reads the log as an investigator does."""

    def __init__(self, credentials: Credentials) -> None:
        self.credentials = credentials
        self._address = urllib.parse.urlsplit(credentials.base_url)
        self._investigator = connect(credentials.roles["ftms_dba"])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._investigator.close()

    def post(self, path: str, body: object, token: str | None = None) -> Answer:
        """One POST with a JSON body, as the user of `token`."""
        connection = http.client.HTTPConnection(str(self._address.hostname), self._address.port, timeout=30)
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        with contextlib.closing(connection):
            connection.request("POST", path, json.dumps(body), headers)
            response = connection.getresponse()
            text = response.read()
        return Answer(response.status, json.loads(text or b"{}"), response.headers["Indelible-Request-ID"])

    def login(self, username: str, password: str | None = None) -> Answer:
        """A login with the user's own password, or with another."""
        secret = self.credentials.users[username] if password is None else password
        return self.post("/v1/auth/login", {"username": username, "password": secret})

    def session(self, role: str) -> psycopg.Connection[Any]:
        """A direct SQL session of a login role, past the application."""
        return connect(self.credentials.roles[role])

    def recorded(self, query: str, *parameters: object) -> list[Row]:
        """Rows of the log by a named query, as `ftms_dba`, a member of audit_investigator, sees them."""
        with psycopg.RawCursor(self._investigator, row_factory=dict_row) as cursor:
            return cursor.execute(QUERIES[query].encode(), parameters).fetchall()
