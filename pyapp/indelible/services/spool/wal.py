"""How much a WAL must hold: at the first frame whose checksum is wrong SQLite takes it to end, and says nothing.

What was committed is written down in the WAL's index, after it was on disk. Frames that are not in there say nothing:
they are of a writer that died before it could have told anybody of them. See "WAL-mode File Format" at sqlite.org.
"""

import struct
from contextlib import suppress
from pathlib import Path

from indelible.services.spool.carve import FRAME_HEADER, PAGE_BYTES, WAL_HEADER

_MAGIC = (0x377F0682, 0x377F0683)  # words of checksums are little-endian, or big-endian
_SALTS = slice(16, 24)
_INDEX_HEADER = 48
_INDEX_FRAMES, _INDEX_SALTS = 16, slice(32, 40)


def committed_frames(database: Path) -> int | None:
    """The least number of frames that the WAL must have, None if its header is damaged.

    Not to be called while this process has the database open: closing the index would end SQLite's locks on it.
    """
    header = _beginning(Path(f"{database}-wal"), WAL_HEADER)
    if len(header) < WAL_HEADER or not any(header):
        return 0
    if not _is_header(header):
        return None
    index = _beginning(Path(f"{database}-shm"), _INDEX_HEADER)
    if not _is_index(index):
        return _followed_commits(Path(f"{database}-wal"), header)
    # Another salt: all of the WAL was written back to the database, and it was about to begin anew.
    return int(struct.unpack_from("=I", index, _INDEX_FRAMES)[0]) if index[_INDEX_SALTS] == header[_SALTS] else 0


def _followed_commits(wal: Path, header: bytes) -> int:
    """Frames up to the last commit that was followed by another frame, which nobody writes before it is on disk."""
    found = number = commit = 0
    with suppress(FileNotFoundError), wal.open("rb") as file:
        file.seek(WAL_HEADER)
        while len(frame := file.read(FRAME_HEADER)) == FRAME_HEADER and frame[8:16] == header[_SALTS]:
            found, number = commit, number + 1
            if frame[4:8] != bytes(4):  # the size of the database is in the last frame of a transaction
                commit = number
            file.seek(PAGE_BYTES, 1)
    return found


def _beginning(path: Path, size: int) -> bytes:
    with suppress(FileNotFoundError), path.open("rb") as file:
        return file.read(size)
    return b""


def _is_header(header: bytes) -> bool:
    magic = int.from_bytes(header[:4])
    order = ">" if magic & 1 else "<"
    return magic in _MAGIC and _checksum(header[:24], order) == struct.unpack(">2I", header[24:])


def _is_index(index: bytes) -> bool:
    return len(index) == _INDEX_HEADER and any(index) and _checksum(index[:40], "=") == struct.unpack("=2I", index[40:])


def _checksum(content: bytes, order: str) -> tuple[int, int]:
    words = struct.unpack(f"{order}{len(content) // 4}I", content)
    first = second = 0
    for one, other in zip(words[::2], words[1::2], strict=True):
        first = (first + one + second) & 0xFFFFFFFF
        second = (second + other + first) & 0xFFFFFFFF
    return first, second
