"""Started by root the server runs as somebody else, and lives where that account can go; nobody's folder is opened."""

import os
import pwd
import shutil
import stat
import sys
from pathlib import Path

import psycopg
import pytest

from indelible.embedded import EmbeddedServer, binaries
from indelible.embedded.account import reaches, server_account

pytestmark = pytest.mark.usefixtures("as_root")


@pytest.fixture
def closed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that only root can enter, beside a system folder of the test's own."""
    (folder / "closed").mkdir(mode=0o700)
    monkeypatch.setattr("indelible.embedded.binaries.SYSTEM_FOLDER", folder / "system")
    monkeypatch.setattr("indelible.embedded.place.SYSTEM_FOLDER", folder / "system")
    return folder / "closed"


def test_server_does_not_run_as_root(folder: Path) -> None:
    """The process and its files belong to an unprivileged account; secrets and log stay root's."""
    server = EmbeddedServer(folder / "data", durable=False)
    server.start()
    try:
        account = server_account()
        assert account is not None
        if sys.platform == "linux":
            assert Path(f"/proc/{server.pid}").stat().st_uid == account.uid != 0
        assert (folder / "data" / "postgresql").stat().st_uid == account.uid
        assert server.log.stat().st_uid == 0
        with psycopg.connect(server.dsn) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select pg_read_file(%s)", (str(folder / "data" / "server.json"),))
    finally:
        server.stop()


def test_closed_folder_is_not_opened(closed: Path) -> None:
    """With the data directory out of the account's reach the data lives in the system folder, and is found again."""
    for _ in range(2):
        server = EmbeddedServer(closed / "data", durable=False)
        server.start()
        with psycopg.connect(server.dsn) as connection:
            connection.execute("create table if not exists kept ()")
        server.stop()
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    home = Path((closed / "data" / "place").read_text().strip())
    assert [path.name for path in (closed / "data").iterdir()] == ["place"]
    assert (home / "postgresql" / "PG_VERSION").is_file()
    assert [path for path in home.parent.iterdir() if not path.name.startswith("postgresql-")] == [home]
    assert {stat.S_IMODE(path.stat().st_mode) for path in (home, home.parent)} == {0o711}


def test_removed_data_directory_is_a_new_start(closed: Path) -> None:
    """Whoever removes the data directory gets an empty server next time, as with a directory that can be reached."""
    dsns = []
    for _ in range(2):
        server = EmbeddedServer(closed / "data", durable=False)
        server.start()
        dsns.append(server.dsn)
        server.stop()
        shutil.rmtree(closed / "data")
    assert dsns[0] != dsns[1]


def test_unreachable_programs_are_copied_once(closed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs out of the account's reach are copied to the system folder, and the copy is used again."""
    packaged = binaries.find_binaries("18")
    package = closed / packaged.parent.name
    shutil.copytree(packaged, package / packaged.name, symlinks=True)
    shutil.copytree(packaged.parent.with_name(f"{package.name}.libs"), closed / f"{package.name}.libs")
    monkeypatch.setattr(binaries, "find_binaries", lambda _: package / packaged.name)
    account = server_account()
    copy = binaries.binaries_for(account, "18")
    assert closed.parent / "system" in copy.parents
    assert reaches(account, copy / "bin" / "postgres")
    made = copy.stat().st_ctime_ns
    assert binaries.binaries_for(account, "18") == copy
    assert copy.stat().st_ctime_ns == made
    assert not list((closed.parent / "system").glob("copying-*"))
    server = EmbeddedServer(closed / "data", durable=False)
    server.start()
    assert server.running
    server.stop()


def test_umask_of_the_caller_does_not_matter(folder: Path) -> None:
    """A root whose umask hides everything still gets a server whose account reaches its data."""
    before = os.umask(0o077)
    try:
        server = EmbeddedServer(folder / "data", durable=False)
        server.start()
        assert pwd.getpwuid((folder / "data" / "postgresql").stat().st_uid).pw_uid != 0
        server.stop()
    finally:
        os.umask(before)
    assert not (folder / "data" / "place").exists()
