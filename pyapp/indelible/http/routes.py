"""The routes that every application gets from Indelible."""

from starlette.routing import Route

from indelible.http.auth import Authentication
from indelible.http.events import list_events, read_coverage, read_entity_history, read_event
from indelible.http.export import Export
from indelible.http.health import read_health
from indelible.http.ingest import Ingest
from indelible.http.openapi import openapi_endpoint
from indelible.http.operations import Operations
from indelible.http.proofs import read_integrity, read_proof
from indelible.http.stream import stream_events
from indelible.http.tlog import read_checkpoint, read_tile
from indelible.services.passwords import PasswordHasher


def standard_routes(
    *, title: str = "Indelible", version: str = "1", hasher: PasswordHasher | None = None
) -> list[Route]:
    """Logins under /v1/auth, the log under /v1/audit and /tlog/; /livez, /readyz and /metrics; /openapi.json.

    Args:
        title: the application's name in /openapi.json, which describes its own routes too (see `describe`).
        version: the version of its interface.
        hasher: how many logins are computed, and may wait, at once.
    """
    authentication, operations = Authentication(hasher), Operations()
    ingest, export = Ingest(), Export()
    return [
        Route("/v1/auth/login", authentication.login, methods=["POST"]),
        Route("/v1/auth/logout", authentication.logout, methods=["POST"]),
        Route("/v1/auth/me", authentication.me, methods=["GET"]),
        Route("/v1/audit/health", read_health, methods=["GET"]),
        Route("/v1/audit/events", ingest.submit, methods=["POST"]),
        Route("/v1/audit/events", list_events, methods=["GET"]),
        Route("/v1/audit/events/{id:event_id}", read_event, methods=["GET"]),
        Route("/v1/audit/events/{id:event_id}/proof", read_proof, methods=["GET"]),
        Route("/v1/audit/entities/{type}/{id:entity_id}/history", read_entity_history, methods=["GET"]),
        Route("/v1/audit/stream", stream_events, methods=["GET"]),
        Route("/v1/audit/export", export.export, methods=["GET"]),
        Route("/v1/audit/coverage", read_coverage, methods=["GET"]),
        Route("/v1/audit/integrity", read_integrity, methods=["GET"]),
        Route("/tlog/checkpoint", read_checkpoint, methods=["GET"]),
        Route("/tlog/tile/{path:path}", read_tile, methods=["GET"]),
        Route("/livez", operations.livez, methods=["GET"]),
        Route("/readyz", operations.readyz, methods=["GET"]),
        Route("/metrics", operations.metrics, methods=["GET"]),
        Route("/openapi.json", openapi_endpoint(title, version), methods=["GET"]),
    ]
