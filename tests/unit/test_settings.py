"""Settings come from arguments and the environment, and keep secrets to themselves."""

from ipaddress import ip_network
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import ValidationError

from indelible import Settings
from indelible.db.dsn import dsn_of
from indelible.errors import ConfigurationError

CANARY = "canary-4711"


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "INDELIBLE_APP_DSN", "INDELIBLE_AUDIT_DSN"):
        monkeypatch.delenv(name, raising=False)


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Prefix INDELIBLE_, and DATABASE_URL as everyone calls it; networks are separated by commas."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://db/x")
    monkeypatch.setenv("INDELIBLE_AUDIT_DSN", "postgresql://audit@db/x")
    monkeypatch.setenv("INDELIBLE_TRUSTED_PROXIES", "10.0.0.0/8, fd00::1 ,::ffff:192.0.2.0/120")
    settings = Settings()
    assert settings.dsn(independent=False) == "postgresql://db/x"
    assert settings.dsn(independent=True) == "postgresql://audit@db/x"
    assert settings.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("fd00::1"), ip_network("192.0.2.0/24"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"record_timeout": 0},
        {"record_deadline": "soon"},
        {"trusted_proxies": "proxy.example"},
        {"forwarded_header": "x-real-ip"},
        {"max_body": -1},
        {"typo": 1},
    ],
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, object]) -> None:
    """At start, not at the first request."""
    with pytest.raises(ValidationError):
        Settings(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "dsn", ["postgresql://u:canary-4711@[bad", "host=db password=canary-4711 nonsense", "canary-4711"]
)
def test_a_wrong_dsn_is_named_but_not_repeated(dsn: str) -> None:
    """One sentence with the setting's name; the password in it goes nowhere."""
    with pytest.raises(ConfigurationError) as caught:
        dsn_of(Settings(app_dsn=dsn), independent=False)  # type: ignore[arg-type]
    assert "INDELIBLE_APP_DSN" in str(caught.value)
    assert CANARY not in str(caught.value)
    assert caught.value.__cause__ is None


def test_no_dsn_is_a_sentence() -> None:
    """Without any database the message says what to set."""
    with pytest.raises(ConfigurationError, match="set INDELIBLE_AUDIT_DSN or DATABASE_URL"):
        dsn_of(Settings(), independent=True)


def test_secrets_do_not_show() -> None:
    """Neither repr nor str of the settings tells a DSN."""
    settings = Settings(database_url=f"postgresql://u:{CANARY}@db/x")  # type: ignore[arg-type]
    assert CANARY not in f"{settings!r} {settings}"


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("postgresql://u:p@h/d", "postgresql://u:p@/d?host=h"),
        ("postgres://h1:1,h2:2/d?connect_timeout=3&sslmode=disable", "postgresql:///d?host=h1%2Ch2&port=1%2C2&sslmode=disable"),
        ("host=h port=5 user=u dbname=d", "postgresql://u@/d?host=h&port=5"),
        (r"host=/run/pg user='a b' password='p\'@:/?#' dbname=d", "postgresql://a%20b:p%27%40%3A%2F%3F%23@/d?host=%2Frun%2Fpg"),
        ("hostaddr=127.0.0.1 dbname=d", "postgresql:///d?host=127.0.0.1"),
    ],
    ids=range(5),
)  # fmt: skip
def test_every_form_of_a_connection_string_works(given: str, url: str) -> None:
    """asyncpg reads URLs only, and takes options that only libpq has for settings of the server."""
    found = dsn_of(Settings(app_dsn=given), independent=False)  # type: ignore[arg-type]
    assert parse_qs(urlsplit(found).query) == parse_qs(urlsplit(url).query)
    assert found.partition("?")[0] == url.partition("?")[0]
