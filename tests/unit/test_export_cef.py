"""CEF: a parser written from its rules, and from nothing of ours, gets the values; nothing breaks out of its field."""

import re

from hypothesis import given

from indelible.services.export.cef import encode_cef, spell_cef
from indelible.services.export.row import EventRow, milliseconds
from indelible.text import is_harmful, neutralise
from tests.exported import event_rows, make_row

_KEY = re.compile(r"(?:^| )([A-Za-z0-9]+)=")


def parse_cef(line: str) -> tuple[list[str], dict[str, str]]:
    """Header fields and extensions: an unescaped | ends a header field, a key is a word before an unescaped =."""
    fields, rest = [], line
    for _ in range(7):
        match = re.match(r"((?:[^\\|]|\\[\\|])*)\|", rest)
        assert match, rest
        fields.append(re.sub(r"\\([\\|])", r"\1", match[1]))
        rest = rest[match.end() :]
    # Escapes first, so that what looks for keys sees none of them.
    escapes: list[str] = []

    def put_away(match: re.Match[str]) -> str:
        escapes.append({"n": "\n", "r": "\r"}.get(match[1], match[1]))
        return "\0"

    plain = re.sub(r"\\(.)", put_away, rest)
    found = list(_KEY.finditer(plain))
    extensions, given_back = {}, iter(escapes)
    for match, following in zip(found, [*found[1:], None], strict=True):
        value = plain[match.end() : following.start() if following else len(plain)]
        assert match[1] not in extensions
        extensions[match[1]] = re.sub("\0", lambda _: next(given_back), value)
    return fields, extensions


def harmless(value: str) -> str:
    return "".join(part if part in "\r\n" else neutralise(part, 1) for part in value)


@given(event_rows)
def test_a_parser_reads_the_same(row: EventRow) -> None:
    """Every column of the event is in its field, but that control characters are U+FFFD."""
    fields, extensions = parse_cef(spell_cef(row))
    assert fields[:3] == ["CEF:0", "Indelible", "Indelible"]
    assert fields[4] == row.action
    assert fields[5] == neutralise(row.description or row.action, 1000)
    assert 0 <= int(fields[6]) <= 10
    expected = {
        "externalId": str(row.id),
        "start": str(milliseconds(row.created_at)),
        "rt": str(milliseconds(row.recorded_at)),
        "outcome": row.outcome,
        "reason": row.reason,
        "msg": row.description,
        "suser": row.user_id,
        "IndelibleDbUser": row.db_user,
        "IndelibleTimeSource": row.time_source,
    }
    for key in ("cs1", "cs2", "cs3", "cs4", "cs5", "cs6", "flexString1", "flexString2"):
        if key in extensions:
            expected[key] = getattr(row, extensions[f"{key}Label"])
    for key, value in expected.items():
        assert extensions.get(key) == (None if value is None else harmless(value)), key
    labels = {value for key, value in extensions.items() if key.startswith(("cs", "flex")) and key.endswith("Label")}
    told = {
        "entity_type",
        "entity_id",
        "permission",
        "request_id",
        "changes",
        "metadata",
        "transaction_id",
        "actor_proof",
    }
    assert labels == {name for name in told if getattr(row, name) is not None}
    assert (extensions.get("src") or extensions.get("c6a2")) == row.ip_address


@given(event_rows)
def test_an_event_is_one_line(row: EventRow) -> None:
    """No value ends the line, or tells a terminal anything."""
    content = b"".join(encode_cef([row])).decode()
    assert content.endswith("\n") and not any(is_harmful(character) for character in content[:-1])


def test_escapes_are_those_of_the_field() -> None:
    """The pipe is escaped in the header alone, the equals sign in extensions alone, the backslash in both."""
    line = spell_cef(make_row("SHOP_SEEN", description="a|b=c\\d", reason="e|f=g\\h\nsrc=10.0.0.1"))
    assert r"|SHOP_SEEN|a\|b=c\\d|3|" in line
    assert r"reason=e|f\=g\\h\nsrc\=10.0.0.1 " in line
    assert "src" not in parse_cef(line)[1]
