"""GET /v1/audit/export: each format, who may, on record; a broken answer never looks complete."""

import csv
import io
import json
import socket
import threading
from collections.abc import Callable
from typing import Any

import anyio
import httpx
import psycopg
import pytest
import uvicorn
from pydantic import SecretStr
from starlette.requests import Request

from indelible import Settings, standard_routes
from indelible.http import export_response
from indelible.http.export_response import MOST_EXPORTS
from indelible.services.export.row import COLUMNS
from tests.exported import fill
from tests.http.taking import EXPORT, Reader
from tests.http.world import CLIENT, Event, Headers, LogIn, World, application, require_problem
from tests.proxy import Proxy


@pytest.fixture
def bulk(world: World) -> World:
    """alice may export, and there is something to."""
    world.admin.execute("select iam.grant_permission('clerk', 'audit.event.export')")
    fill(world.admin, 20)
    return world


def exports(world: World) -> list[Event]:
    return world.events("action = 'AUDIT_LOG_EXPORTED'")


async def ended(world: World) -> Event:
    """The record of an export's end, which nobody waits for."""
    with anyio.fail_after(30):
        while not (found := [event for event in exports(world) if event["outcome"] != "attempted"]):  # noqa: ASYNC110
            await anyio.sleep(0.01)
    return found[-1]


@pytest.mark.parametrize(
    ("kind", "media_type", "suffix"),
    [
        ("csv", "text/csv; charset=utf-8; header=present", "csv"),
        ("jsonl", "application/x-ndjson", "jsonl"),
        ("ocsf", "application/x-ndjson", "ocsf.jsonl"),
        ("ecs", "application/x-ndjson", "ecs.jsonl"),
        ("cef", "text/plain; charset=utf-8", "cef"),
        ("parquet", "application/vnd.apache.parquet", "parquet"),
    ],
)
async def test_each_format(
    client: httpx.AsyncClient, bulk: World, alice: Headers, kind: str, media_type: str, suffix: str
) -> None:
    """The events that match, oldest first, as a file of that kind."""
    if kind == "parquet":
        pytest.importorskip("pyarrow")
    answer = await client.get(EXPORT, params={"format": kind, "entity_type": "BULK"}, headers=alice)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == media_type
    disposition = answer.headers["content-disposition"]
    assert disposition.startswith('attachment; filename="audit-') and disposition.endswith(f'Z.{suffix}"')
    assert answer.headers["cache-control"] == "no-store"
    if kind == "csv":
        header, *lines = csv.reader(io.StringIO(answer.text))
        assert header == list(COLUMNS) and [line[9] for line in lines] == [str(n) for n in range(1, 21)]
    elif kind == "parquet":
        assert answer.content[:4] == answer.content[-4:] == b"PAR1"
    else:
        assert len(answer.text.splitlines()) == 20


async def test_an_export_is_on_record(client: httpx.AsyncClient, bulk: World, alice: Headers) -> None:
    """For its user, address and request: that it begins, and how many rows it had; its own records are events, too."""
    answer = await client.get(EXPORT, params={"format": "csv", "entity_type": "BULK"}, headers=alice)
    last = await ended(bulk)
    first = exports(bulk)[0]
    for event in (first, last):
        assert (event["user_id"], event["actor_proof"], str(event["ip_address"])) == ("alice", "sealed", CLIENT)
        assert event["request_id"] == answer.headers["indelible-request-id"]
    assert (first["outcome"], first["metadata"]["format"]) == ("attempted", "csv")
    assert first["metadata"]["filter"] == {"entity_type": "BULK"}
    assert last["outcome"] == "success"
    same = {**first["metadata"], "event_id": last["metadata"]["event_id"]}
    assert last["metadata"] == {**same, "rows": 20, "began": first["id"]}


async def test_only_who_may(client: httpx.AsyncClient, bulk: World, log_in: LogIn) -> None:
    """To read events is not to take them all away; a refusal is on record and no export is."""
    bulk.admin.execute("select iam.grant_permission('viewer', 'audit.event.read')")
    require_problem(await client.get(f"{EXPORT}?format=csv"), 401)
    answer = await client.get(f"{EXPORT}?format=csv", headers=await log_in("bob"))
    require_problem(answer, 403)
    assert bulk.one_event(answer)["permission"] == "audit.event.export"
    assert not exports(bulk)


@pytest.mark.parametrize(
    "query", ["", "format=xml", "format=csv&format=csv", "format=csv&actr=ann", "format=csv&since=1"]
)
async def test_what_is_not_understood_exports_nothing(
    client: httpx.AsyncClient, bulk: World, alice: Headers, query: str
) -> None:
    """A filter that was mistyped must not give everything away."""
    require_problem(await client.get(f"{EXPORT}?{query}", headers=alice), 422)
    assert not exports(bulk)


async def test_head_exports_nothing(client: httpx.AsyncClient, bulk: World, alice: Headers) -> None:
    """It has the headers of the answer, and is no export."""
    answer = await client.head(f"{EXPORT}?format=csv", headers=alice)
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/csv")
    assert not exports(bulk)


def sessions(world: World) -> int:
    """How many sessions hold the cursor of an export."""
    found = world.admin.execute(
        "select count(*) from pg_stat_activity where datname = current_database() and query like '%indelible_export%'"
        " and pid <> pg_backend_pid()"
    ).fetchone()
    return int(found[0]) if found else 0


async def test_a_client_that_goes_ends_the_query(client: httpx.AsyncClient, bulk: World, alice: Headers) -> None:
    """At once, on record with the rows that were read, and without an end that looks like one."""
    fill(bulk.admin, 20_000)
    async with Reader(client, alice, "format=jsonl&entity_type=BULK").reading() as reader:
        assert sessions(bulk) == 1
        reader.gone.set()
    assert not reader.complete and reader.error is None
    last = await ended(bulk)
    assert (last["outcome"], last["metadata"]["reason"]) == ("failure", "client_gone")
    assert 0 < last["metadata"]["rows"] < 20_020
    assert sessions(bulk) == 0


async def test_a_client_that_stalls_is_left(
    client: httpx.AsyncClient, bulk: World, alice: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database keeps no snapshot for somebody who takes nothing."""
    monkeypatch.setattr(export_response, "STALLED_SECONDS", 0.1)
    fill(bulk.admin, 20_000)
    async with Reader(client, alice, "format=jsonl").reading() as reader:
        pass
    assert not reader.complete and reader.error is not None
    assert (await ended(bulk))["metadata"]["reason"] == "ExportAborted"
    assert sessions(bulk) == 0


async def test_a_database_that_dies_breaks_the_answer_off(
    client: httpx.AsyncClient, bulk: World, alice: Headers
) -> None:
    """After the first chunk the answer cannot become an error, so it never gets its end."""
    fill(bulk.admin, 20_000)
    async with Reader(client, alice, "format=jsonl&entity_type=BULK").reading() as reader:
        bulk.admin.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where query like '%indelible_export%'"
            " and datname = current_database() and pid <> pg_backend_pid()"
        )
        reader.takes.set()
    assert reader.status == 200 and not reader.complete and reader.error is not None
    last = await ended(bulk)
    assert (last["outcome"], last["metadata"]["reason"]) == ("failure", "ExportAborted")


async def test_too_many_exports_are_told_to_wait(client: httpx.AsyncClient, bulk: World, alice: Headers) -> None:
    """Each holds a connection; the others go on."""
    fill(bulk.admin, 20_000)
    async with anyio.create_task_group() as group:
        readers = [Reader(client, alice, "format=jsonl") for _ in range(MOST_EXPORTS)]

        async def read(reader: Reader) -> None:
            async with reader.reading():
                await reader.takes.wait()

        for reader in readers:
            group.start_soon(read, reader)
        with anyio.fail_after(30):
            while not all(reader.chunks for reader in readers):  # noqa: ASYNC110
                await anyio.sleep(0.01)
        answer = await client.get(f"{EXPORT}?format=csv", headers=alice)
        require_problem(answer, 503)
        assert answer.headers["retry-after"] == "30"
        for reader in readers:
            reader.takes.set()
    assert all(reader.complete for reader in readers)
    assert (await client.get(f"{EXPORT}?format=csv&entity_type=BULK", headers=alice)).status_code == 200


async def test_http_1_0_is_refused(client: httpx.AsyncClient, bulk: World, alice: Headers) -> None:
    """There the end of an answer and a broken connection are the same."""
    async with Reader(client, alice, "format=csv", http_version="1.0").reading() as reader:
        reader.takes.set()
    assert reader.status == 505 and not exports(bulk)


async def test_a_dead_database_is_a_problem(
    serve: Callable[..., Any], bulk: World, settings: Settings, alice: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 before the first byte: when nobody can be asked, and when the export's own connection fails."""
    monkeypatch.setattr("indelible.services.export.stream.dsn_of", lambda *_, **__: "host=127.0.0.1 port=1")
    with Proxy(settings.dsn(independent=True) or "") as proxy:
        through = settings.model_copy(update={"audit_dsn": SecretStr(proxy.dsn)})
        client = await serve(application(through, *standard_routes()))
        answer = await client.get(f"{EXPORT}?format=csv", headers=alice)
        require_problem(answer, 503)
        assert (await ended(bulk))["metadata"]["reason"] == "OperationalError"
        proxy.refuse()
        require_problem(await client.get(f"{EXPORT}?format=csv", headers=alice), 503)


def test_over_the_wire_a_broken_answer_has_no_last_chunk(
    settings: Settings, bulk: World, postgresql: psycopg.Connection[Any]
) -> None:
    """A real server, a real client: what breaks off in the middle is an error of the connection, not a short file."""
    fill(postgresql, 50_000)

    async def identify(request: Request) -> str:
        return "alice"

    app = application(settings, *standard_routes(), identify=identify)
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical"))
    listening = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}{EXPORT}?format=jsonl&entity_type=BULK"
        lines = httpx.get(url, timeout=120).content.splitlines()
        assert len(lines) == 50_020 and json.loads(lines[-1])["entity_id"] == "50000"
        with httpx.stream("GET", url) as answer:
            chunks = answer.iter_raw(1024)
            next(chunks)
            postgresql.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where query like '%indelible_export%'"
                " and datname = current_database() and pid <> pg_backend_pid()"
            )
            with pytest.raises(httpx.RemoteProtocolError, match="incomplete chunked read"):
                list(chunks)
    finally:
        server.should_exit = True
        thread.join()
