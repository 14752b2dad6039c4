"""Where a log's checkpoint and tiles come from: a folder, a URL, or the database itself by raw SELECT."""

import http.client
import urllib.parse
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, Protocol

import psycopg

from indelible.errors import ConfigurationError, IndelibleError
from indelible.queries import QUERIES
from indelible.tlog.note import LONGEST_NOTE
from indelible.tlog.tiles import ENTRIES, MAX_ENTRY_BYTES, WIDTH, Tile

CHECKPOINT = "checkpoint"
LONGEST_TILE = WIDTH * (MAX_ENTRY_BYTES + 2)
ANSWER_SECONDS = 30.0


class NotThere(IndelibleError):
    """The log does not have what it must have; the message names it."""


class Source(Protocol):
    """A log as it is published."""

    def checkpoint(self) -> str:
        """The newest signed checkpoint; NotThere if there is none."""

    def tile(self, tile: Tile) -> bytes:
        """The content of a tile; NotThere if it is missing or shorter than it must be."""

    def close(self) -> None:
        """Let go of it."""


class Published(ABC):
    """Files by their path, as static hosting has them."""

    def checkpoint(self) -> str:
        """The newest signed checkpoint."""
        return self._get(CHECKPOINT, LONGEST_NOTE).decode(errors="replace")

    def tile(self, tile: Tile) -> bytes:
        """A tile; where a partial one is gone, the full one that took its place begins with the same."""
        try:
            return self._get(tile.path, LONGEST_TILE)
        except NotThere:
            if tile.width == WIDTH:
                raise
            return self._get(Tile(tile.level, tile.number).path, LONGEST_TILE)

    @abstractmethod
    def _get(self, path: str, most: int) -> bytes:
        """At most so many bytes of a file; NotThere if it is missing."""


class Folder(Published):
    """What `indelible tlog export` wrote."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _get(self, path: str, most: int) -> bytes:
        try:
            with (self._folder / path).open("rb") as file:
                return file.read(most)
        except FileNotFoundError:
            raise NotThere(f"{path} is not there.") from None
        except OSError as error:
            raise IndelibleError(f"{self._folder / path} cannot be read: {error.strerror}.") from error

    def close(self) -> None:
        """Nothing is held open."""


class Url(Published):
    """A log served over HTTP under a prefix such as `https://log.example/tlog`."""

    def __init__(self, url: str) -> None:
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigurationError("A log's URL begins with http:// or https://.")
        make = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = make(parts.hostname, parts.port, timeout=ANSWER_SECONDS)
        self._prefix = parts.path.rstrip("/")

    def _get(self, path: str, most: int) -> bytes:
        try:
            self._connection.request("GET", f"{self._prefix}/{path}", headers={"Accept-Encoding": "identity"})
            response = self._connection.getresponse()
            content = response.read(most + 1)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise IndelibleError(f"The log gives no answer: {type(error).__name__}.") from error
        if response.status == http.HTTPStatus.NOT_FOUND:
            raise NotThere(f"{path} is not there.")
        if response.status != http.HTTPStatus.OK or len(content) > most:
            self.close()
            raise IndelibleError(f"The log answers {response.status} for {path}.")
        return content

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


class Database:
    """The tables of the log `origin`, read within the transaction of `connection`.

    With `cosigned` the newest checkpoint is the newest that witnesses have signed too.
    """

    def __init__(self, connection: psycopg.Connection[Any], origin: str, *, cosigned: bool) -> None:
        self._connection = connection
        self._origin = origin
        self._cosigned = cosigned

    def checkpoint(self) -> str:
        """The newest signed checkpoint of the log."""
        row = self._connection.execute(QUERIES["raw_checkpoint"].encode(), [self._origin, self._cosigned]).fetchone()
        if row is None:
            which = " that a witness has cosigned" if self._cosigned else ""
            raise NotThere(f"There is no checkpoint of the log {self._origin}{which}.")
        return str(row[0])

    def tile(self, tile: Tile) -> bytes:
        """A tile, joined from its pieces; the hashes of the leaves (level 0) are not stored."""
        rows = self._connection.execute(QUERIES["raw_tile"].encode(), [tile.level, tile.number]).fetchall()
        if not rows:
            raise NotThere(f"{tile.path} is not there.")
        return b"".join(content for (content,) in rows)

    def close(self) -> None:
        """The connection is its owner's to close."""


def stores(source: Source, level: int) -> bool:
    """Whether the source has tiles of this level of its own, rather than made from the entries."""
    return level == ENTRIES or level > 0 or not isinstance(source, Database)
