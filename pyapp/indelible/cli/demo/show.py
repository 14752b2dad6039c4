"""The demo as a person reads it (rich), or as a program does (JSON)."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.text import Text

from indelible.cli.demo.client import Row
from indelible.cli.demo.scene import Scene
from indelible.text import spelled

OUTCOMES = {"success": "green", "failure": "yellow", "denied": "red", "attempted": "cyan"}


class Show:
    """Prints scene after scene; as JSON, one document at the end."""

    def __init__(self, *, as_json: bool) -> None:
        self._console = None if as_json else Console(highlight=False)
        self._played: list[dict[str, Any]] = []

    @contextmanager
    def waiting(self, sentence: str) -> Iterator[None]:
        """Says what takes a moment, until `ready`."""
        if self._console:
            self._console.print(f"{sentence} …", style="dim")
        yield

    def ready(self) -> None:
        """The stage is set."""
        if self._console:
            self._console.print("Ready. After each scene, what the log recorded of it.\n", style="dim")

    def scene(self, scene: Scene) -> bool:
        """Show one scene; returns whether it kept what it promises."""
        self._played.append(_as_json(len(self._played) + 1, scene))
        if self._console:
            self._print(self._console, len(self._played), scene)
        return scene.kept

    def end(self, failed: int) -> None:
        """The verdict over all scenes."""
        if self._console is None:
            print(json.dumps({"ok": failed == 0, "scenes": self._played}, default=str))
        elif failed:
            self._console.print(
                f"{failed} of {len(self._played)} scenes did not record what they must.", style="bold red"
            )
        else:
            self._console.print(f"All {len(self._played)} scenes recorded exactly what they must.", style="bold green")

    def _print(self, console: Console, number: int, scene: Scene) -> None:
        console.print(Text.assemble((f" {number} ", "reverse"), f" {scene.title}"), style="bold")
        for request, answer in scene.steps:
            console.print(Text.assemble(("  → ", "dim"), request, (f"  [{answer}]", "dim")))
        for event in scene.recorded:
            for line in _lines(event):
                console.print(line)
        for rule, held in scene.rules.items():
            console.print(Text.assemble(("  ✓ ", "green") if held else ("  ✗ ", "bold red"), rule))
        if not scene.kept:
            console.print("  ✗ expected on record:", style="bold red")
            for event in scene.expected:
                console.print(Text(f"    {event}"))
        console.print()


def _lines(event: Row) -> list[Text]:
    """One event: what and by whom, and below it the record and what changed."""
    colour = OUTCOMES.get(event["outcome"], "")
    who = event["user_id"] or (f"login {event['db_user']}" if event["actor_proof"] == "direct" else "nobody")
    origin = f" from {event['ip_address']}" if event["ip_address"] else ""
    request = f" #{event['request_id'][:8]}" if event["request_id"] else ""
    head = Text.assemble(
        ("  ● ", colour), (f"{event['action']:<23}", "bold"), (f"{event['outcome']:<8}", colour),
        spelled(who, 100), (f" ({event['actor_proof']}){origin}{request}", "dim"),
    )  # fmt: skip
    what = ": ".join(filter(None, [_entity(event), _details(event)]))
    return [head, Text("      " + spelled(what, 500))] if what else [head]


def _entity(event: Row) -> str:
    name = event["entity_id"] or ""
    if name.startswith("{"):
        name = " ".join(str(value) for value in json.loads(name).values())
    return " ".join(filter(None, [event["entity_type"], name]))


def _details(event: Row) -> str:
    metadata, changes = event["metadata"] or {}, event["changes"] or {}
    parts = [event["permission"], metadata.get("reason"), metadata.get("exception")]
    if "old" in changes and "new" in changes:
        parts += [
            f"{name} {_value(changes['old'].get(name))} → {_value(value)}" for name, value in changes["new"].items()
        ]
    elif changes:
        (image,) = changes.values()
        parts.append(f"{len(image)} columns")
    return ", ".join(filter(None, parts))


def _value(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _as_json(number: int, scene: Scene) -> dict[str, Any]:
    return {
        "scene": number,
        "title": scene.title,
        "ok": scene.kept,
        "steps": [{"did": request, "answer": answer} for request, answer in scene.steps],
        "rules": scene.rules,
        "recorded": scene.recorded,
    }
