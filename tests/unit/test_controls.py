"""docs/controls.md names tests that exist, and all 42 controls."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROWS = re.findall(r"^\| (\d+) \| (.+?) \| (.+?) \| (.+) \|$", (ROOT / "docs" / "controls.md").read_text(), re.MULTILINE)


def test_all_controls_are_there() -> None:
    """42 controls, in order, each held by a test or plainly waiting."""
    assert [int(number) for number, *_ in ROWS] == list(range(1, 43))
    assert all("tests/" in held or "*Waits*" in held for *_, held in ROWS)


def test_named_tests_exist() -> None:
    """A test that is renamed or removed takes its claim with it."""
    for *_, held in ROWS:
        for path, name in re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", held):
            text = (ROOT / path).read_text()
            assert re.search(rf"^(async )?def {name or 'test_'}", text, re.MULTILINE), (path, name)
