"""Which events a reader wants: one model for lists, streams and exports, and one predicate in SQL that means the same.

`EventFilter` is made from query parameters or options; the database takes it as JSON (`audit_private.parsed_filter`)
and applies it to each event (`audit_private.is_wanted`).
"""

import json
import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from indelible.settings import networks
from indelible.text import is_harmful

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ].*")


def _printable(value: str) -> str:
    if any(is_harmful(character) for character in value):
        raise PydanticCustomError("control_character", "Text must not hold control characters or unpaired surrogates")
    return value


def _storable(value: str) -> str:
    # A key may be any text that the database holds.
    if any(character == "\0" or "\ud800" <= character <= "\udfff" for character in value):
        raise PydanticCustomError("not_storable", "No text in the database has this character")
    return value


def _with_words(value: str) -> str:
    if not any(character.isalnum() for character in value):
        raise PydanticCustomError("no_words", "A search needs a word or a number")
    return value


def _network(value: str) -> str:
    """The network's canonical spelling; an address is a network of its own."""
    try:
        (network,) = networks(value) if "%" not in value else ()
    except ValueError:
        raise PydanticCustomError("network", "A network is an IP address or CIDR such as 192.0.2.0/24") from None
    return str(network)


def _iso(value: Any) -> Any:
    # pydantic would take a bare number for seconds since 1970.
    if isinstance(value, str) and not _DATE.fullmatch(value):
        raise PydanticCustomError("datetime", "A time is written like 2026-01-31T08:30:00Z")
    return value


def _in_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise PydanticCustomError("datetime", "There is no such day") from None


Printable = AfterValidator(_printable)
Name = Annotated[str, Field(min_length=1, max_length=200), Printable]
Key = Annotated[str, Field(min_length=1, max_length=4000), AfterValidator(_storable)]
Action = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{0,99}\*?$")]
NetworkText = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_network)]
Time = Annotated[AwareDatetime, BeforeValidator(_iso), AfterValidator(_in_utc)]
Words = Annotated[str, Field(min_length=1, max_length=200), Printable, AfterValidator(_with_words)]


class EventFilter(BaseModel):
    """Only events that match all of what is given."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    actor: Name | None = Field(default=None, description="User or database login.", examples=["alice"])
    action: Action | None = Field(
        default=None, description="Event code; with * at its end, all that begin so.", examples=["AUTH_*"]
    )
    outcome: Literal["success", "failure", "denied", "attempted"] | None = Field(
        default=None, description="How it went.", examples=["denied"]
    )
    entity_type: Name | None = Field(
        default=None, description="What kind of record it was about.", examples=["FTMS_BOOKING"]
    )
    entity_id: Key | None = Field(default=None, description="Which one.", examples=["7"])
    network: NetworkText | None = Field(
        default=None, description="Network of the client, or its address.", examples=["192.0.2.0/24"]
    )
    since: Time | None = Field(default=None, description="Not before this time.", examples=["2026-01-05T08:00:00Z"])
    until: Time | None = Field(default=None, description="Before this time.", examples=["2026-01-05T18:00:00Z"])
    request_id: Name | None = Field(
        default=None, description="The request that it belonged to.", examples=["0b5c9f62d1f84e1a9a7d3c2b4e5f6071"]
    )
    text: Words | None = Field(
        default=None,
        description='Words in its description: all of them, -not, "in this order", or.',
        examples=["login refused"],
    )
    reads: bool = Field(default=False, description="Reads of the log, too.", examples=[False])

    def to_json(self) -> str:
        """What the database takes, and what stands on record: the given members alone, in steady order."""
        given = self.model_dump(mode="json", include=set(EventFilter.model_fields), exclude_defaults=True)
        return json.dumps(given, sort_keys=True, ensure_ascii=False)
