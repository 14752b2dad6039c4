"""The wheel, installed elsewhere, has everything it needs to migrate a database."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_wheel_migrates_without_the_source_tree(tmp_path: Path, empty_database: str) -> None:
    """Built and unpacked in another folder, the package finds its own migrations/ and sql/, sample included."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / "dist")]
    built = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    (wheel,) = (tmp_path / "dist").glob("indelible-*.whl")
    elsewhere = tmp_path / "elsewhere" / "lib"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(elsewhere)
    environment = {**os.environ, "PYTHONPATH": str(elsewhere), "DATABASE_URL": empty_database}

    def run(*arguments: str) -> str:
        command = [sys.executable, "-P", *arguments]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert run("-c", "import indelible; print(indelible.__file__)").startswith(str(elsewhere))
    report = json.loads(run("-m", "indelible", "migrate", "--sample", "--json"))
    names = [path.stem for path in sorted((ROOT / "migrations").glob("*.sql"))]
    assert report["applied"][: len(names)] == names
    assert report["applied"][len(names) :] == ["ftms/0001_bookings"]
    assert json.loads(run("-m", "indelible", "migrate", "--json"))["applied"] == []
