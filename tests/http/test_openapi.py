"""/openapi.json: every route of the application, an example for every body, and examples that are true."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from pydantic import BaseModel, ConfigDict
from starlette.endpoints import HTTPEndpoint
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route

import ftms.models
import indelible.http.auth
import indelible.http.event_bodies
import indelible.http.health
import indelible.http.incoming
import indelible.http.openapi
import indelible.http.operations
import indelible.http.proofs
from ftms.endpoints import ROUTES
from indelible import requires_permission, standard_routes
from indelible.http.describe import describe
from indelible.http.openapi import build_document
from tests.http.world import LogIn

MODULES = (
    ftms.models,
    indelible.http.auth,
    indelible.http.health,
    indelible.http.incoming,
    indelible.http.event_bodies,
    indelible.http.openapi,
    indelible.http.operations,
    indelible.http.proofs,
)


class Thing(BaseModel):
    """A body with an example."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"size": 1}]})

    size: int


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The document of FTMS."""
    return build_document([*standard_routes(), *ROUTES], "FTMS", "1")


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def contents(operation: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for part in (operation.get("requestBody", {}), *operation["responses"].values()):
        yield from part.get("content", {}).items()


def model_named(name: str) -> type[BaseModel]:
    (found,) = {getattr(module, name) for module in MODULES if hasattr(module, name)}
    assert isinstance(found, type)
    assert issubclass(found, BaseModel)
    return found


def test_every_route_is_described(document: dict[str, Any]) -> None:
    """Paths and methods are those of the routes; only the document itself is left out."""
    routed = {
        (route.path_format, method.lower())
        for route in (*standard_routes(), *ROUTES)
        for method in route.methods or ()
        if route.path != "/openapi.json" and method != "HEAD"
    }
    assert {(path, method) for path, method, _ in operations(document)} == routed


async def test_the_application_serves_it(client: httpx.AsyncClient, document: dict[str, Any]) -> None:
    """OpenAPI 3.1 for everybody, with the application's own title and paths."""
    response = await client.get("/openapi.json")
    served = response.json()
    assert (response.status_code, served["openapi"]) == (200, "3.1.0")
    assert served["info"]["title"] == "FTMS: ferry bookings"
    assert served["paths"].keys() == document["paths"].keys()


def test_every_body_has_an_example_that_fits(document: dict[str, Any]) -> None:
    """Each JSON body refers to a schema that stands in the document, and its example is valid by the model."""
    for path, method, operation in operations(document):
        for _, content in contents(operation):
            assert content["example"], (path, method)
            if content["schema"].get("type") == "string":
                continue
            name = content["schema"]["$ref"].removeprefix("#/components/schemas/")
            assert name in document["components"]["schemas"]
            model_named(name).model_validate(content["example"])


def test_every_refusal_is_a_problem(document: dict[str, Any]) -> None:
    """Statuses of 400 and above are application/problem+json, the others never are."""
    for path, method, operation in operations(document):
        for status, response in operation["responses"].items():
            media_types = set(response.get("content", ()))
            assert (media_types == {"application/problem+json"}) == (int(status) >= 400), (path, method, status)


def test_what_protects_an_operation_is_said(document: dict[str, Any]) -> None:
    """A permission is named and implies 403; a bearer token implies 401 and 503; a body its four refusals."""
    permissions = {}
    for path, method, operation in operations(document):
        statuses = set(operation["responses"])
        public = (
            "/livez",
            "/readyz",
            "/metrics",
            "/v1/auth/login",
            "/v1/audit/health",
            "/v1/audit/integrity",
            "/tlog/",
        )
        assert bool(operation["security"]) == (not path.startswith(public))
        if operation["security"]:
            assert {"401", "503"} <= statuses
        if "x-permission" in operation:
            assert "403" in statuses
            permissions[method, path] = operation["x-permission"]
        assert ({"400", "408", "413", "415", "422"} <= statuses) == ("requestBody" in operation)
    assert permissions == {
        ("get", "/v1/audit/events"): "audit.event.read",
        ("get", "/v1/audit/events/{id}"): "audit.event.read",
        ("get", "/v1/audit/events/{id}/proof"): "audit.event.read",
        ("get", "/v1/audit/entities/{type}/{id}/history"): "audit.event.read",
        ("get", "/v1/audit/stream"): "audit.event.read",
        ("get", "/v1/audit/export"): "audit.event.export",
        ("get", "/v1/audit/coverage"): "audit.event.read",
        ("post", "/v1/ftms/bookings"): "ftms.booking.create",
        ("get", "/v1/ftms/bookings/{id}"): "ftms.booking.read",
        ("patch", "/v1/ftms/bookings/{id}"): "ftms.booking.update",
        ("post", "/v1/ftms/bookings/{id}/transfer"): "ftms.booking.update",
        ("post", "/v1/ftms/bookings/{id}/cancel"): "ftms.booking.cancel",
    }


def test_every_query_parameter_is_described(document: dict[str, Any]) -> None:
    """With words, a schema without null, which no query can say, and an example, but for cursors."""
    parameters = [
        parameter
        for *_, operation in operations(document)
        for parameter in operation.get("parameters", ())
        if parameter["in"] == "query"
    ]
    assert {"actor", "network", "after", "limit"} <= {parameter["name"] for parameter in parameters}
    for parameter in parameters:
        assert parameter["description"] and parameter["schema"]["type"] != "null"
        assert ("example" in parameter) == (parameter["name"] != "cursor")


def test_operation_ids_are_unique(document: dict[str, Any]) -> None:
    """Generators of clients name their functions after them."""
    names = [operation["operationId"] for *_, operation in operations(document)]
    assert len(names) == len(set(names))


async def test_the_examples_work(client: httpx.AsyncClient, log_in: LogIn, document: dict[str, Any]) -> None:
    """Whoever copies the request examples of the document, in order, is answered as the document says."""
    alice = await log_in("alice")
    for path, method, operation in operations(document):
        if path.startswith(("/v1/auth", "/v1/audit", "/tlog/")):  # no log has begun: test_tlog.py, test_proofs.py
            continue
        body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")
        response = await client.request(method, path.replace("{id}", "1"), json=body, headers=alice)
        assert str(response.status_code) in operation["responses"], (path, response.text)
        assert response.status_code < 300, (path, response.text)
        if response.headers["content-type"] == "application/json":
            content = operation["responses"][str(response.status_code)]["content"]["application/json"]
            model_named(content["schema"]["$ref"].rpartition("/")[2]).model_validate(response.json())


def test_a_strangers_routes_are_described_too() -> None:
    """Mounted routes, methods of an HTTPEndpoint and typed path parameters; what is not described is left out."""

    class Things(HTTPEndpoint):
        @describe("List", returns=Thing, public=True)
        async def get(self, _: Request) -> JSONResponse:
            """All of them."""
            return JSONResponse({})

        @requires_permission("shop.thing.make")
        @describe("Make", body=Thing, returns=Thing, status=201)
        def post(self, _: Request) -> JSONResponse:
            return JSONResponse({})

    async def silent(request: Request) -> JSONResponse:
        return JSONResponse({})

    inner = [Route("/{number:int}", Things), Route("/silent", silent)]
    paths = build_document([Mount("/shop", routes=inner)], "Shop", "2")["paths"]
    assert list(paths) == ["/shop/{number}"]
    get, post = paths["/shop/{number}"]["get"], paths["/shop/{number}"]["post"]
    assert (get["summary"], get["description"], get["security"]) == ("List", "All of them.", [])
    assert get["parameters"][0]["schema"] == {"type": "integer"}
    assert post["x-permission"] == "shop.thing.make"
    assert sorted(post["responses"]) == ["201", "400", "401", "403", "408", "413", "415", "422", "503"]


def test_a_body_without_example_is_refused_where_it_is_written() -> None:
    """A model without an example fails at import, not in a reader's hands."""

    class Bare(BaseModel):
        size: int

    for misuse in ({"body": Bare}, {"returns": Bare}):
        with pytest.raises(TypeError, match="Bare has no example"):
            describe("Bad", **misuse)  # type: ignore[arg-type]
