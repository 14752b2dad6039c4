"""How much a WAL must hold: at the first frame whose checksum is wrong SQLite takes it to end, and says nothing."""

import struct
from contextlib import suppress
from pathlib import Path

from indelible.services.spool.carve import FRAME_HEADER, PAGE_BYTES, WAL_HEADER

_MAGIC = (0x377F0682, 0x377F0683)  # words of checksums are little-endian, or big-endian


def committed_frames(path: Path) -> int | None:
    """The number of frames up to the last commit, None if the header of the file is damaged."""
    found = 0
    with suppress(FileNotFoundError), path.open("rb") as file:
        header = file.read(WAL_HEADER)
        if len(header) == WAL_HEADER and not _is_whole(header):
            return None
        number = 0
        while len(frame := file.read(FRAME_HEADER)) == FRAME_HEADER and frame[8:16] == header[16:24]:
            number += 1
            if frame[4:8] != bytes(4):  # the size of the database is in the last frame of a transaction
                found = number
            file.seek(PAGE_BYTES, 1)
    return found


def _is_whole(header: bytes) -> bool:
    magic = int.from_bytes(header[:4])
    if magic not in _MAGIC:
        return not any(header)
    order = ">" if magic & 1 else "<"
    words = struct.unpack(f"{order}6I", header[:24])
    first = second = 0
    for one, other in zip(words[::2], words[1::2], strict=True):
        first = (first + one + second) & 0xFFFFFFFF
        second = (second + other + first) & 0xFFFFFFFF
    return (first, second) == struct.unpack(">2I", header[24:])
