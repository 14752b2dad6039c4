"""Text that strangers chose, made harmless before it is stored, logged or sent back."""

import unicodedata
from collections.abc import Callable

REPLACEMENT = "\ufffd"
# Bidirectional overrides and isolates reorder what a reader of the log sees (CVE-2021-42574); they are not Cc.
_REORDERING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Control characters, lone surrogates, and the two separators that log viewers take for new lines.
_HARMFUL = frozenset({"Cc", "Cs", "Zl", "Zp"})


def is_harmful(character: str) -> bool:
    """True for one character that can forge a log line, break UTF-8 or hide text."""
    return unicodedata.category(character) in _HARMFUL or character in _REORDERING


def neutralise(value: str, limit: int = 200) -> str:
    """At most `limit` characters of `value`, each harmful one replaced by U+FFFD."""
    cut = value[:limit]
    if cut.isprintable():
        return cut
    return "".join(REPLACEMENT if is_harmful(character) else character for character in cut)


def spelled(value: object, limit: int = 200, spell: Callable[[object], str] = str) -> str:
    """`neutralise` for any object; one that cannot be spelled is named by its type instead of raising."""
    try:
        return neutralise(value if type(value) is str else spell(value), limit)
    except Exception:  # noqa: BLE001  # __str__ is the application's own code
        return f"<{type(value).__name__}>"
