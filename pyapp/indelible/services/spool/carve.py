"""Rows found in the pages of a SQLite file without SQLite: where its trees are broken, leaves are mostly whole.

See "Database File Format" and "WAL-mode File Format" at sqlite.org. Whoever takes a row from here must know by
itself that it is one, for pages that are free hold rows, too, which were removed.
"""

from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

PAGE_BYTES = 4096
_TABLE_LEAF = 0x0D
_FILE_HEADER = 100
WAL_HEADER = 32
FRAME_HEADER = 24
# Of a row that does not fit into its page, at least and at most this much is in it.
_MOST_LOCAL = PAGE_BYTES - 35
_LEAST_LOCAL = (PAGE_BYTES - 12) * 32 // 255 - 23
_INTEGER_BYTES = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
_LAST_ROWID = 2**62
Pages = dict[int, bytes]


class _NoRow(Exception):
    """These bytes are no row."""


def rows_of(database: Path) -> Iterator[tuple[int, list[Any]]]:
    """Rowid and values of whatever looks like a row in the file and in its WAL."""
    stored = dict(_file_pages(database))
    written = list(_wal_pages(Path(f"{database}-wal")))
    latest = {**stored, **dict(written)}
    for number, page in [*stored.items(), *written]:
        yield from _rows_in(page, _FILE_HEADER if number == 1 else 0, latest)


def _file_pages(path: Path) -> Iterator[tuple[int, bytes]]:
    with suppress(FileNotFoundError), path.open("rb") as file:
        for number in count(1):
            if len(page := file.read(PAGE_BYTES)) < PAGE_BYTES:
                return
            yield number, page


def _wal_pages(path: Path) -> Iterator[tuple[int, bytes]]:
    with suppress(FileNotFoundError), path.open("rb") as file:
        file.seek(WAL_HEADER)
        while len(frame := file.read(FRAME_HEADER + PAGE_BYTES)) == FRAME_HEADER + PAGE_BYTES:
            yield int.from_bytes(frame[:4]), frame[FRAME_HEADER:]


def _rows_in(page: bytes, start: int, pages: Pages) -> Iterator[tuple[int, list[Any]]]:
    if page[start] != _TABLE_LEAF:
        return
    cells = int.from_bytes(page[start + 3 : start + 5])
    for number in range(min(cells, PAGE_BYTES // 4)):
        place = start + 8 + 2 * number
        with suppress(_NoRow, IndexError):
            yield _row_at(page, int.from_bytes(page[place : place + 2]), pages)


def _row_at(page: bytes, place: int, pages: Pages) -> tuple[int, list[Any]]:
    size, place = _varint(page, place)
    rowid, place = _varint(page, place)
    if rowid > _LAST_ROWID:
        raise _NoRow
    if size <= _MOST_LOCAL:
        return rowid, _values(page[place : place + size])
    fitting = _LEAST_LOCAL + (size - _LEAST_LOCAL) % (PAGE_BYTES - 4)
    local = fitting if fitting <= _MOST_LOCAL else _LEAST_LOCAL
    rest = _overflow(int.from_bytes(page[place + local : place + local + 4]), size - local, pages)
    return rowid, _values(page[place : place + local] + rest)


def _overflow(number: int, size: int, pages: Pages) -> bytes:
    parts: list[bytes] = []
    while size > 0:
        if number not in pages or len(parts) > len(pages):
            raise _NoRow
        parts.append(pages[number][4 : 4 + size])
        size -= len(parts[-1])
        number = int.from_bytes(pages[number][:4])
    return b"".join(parts)


def _values(record: bytes) -> list[Any]:
    place, kinds = 0, []
    end, place = _varint(record, place)
    while place < end:
        kind, place = _varint(record, place)
        kinds.append(kind)
    values = []
    for kind in kinds:
        size = _INTEGER_BYTES.get(kind, (kind - 12) // 2 if kind >= 12 else 0)
        values.append(_value(kind, record[place : place + size]))
        place += size
    if place != len(record):
        raise _NoRow
    return values


def _value(kind: int, content: bytes) -> Any:
    """Integers, blobs and texts; nothing else is in the rows that are looked for."""
    if kind in _INTEGER_BYTES:
        return int.from_bytes(content, signed=True)
    if kind in (8, 9):
        return kind - 8
    if kind >= 12:
        return content.decode(errors="replace") if kind % 2 else content
    return None


def _varint(content: bytes, place: int) -> tuple[int, int]:
    value = 0
    for number in range(8):
        byte = content[place + number]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, place + number + 1
    return value << 8 | content[place + 8], place + 9
