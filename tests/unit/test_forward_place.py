"""Where events may be forwarded to: encrypted, or to this machine alone; and no secret on a command line."""

import pytest

from indelible.errors import ConfigurationError
from indelible.services.forward.place import parse_place


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("syslog+tls://siem.example", "syslog+tls://siem.example:6514"),
        ("syslog+tls://[2001:db8::1]:700", "syslog+tls://[2001:db8::1]:700"),
        ("syslog+tcp://127.0.0.1:514", "syslog+tcp://127.0.0.1:514"),
        ("syslog+tcp://[::1]", "syslog+tcp://[::1]:601"),
        ("https://siem.example/collect?index=audit", "https://siem.example:443/collect?index=audit"),
        ("http://localhost:8088", "http://localhost:8088/"),
    ],
)
def test_places(text: str, spelled: str) -> None:
    """Each has its port and, over HTTP, its path."""
    assert str(parse_place(text)) == spelled


@pytest.mark.parametrize(
    "text",
    [
        "syslog+tcp://siem.example:601",
        "http://siem.example/collect",
        "syslog+tcp://0.0.0.0:601",
        "syslog://127.0.0.1",
        "siem.example:6514",
        "syslog+tls://",
        "syslog+tls://siem.example:port",
        "syslog+tls://siem.example/path",
        "https://user:secret@siem.example/",
        "https://siem.example/a b",
        "https://siem.example/\u2028",
        "",
    ],
)
def test_what_is_no_place(text: str) -> None:
    """One sentence, that never repeats what may be a secret."""
    with pytest.raises(ConfigurationError) as refusal:
        parse_place(text)
    assert "secret" not in str(refusal.value)
