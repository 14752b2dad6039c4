"""How SQL is spelled here, checked without a database: run by bin/check; exit code 1 if a file is spelled otherwise."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("migrations", "sql", "pyapp/indelible/queries")

# Words that are nothing but keywords, so that a capital one cannot be part of a message or a name.
KEYWORDS = (
    "SELECT|INSERT|UPDATE|DELETE|FROM|WHERE|JOIN|LEFT|INNER|ON|CONFLICT|CREATE|ALTER|DROP|REPLACE|TABLE|VIEW|"
    "FUNCTION|TRIGGER|RETURNS|LANGUAGE|AS|BEGIN|END|DECLARE|IF|THEN|ELSIF|ELSE|LOOP|FOR|IN|EXECUTE|PERFORM|"
    "RAISE|EXCEPTION|GRANT|REVOKE|TO|WITH|SET|RESET|SECURITY|DEFINER|STABLE|VOLATILE|IMMUTABLE|AND|OR|NOT|NULL|"
    "IS|DISTINCT|CASE|WHEN|ORDER|BY|GROUP|HAVING|LIMIT|VALUES|INTO|RETURNING|USING|EXISTS|BETWEEN|CONSTRAINT|"
    "PRIMARY|FOREIGN|KEY|REFERENCES"
)
CAPITAL = re.compile(rf"\b(?:{KEYWORDS})\b")

# What is no code: comments, strings, quoted names. Dollar quotes hold function bodies, which are code.
NOT_CODE = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"", re.DOTALL)

LONGEST_LINE = 150


def main() -> int:
    """Print every finding as `file:line: what`, and return the exit code."""
    files = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.sql"))]
    findings = [finding for path in files for finding in _judge(path)]
    for finding in findings:
        print(finding)
    print(f"{len(files)} SQL files, {len(findings)} findings")
    return 1 if findings else 0


def _judge(path: Path) -> Iterator[str]:
    text, name = path.read_bytes().decode(), path.relative_to(ROOT)
    if "queries" not in path.parts and not text.startswith("-- "):
        yield f"{name}:1: opens with lines that say its purpose"
    if not text.endswith("\n") or text.endswith("\n\n"):
        yield f"{name}: ends with exactly one newline"
    for number, line in enumerate(text.split("\n"), 1):
        if line != line.rstrip():
            yield f"{name}:{number}: ends with a space"
        if "\t" in line or "\r" in line:
            yield f"{name}:{number}: has a tab or a carriage return"
        if len(line) > LONGEST_LINE:
            yield f"{name}:{number}: is longer than {LONGEST_LINE} characters"
    code = NOT_CODE.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
    for match in CAPITAL.finditer(code):
        yield f"{name}:{code.count(chr(10), 0, match.start()) + 1}: keywords are written small ({match[0]})"


if __name__ == "__main__":
    sys.exit(main())
