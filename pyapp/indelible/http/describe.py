"""What an endpoint says about itself, for `/openapi.json`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeVar

from pydantic import BaseModel

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])

BODY_PROBLEMS: Final = (400, 408, 413, 415, 422)


@dataclass(frozen=True, slots=True)
class Description:
    """One operation: what it takes, what it gives, how it refuses."""

    summary: str
    body: type[BaseModel] | None
    returns: type[BaseModel] | None
    status: int
    problems: frozenset[int]
    public: bool
    text: str | None
    also: Mapping[int, type[BaseModel]]
    headers: Mapping[str, str]
    credential: str
    media_types: tuple[str, ...]
    query: type[BaseModel] | None


def describe(
    summary: str,
    *,
    body: type[BaseModel] | None = None,
    returns: type[BaseModel] | None = None,
    status: int = 200,
    problems: Iterable[int] = (),
    public: bool = False,
    text: str | None = None,
    also: Mapping[int, type[BaseModel]] | None = None,
    headers: Mapping[str, str] | None = None,
    credential: Literal["bearer", "api_key"] = "bearer",
    media_type: str | tuple[str, ...] = "text/plain",
    query: type[BaseModel] | None = None,
) -> Callable[[Endpoint], Endpoint]:
    """Describe an endpoint for `/openapi.json`; its docstring is the long description.

    Args:
        summary: one line for a person.
        body: model of the JSON request body; 400, 408, 413, 415 and 422 are added to the problems.
        returns: model of the JSON answer.
        status: the HTTP status of success.
        problems: further statuses that are answered with problem+json.
        public: needs no bearer token; otherwise 401 and 503 are added, and 403 by `requires_permission`.
        text: example of a plain-text answer, instead of `returns`.
        also: further statuses of success, with the models of their JSON answers.
        headers: request headers that mean something here, each with an example.
        credential: what is borne: a user's token, or the API key of a service account.
        media_type: what kind of text that is, or of which kinds it may be.
        query: model of the query parameters, each with a description and an example; 422 is added to the problems.

    Raises:
        TypeError: a model has no example (`model_config = ConfigDict(json_schema_extra={"examples": [...]})`).
    """
    for model in (body, returns, *(also or {}).values()):
        if model is not None and not model.model_json_schema().get("examples"):
            raise TypeError(f"{model.__name__} has no example in its json_schema_extra.")
    refusals = {
        *problems,
        *(BODY_PROBLEMS if body else ()),
        *((422,) if query else ()),
        *(() if public else (401, 503)),
    }
    described = (summary, body, returns, status, frozenset(refusals), public, text)
    media_types = (media_type,) if isinstance(media_type, str) else media_type
    description = Description(*described, also or {}, headers or {}, credential, media_types, query)

    def mark(endpoint: Endpoint) -> Endpoint:
        endpoint.__description__ = description  # type: ignore[attr-defined]
        return endpoint

    return mark
