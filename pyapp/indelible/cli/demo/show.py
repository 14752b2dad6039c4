"""The demo as a person reads it (rich), or as a program does (JSON)."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.text import Text

from indelible.cli.demo.scene import Scene
from indelible.cli.event import event_lines


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
            for line in event_lines(event):
                console.print(line)
        for rule, held in scene.rules.items():
            console.print(Text.assemble(("  ✓ ", "green") if held else ("  ✗ ", "bold red"), rule))
        if not scene.kept:
            console.print("  ✗ expected on record:", style="bold red")
            for event in scene.expected:
                console.print(Text(f"    {event}"))
        console.print()


def _as_json(number: int, scene: Scene) -> dict[str, Any]:
    return {
        "scene": number,
        "title": scene.title,
        "ok": scene.kept,
        "steps": [{"did": request, "answer": answer} for request, answer in scene.steps],
        "rules": scene.rules,
        "recorded": scene.recorded,
    }
