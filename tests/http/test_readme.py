"""The README's own code, run as it stands there."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.http.world import Serve, World

README = (Path(__file__).resolve().parents[2] / "README.md").read_text()


def blocks(language: str) -> list[str]:
    """The fenced blocks of one language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


@pytest.fixture
def shop(
    postgresql: psycopg.Connection[Any], login: Callable[..., str], world: World, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Any]:
    """The README's SQL has been run, its environment is set, its code is loaded."""
    postgresql.execute("create schema shop")
    _, people, watch, query, demand, _, producers = blocks("sql")
    business = login("audit_app")
    watch = watch.replace("shop_api", str(psycopg.conninfo.conninfo_to_dict(business)["user"]))
    for block in (people, watch, query, producers, demand):
        postgresql.execute(block.encode())
    monkeypatch.setenv("INDELIBLE_APP_DSN", business)
    monkeypatch.setenv("INDELIBLE_AUDIT_DSN", login("audit_app", "audit_writer"))
    names: dict[str, Any] = {}
    exec(compile("\n".join(blocks("python")), "README.md", "exec"), names)  # noqa: S102
    names["set_password"](postgresql, "ann", "ann's password")
    world.passwords["ann"] = "ann's password"
    return names


async def test_ten_lines_are_enough(shop: dict[str, Any], world: World, serve: Serve) -> None:
    """On the README's application a login, an order and a refusal leave the records it promises."""
    client = await serve(shop["app"])
    tokens = {}
    for name in ("ann", "bob"):
        answer = await client.post("/v1/auth/login", json={"username": name, "password": world.passwords[name]})
        tokens[name] = {"Authorization": f"Bearer {answer.json()['token']}"}
    created = await client.put("/orders/7", headers=tokens["ann"])
    assert created.status_code == 201
    assert world.actions(created) == ["ROW_INSERTED", "SHOP_ORDER_CREATED"]
    assert {event["entity_id"] for event in world.of_request(created)} == {"7"}
    refused = await client.put("/orders/8", headers=tokens["bob"])
    assert refused.status_code == 403 and world.one_event(refused)["permission"] == "shop.order.create"


async def test_another_login_system(shop: dict[str, Any], world: World, serve: Serve) -> None:
    """With identify= the log has the application's own user, on its word and not on the client's."""

    class Login:
        def __init__(self, app: ASGIApp) -> None:
            self.app = app

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            await self.app({**scope, "user_id": "erin"}, receive, send)

    shop["own"].add_middleware(Login)
    client = await serve(shop["own"])
    answer = await client.put("/orders/9", headers={"user-id": "mallory", "user_id": "mallory", "x-user": "mallory"})
    assert answer.status_code == 201
    events = world.of_request(answer)
    assert [event["action"] for event in events] == ["ROW_INSERTED", "SHOP_ORDER_CREATED"]
    assert {(event["user_id"], event["actor_proof"]) for event in events} == {("erin", "service")}


async def test_another_application_hands_events_over(shop: dict[str, Any], world: World, serve: Serve) -> None:
    """The README's account, key and request: its event is on record, and once when it is sent twice."""
    client = await serve(shop["app"])
    (request,) = blocks("http")
    body = request.partition("\n\n")[2].encode()
    key = shop["add_key"](world.admin, "till")
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    answers = [await client.post("/v1/audit/events", content=body, headers=headers) for _ in range(2)]
    assert [answer.json()["results"][0]["status"] for answer in answers] == ["stored", "known"]
    (event,) = world.events("action = 'TILL_RECEIPT_VOIDED'")
    assert (event["user_id"], event["actor_proof"], event["metadata"]["producer"]) == ("ann", "client", "till")


def test_the_commands_are_documented() -> None:
    """Every subcommand stands in the README's table, and no other."""
    from indelible.cli.app import SUBCOMMANDS

    table = README.split("| command | does |")[1].split("\n\n")[0]
    assert re.findall(r"^\| `([a-z-]+)` \|", table, re.MULTILINE) == list(SUBCOMMANDS)


def test_the_demo_is_as_printed() -> None:
    """The scenes in the README are those that the demo plays."""
    source = (Path(__file__).resolve().parents[2] / "pyapp/indelible/cli/demo/scenes.py").read_text()
    titles = re.findall(r"^ \d  (.+)$", blocks("text")[0], re.MULTILINE)
    assert len(titles) == 9 and all(f'"{title}"' in source for title in titles)
