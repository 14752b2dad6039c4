"""The scripts in bin/: short, runnable from anywhere, and able to prepare themselves on a bare machine."""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ("indelible", "test", "check")
PREPARING = "preparing .venv (once, about a minute)\n"

# A project as small as can be, that pip can install without the network.
BACKEND = """
import pathlib, zipfile
def build_editable(folder, settings=None, metadata=None):
    info = "indelible-0.dist-info/"
    with zipfile.ZipFile(pathlib.Path(folder, "indelible-0-py3-none-any.whl"), "w") as wheel:
        wheel.writestr("indelible.pth", str(pathlib.Path("pyapp").resolve()))
        wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: indelible\\nVersion: 0\\n")
        wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(info + "RECORD", "")
    return "indelible-0-py3-none-any.whl"
"""
PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""
PROGRAM = "import os, sys; print(os.getcwd(), os.path.dirname(__file__), *sys.argv[1:])\n"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A fresh clone of a tiny project with our bin/, in a folder with a space in its name."""
    clone = tmp_path / "a clone"
    shutil.copytree(ROOT / "bin", clone / "bin")
    (clone / "pyapp" / "indelible").mkdir(parents=True)
    (clone / "pyapp" / "indelible" / "__main__.py").write_text(PROGRAM)
    (clone / "requirements.lock").write_text("# nothing\n")
    (clone / "pyproject.toml").write_text(PROJECT)
    (clone / "backend.py").write_text(BACKEND)
    return clone


def write_only_where_allowed() -> None:
    """Root writes into every folder by a capability (CAP_DAC_OVERRIDE, 1); after PR_CAPBSET_DROP (24) no more."""
    if os.geteuid() == 0:
        ctypes.CDLL(None).prctl(24, 1, 0, 0, 0)


def start(script: Path, *arguments: str, cwd: Path, **environment: str) -> subprocess.Popen[str]:
    """The script as somebody would run it, with a base interpreter first on the PATH."""
    path = os.pathsep.join([str(Path(sys.base_prefix) / "bin"), os.environ["PATH"]])
    return subprocess.Popen(
        [str(script), *arguments],
        cwd=cwd,
        env={**os.environ, "PATH": path, "PIP_NO_INDEX": "1", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=write_only_where_allowed,  # noqa: PLW1509 - nothing else runs in this test process
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Exit code, output and errors."""
    out, err = process.communicate(timeout=300)
    return process.returncode, out, err


def test_scripts_are_short_and_executable() -> None:
    """One duty each, at most 30 lines, and the shell has nothing to object."""
    for path in [*(ROOT / "bin").iterdir(), ROOT / ".ci" / "run"]:
        assert len(path.read_text().splitlines()) <= 30, path
        if path.name != "prepare":
            assert subprocess.run(["/bin/sh", "-n", str(path)], check=False).returncode == 0
    for path in [*(ROOT / "bin" / name for name in SCRIPTS), ROOT / ".ci" / "run"]:
        assert os.access(path, os.X_OK), path


def test_first_run_prepares_and_later_runs_are_silent(clone: Path, tmp_path: Path) -> None:
    """The first run makes .venv and says so in one line; from then on the script is quiet, also through a link."""
    script = clone / "bin" / "indelible"
    code, out, err = finish(start(script, "one two", "3", cwd=tmp_path))
    assert (code, out, err) == (0, f"{tmp_path} {clone}/pyapp/indelible one two 3\n", PREPARING)
    link = tmp_path / "link"
    link.symlink_to(script)
    code, out, err = finish(start(link, cwd=clone / "bin", PYTHONPATH="/nowhere", PYTHONHOME="/nowhere"))
    assert (code, out, err) == (0, f"{clone}/bin {clone}/pyapp/indelible\n", "")


def test_two_first_runs_at_once(clone: Path) -> None:
    """Of two first runs one prepares while the other waits; both work."""
    runs = [start(clone / "bin" / "indelible", cwd=clone) for _ in range(2)]
    results = [finish(run) for run in runs]
    assert [code for code, _, _ in results] == [0, 0]
    assert sorted(err for _, _, err in results) == ["", PREPARING]


@pytest.mark.heavy
def test_environment_is_made_again_when_its_reason_changes(clone: Path, tmp_path: Path) -> None:
    """A changed lock, a copied clone and a lost interpreter each mean a new .venv; the copy never runs the original."""
    assert finish(start(clone / "bin" / "indelible", cwd=clone))[0] == 0
    (clone / "requirements.lock").write_text("# nothing new\n")
    assert finish(start(clone / "bin" / "indelible", cwd=clone))[2] == PREPARING
    copy = tmp_path / "copy"
    shutil.copytree(clone, copy, symlinks=True)
    code, out, err = finish(start(copy / "bin" / "indelible", cwd=tmp_path))
    assert (code, out, err) == (0, f"{tmp_path} {copy}/pyapp/indelible\n", PREPARING)
    (copy / ".venv" / "bin" / "python").unlink()
    assert finish(start(copy / "bin" / "indelible", cwd=tmp_path))[::2] == (0, PREPARING)


def test_failed_preparation_is_told_and_done_again(clone: Path) -> None:
    """When pip fails its words and one sentence are shown, with exit code 2; the next run starts over."""
    (clone / "requirements.lock").write_text(f"no-such-package==1 --hash=sha256:{'0' * 64}\n")
    code, out, err = finish(start(clone / "bin" / "indelible", cwd=clone))
    assert (code, out) == (2, "")
    assert "no-such-package" in err
    assert err.endswith("\nindelible could not prepare .venv; the lines above say why.\n")
    (clone / "requirements.lock").write_text("# nothing\n")
    assert finish(start(clone / "bin" / "indelible", cwd=clone))[::2] == (0, PREPARING)


def test_machine_without_python(clone: Path, tmp_path: Path) -> None:
    """With no Python, or only an old one, there is one sentence and exit code 2."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("sh", "dirname", "readlink", "cat", "cksum", "false"):
        (tools / name).symlink_to(str(shutil.which(name)))
    (tools / "python3").write_text("#!/bin/sh\nexit 1\n")
    (tools / "python3").chmod(0o755)
    process = start(clone / "bin" / "indelible", cwd=clone, PATH=str(tools))
    assert finish(process) == (2, "", "indelible needs Python 3.11 or newer, and the PATH has none.\n")


def test_python_without_venv(clone: Path) -> None:
    """A Python whose distribution left out venv is one sentence that says what to install."""
    program = """
import importlib.util, runpy, sys
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == "ensurepip" else find(name, *rest)
runpy.run_path(sys.argv[0])
"""
    program = program.replace("sys.argv[0]", repr(str(clone / "bin" / "prepare")))
    command = [sys.executable, "-c", program, str(clone), "stamp"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert (
        done.stderr
        == f"{sys.executable} lacks the venv module: install it (Debian, Ubuntu: apt install python3-venv).\n"
    )


def test_folder_that_cannot_be_written(clone: Path) -> None:
    """Somebody else's folder gets no .venv: one sentence and exit code 2."""
    clone.chmod(0o555)
    code, out, err = finish(start(clone / "bin" / "indelible", cwd=clone))
    clone.chmod(0o755)
    assert (code, out) == (2, "")
    assert err == f"indelible cannot write {clone}/.venv: run this once as the owner of that folder.\n"


@pytest.mark.parametrize("arguments", [["--pg", "15"], ["--pg"], ["--pg=nine"]])
def test_bin_test_knows_two_versions(arguments: list[str]) -> None:
    """bin/test takes --pg 16 or 18 and nothing else."""
    code, out, err = finish(start(ROOT / "bin" / "test", *arguments, cwd=Path("/")))
    assert (code, out, err) == (2, "", "usage: bin/test [--pg 16|18] [pytest arguments]\n")


@pytest.mark.parametrize("word", ["-h", "--help"])
def test_bin_test_explains_itself(word: str) -> None:
    """Its own usage stands before pytest's; no server is started for it."""
    code, out, _ = finish(start(ROOT / "bin" / "test", word, cwd=Path("/"), DATABASE_URL="", TMPDIR="/nowhere"))
    assert code == 0 and out.startswith("usage: bin/test [--pg 16|18] [pytest arguments]\n")
    assert "--exitfirst" in out


def test_bin_test_does_not_mix_two_servers(server_dsn: str) -> None:
    """--pg chooses an embedded server, DATABASE_URL another: both together are refused."""
    code, _, err = finish(start(ROOT / "bin" / "test", "--pg", "16", cwd=Path("/"), DATABASE_URL=server_dsn))
    assert code == 2
    assert err.startswith("--pg chooses an embedded server, but DATABASE_URL names one")


def test_bin_test_leaves_no_server_behind(tmp_path: Path) -> None:
    """Whatever ends the test run ends its server: here somebody terminates it in the middle of a test."""
    note = tmp_path / "note"
    (tmp_path / "test_long.py").write_text(
        "import os, pathlib, time\n"
        "def test_long():\n"
        f"    pathlib.Path({str(note)!r}).write_text(os.environ['DATABASE_URL'])\n"
        "    time.sleep(600)\n"
    )
    arguments = (str(tmp_path), "-n0", "-p", "no:cacheprovider", "--rootdir", str(tmp_path))
    process = start(ROOT / "bin" / "test", *arguments, cwd=tmp_path, DATABASE_URL="")
    while not (note.is_file() and note.read_text()):
        assert process.poll() is None, finish(process)
    dsn = note.read_text()
    psycopg.connect(dsn).close()
    process.send_signal(signal.SIGTERM)
    assert finish(process)[0] == 128 + signal.SIGTERM
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(dsn)
