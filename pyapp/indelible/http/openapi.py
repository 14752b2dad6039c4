"""`/openapi.json`: OpenAPI 3.1 built from the routes themselves.

An endpoint says what it takes and gives with `describe`; path parameters come from its route, query parameters from
its model, the permission from `requires_permission`, schemas and examples from the pydantic models.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from pydantic import BaseModel, ConfigDict
from pydantic.json_schema import JsonSchemaMode, models_json_schema
from starlette.convertors import Convertor, IntegerConvertor
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Mount, Route

from indelible.http.describe import Description

METHODS: Final = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one route."""

    route: Route
    path: str
    method: str
    endpoint: Callable[..., Any]
    description: Description


class ProblemDetails(BaseModel):
    """An error (RFC 9457)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"type": "about:blank", "title": "…", "status": 400}]})

    type: str
    title: str
    status: int
    detail: str | None = None


class Schemas:
    """The JSON schemas of all bodies: requests as they are validated, answers as they are serialized."""

    def __init__(self, descriptions: Iterable[Description]) -> None:
        wanted: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {(ProblemDetails, "serialization"): None}
        for description in descriptions:
            if description.body:
                wanted[description.body, "validation"] = None
            for answer in filter(None, (description.returns, *description.also.values())):
                wanted[answer, "serialization"] = None
        self._references, document = models_json_schema(list(wanted), ref_template="#/components/schemas/{model}")
        self.definitions: dict[str, Any] = document["$defs"]

    def content(self, model: type[BaseModel], mode: JsonSchemaMode) -> dict[str, Any]:
        """The content object of one JSON body, with the model's first example."""
        reference = self._references[model, mode]
        definition = self.definitions[reference["$ref"].rpartition("/")[2]]
        return {"application/json": {"schema": reference, "example": definition["examples"][0]}}

    def refusal(self, status: int) -> dict[str, Any]:
        """The response object of one problem."""
        phrase = HTTPStatus(status).phrase
        content = {
            "schema": self._references[ProblemDetails, "serialization"],
            "example": {"type": "about:blank", "title": phrase, "status": status},
        }
        return {"description": phrase, "content": {"application/problem+json": content}}


def openapi_endpoint(title: str, version: str) -> Callable[[Request], JSONResponse]:
    """An endpoint that describes the application which it is part of."""

    def openapi(request: Request) -> JSONResponse:
        return JSONResponse(build_document(request.app.routes, title, version))

    return openapi


def build_document(routes: Iterable[BaseRoute], title: str, version: str) -> dict[str, Any]:
    """The OpenAPI 3.1 document of those of `routes` that are described."""
    operations = list(_operations(routes))
    schemas = Schemas(operation.description for operation in operations)
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method] = _operation_object(operation, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version},
        "paths": paths,
        "components": {
            "schemas": schemas.definitions,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "api_key": {"type": "http", "scheme": "bearer", "bearerFormat": "ind_…"},
            },
        },
    }


def _operations(routes: Iterable[BaseRoute], prefix: str = "") -> Iterator[Operation]:
    for route in routes:
        if isinstance(route, Mount):
            yield from _operations(route.routes, prefix + route.path)
        elif isinstance(route, Route) and route.include_in_schema:
            for method, endpoint in _endpoints(route):
                description = getattr(endpoint, "__description__", None)
                if isinstance(description, Description):
                    yield Operation(route, prefix + route.path_format, method, endpoint, description)


def _endpoints(route: Route) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Method and function: those of the route for a function, one per method for an `HTTPEndpoint`."""
    for method in METHODS:
        if inspect.isclass(route.endpoint):
            if handler := getattr(route.endpoint, method, None):
                yield method, handler
        elif method.upper() in (route.methods or ()):
            yield method, route.endpoint


def _operation_object(operation: Operation, schemas: Schemas) -> dict[str, Any]:
    description = operation.description
    permission = getattr(operation.endpoint, "__permission__", None)
    refusals = sorted(description.problems | ({403} if permission else set()))
    document: dict[str, Any] = {
        "operationId": f"{operation.method}_{operation.route.name}",
        "summary": description.summary,
        "responses": {
            str(description.status): _success(description, schemas),
            **{str(status): _answer(status, schemas, model) for status, model in description.also.items()},
            **{str(status): schemas.refusal(status) for status in refusals},
        },
        "security": [] if description.public else [{description.credential: []}],
    }
    if text := inspect.getdoc(operation.endpoint):
        document["description"] = text
    parameters = [_parameter(*item) for item in operation.route.param_convertors.items()]
    parameters += (_header(*item) for item in description.headers.items())
    if description.query:
        parameters += _query_parameters(description.query)
    if parameters:
        document["parameters"] = parameters
    if description.body:
        document["requestBody"] = {"required": True, "content": schemas.content(description.body, "validation")}
    if permission:
        document["x-permission"] = permission
    return document


def _parameter(name: str, convertor: Convertor[Any]) -> dict[str, Any]:
    integer = isinstance(convertor, IntegerConvertor)
    schema = {"type": "integer" if integer else "string"}
    return {"name": name, "in": "path", "required": True, "schema": schema, "example": 1 if integer else "1"}


def _header(name: str, example: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": False, "schema": {"type": "string"}, "example": example}


def _answer(status: int, schemas: Schemas, model: type[BaseModel] | None) -> dict[str, Any]:
    response: dict[str, Any] = {"description": HTTPStatus(status).phrase}
    if model:
        response["content"] = schemas.content(model, "serialization")
    return response


def _query_parameters(model: type[BaseModel]) -> Iterator[dict[str, Any]]:
    """One parameter for each field; that it may be left out is all that null means in a query."""
    document = model.model_json_schema()
    for name, found in document["properties"].items():
        described = {key: value for key, value in found.items() if key not in ("title", "examples", "anyOf", "default")}
        schema = next((kind for kind in found.get("anyOf", ()) if kind["type"] != "null"), described)
        parameter = {
            "name": name,
            "in": "query",
            "required": name in document.get("required", ()),
            "description": found["description"],
            "schema": {key: value for key, value in schema.items() if key != "description"},
        }
        yield {**parameter, "example": found["examples"][0]} if "examples" in found else parameter


def _success(description: Description, schemas: Schemas) -> dict[str, Any]:
    response = _answer(description.status, schemas, description.returns)
    if description.returns is None and description.text is not None:
        content = {"schema": {"type": "string"}, "example": description.text}
        response["content"] = dict.fromkeys(description.media_types, content)
    return response
