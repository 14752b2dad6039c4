"""The wallet: each database's credentials come back to it, and a running `up` keeps its own."""

import json
from pathlib import Path

import pytest

from indelible.cli.credentials import Credentials
from indelible.cli.wallet import Wallet, up_lock, up_runs
from indelible.errors import ConfigurationError

OURS = "postgresql://postgres:generated@127.0.0.1:15001/postgres"
OURS_ELSEWHERE = "postgresql://postgres:generated@127.0.0.1:15002/postgres"
MADE_ANEW = "postgresql://postgres:generated-again@127.0.0.1:15001/postgres"
SHOP = "postgresql://admin:secret@db.example/shop"
OTHERS = [
    "postgresql://admin:secret@db.example/other",
    "postgresql://admin:secret@db.example:5433/shop",
    "postgresql://admin:secret@db2.example/shop",
]


def keep(wallet: Wallet, dsn: str, password: str) -> None:
    wallet.put(Credentials(users={"alice": password}, admin_dsn=dsn))


@pytest.mark.parametrize("other", OTHERS)
def test_each_database_gets_its_own_back(folder: Path, other: str) -> None:
    """Host, port and name of the database tell them apart; credentials.json is that of the last one."""
    wallet = Wallet(folder, embedded=False)
    assert wallet.take(SHOP) == Credentials()
    for _ in range(2):
        keep(wallet, SHOP, "of-shop")
        keep(wallet, other, "of-other")
        assert json.loads((folder / "credentials.json").read_text())["users"] == {"alice": "of-other"}
        assert wallet.take(SHOP).users == {"alice": "of-shop"}
        assert wallet.take(other).users == {"alice": "of-other"}
    assert len(list(folder.glob("credentials*.json"))) <= 3
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in folder.glob("credentials*.json"))


def test_one_database_has_several_spellings(folder: Path) -> None:
    """Another user, password, option or way to write the default port is no other database."""
    wallet = Wallet(folder, embedded=False)
    keep(wallet, SHOP, "of-shop")
    for same in ("postgresql://root@db.example:5432/shop?sslmode=disable", "host=db.example dbname=shop user=u"):
        assert wallet.take(same).users == {"alice": "of-shop"}


def test_our_own_server_is_known_on_every_port(folder: Path) -> None:
    """The embedded server may come back on another port; one made anew, on the same port, is another."""
    wallet = Wallet(folder, embedded=True)
    keep(wallet, OURS, "of-ours")
    assert wallet.take(OURS_ELSEWHERE).users == {"alice": "of-ours"}
    assert wallet.take(MADE_ANEW) == Credentials()
    keep(Wallet(folder, embedded=False), SHOP, "of-shop")
    assert wallet.take(OURS_ELSEWHERE).users == {"alice": "of-ours"}


def test_a_running_up_keeps_its_file(folder: Path) -> None:
    """Beside it base_url stays as it is, and another database is refused in one sentence."""
    lock = up_lock(folder)
    assert not up_runs(folder) and lock.acquire() and up_runs(folder)
    Wallet(folder, embedded=False).put(Credentials(base_url="http://up", admin_dsn=SHOP))
    beside = Wallet(folder, embedded=False, beside_up=True)
    credentials = beside.take(SHOP)
    credentials.base_url = "http://demo"
    beside.put(credentials)
    assert Credentials.read(folder).base_url == "http://up"
    with pytest.raises(ConfigurationError, match=r"^An `indelible up` runs .* another database: choose another --data"):
        beside.take(OTHERS[0])
    lock.release()
    assert not up_runs(folder)


def test_interrupted_putting_aside_loses_nothing(folder: Path) -> None:
    """Between the two steps credentials.json is missing; the file beside it is found all the same."""
    wallet = Wallet(folder, embedded=False)
    keep(wallet, SHOP, "of-shop")
    keep(wallet, OTHERS[0], "of-other")
    (folder / "credentials.json").unlink()
    assert wallet.take(SHOP).users == {"alice": "of-shop"}


def test_an_address_edited_by_hand_is_nobodys(folder: Path) -> None:
    """What names no database is put aside, not an error."""
    wallet = Wallet(folder, embedded=False)
    keep(wallet, SHOP, "of-shop")
    path = folder / "credentials.json"
    path.write_text(path.read_text().replace(SHOP, "no such thing"))
    assert wallet.take(SHOP) == Credentials()
    keep(wallet, SHOP, "new")
    assert wallet.take(SHOP).users == {"alice": "new"}
