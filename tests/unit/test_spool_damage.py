"""A damaged spool: what is damaged is found and kept aside, the rest is carried over, and events go on coming in."""

import json
import logging
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indelible.services.spool.records import Damage
from tests.spooling import damaged, database, drain, events, spool_in

PAGE = 4096


def spooled(folder: Path, seed: int, number: int) -> Path:
    """A spool of so many events that nobody has open; its database."""
    with spool_in(folder) as spool:
        for start in range(0, number, 50):
            spool.put(events(seed, number)[start : start + 50])
    assert not list(folder.glob("*-wal"))
    return database(folder)


def overwrite(path: Path, offset: int, content: bytes) -> None:
    """Write there as a failing disk does."""
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(content)


def test_a_damaged_record_is_set_aside(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """One that is not as it was written is never given out: it is kept with its bytes and told of; others go on."""
    made, told = events(1, 20), list[Damage]()
    path = spooled(tmp_path, 1, 20)
    event_id, payload = next((key, payload) for key, payload in made if 100 < len(payload) < 1000)
    content = path.read_bytes()
    assert content.count(payload) == 1
    overwrite(path, content.index(payload) + 50, b"\0\0\0\0\0\0")
    with spool_in(tmp_path, on_damage=told.append) as spool:
        assert drain(spool) == [event for event in made if event[0] != event_id]
        (kept,) = spool.aside()
        assert (kept.event_id, kept.reason) == (event_id, "the record is damaged")
        assert spool.counts().damaged == 0
    assert told == [Damage("the record is damaged", event_id=event_id)]
    (record,) = [record for record in caplog.records if record.name == "indelible.audit"]
    line = json.loads(record.getMessage())
    assert (record.levelno, line["event"], line["event_id"]) == (logging.ERROR, "audit_spool_damaged", str(event_id))


@pytest.mark.parametrize("content", [b"\0" * 100, b"x" * 16, b"not a database at all" * 300])
def test_a_file_that_is_no_database_is_set_aside(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """It keeps its bytes under another name, a new one begins, and it is logged and told once."""
    path, told = spooled(tmp_path, 2, 20), list[Damage]()
    overwrite(path, 0, content)
    content = path.read_bytes()
    with spool_in(tmp_path, on_damage=told.append) as spool:
        spool.put(events(3, 5))
        assert set(events(3, 5)) <= set(drain(spool))
        assert spool.counts().damaged == 1
    (kept,) = damaged(tmp_path)
    assert kept.read_bytes() == content
    assert [damage.file for damage in told] == [kept.name]
    (record,) = [record for record in caplog.records if record.name == "indelible.audit"]
    assert json.loads(record.getMessage())["file"] == kept.name


def test_a_message_that_is_no_text(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 in the schema, which SQLite's message quotes: what is damaged is found all the same."""
    path, told = spooled(tmp_path, 14, 20), list[Damage]()
    content = path.read_bytes()
    overwrite(path, content.index(b"TABLE events"), b"\x80" * 5)
    with spool_in(tmp_path, on_damage=told.append) as spool:
        assert drain(spool) == events(14, 20)
    assert [damage.salvaged for damage in told] == [20]


def test_other_processes_find_the_new_database(tmp_path: Path) -> None:
    """Who has the damaged file open goes on with the new one, and closing the old one takes nothing from the new."""
    folder = tmp_path / "spool"
    with spool_in(folder) as one, spool_in(folder) as other:
        one.put(events(6, 10))
        other.put(events(7, 10))
        for ending in ("", "-wal"):
            overwrite(Path(f"{database(folder)}{ending}"), 0, b"\0" * 100_000)
        one.put(events(8, 10))
        other.put(events(9, 10))
        one.put(events(10, 10))
        found = drain(one)
    assert set(found) >= {*events(8, 10), *events(9, 10), *events(10, 10)}
    (kept,) = damaged(folder)
    assert Path(f"{kept}-wal").exists()


def test_an_interrupted_exchange_is_finished(tmp_path: Path) -> None:
    """A process that died after it had set the database aside, or while it wrote the new one: the next one salvages."""
    path = spooled(tmp_path, 11, 30)
    path.rename(tmp_path / path.name.replace("spool", "damaged"))
    (tmp_path / "draft.db").write_bytes(b"half of something")
    told = list[Damage]()
    with spool_in(tmp_path, on_damage=told.append) as spool:
        assert drain(spool) == events(11, 30)
    assert [(damage.salvaged, damage.missing) for damage in told] == [(30, 0)]


def test_events_that_vanished_are_missed(tmp_path: Path) -> None:
    """A page of zeros in place of a leaf: what was on it is counted, the rest is carried over."""
    path, told = spooled(tmp_path, 13, 200), list[Damage]()
    content = path.read_bytes()
    leaves = [place for place in range(PAGE, len(content), PAGE) if content[place] == 0x0D and content[place + 4] > 2]
    overwrite(path, leaves[len(leaves) // 2], bytes(PAGE))
    with spool_in(tmp_path, on_damage=told.append) as spool:
        found = drain(spool)
    assert set(found) < set(events(13, 200))
    (damage,) = told
    assert (damage.salvaged, damage.missing) == (len(found), 200 - len(found))


def test_what_was_set_aside_is_carried_over(tmp_path: Path) -> None:
    """Events that were set aside stay so, with their reasons, when the file they are in is damaged."""
    with spool_in(tmp_path) as spool:
        spool.put(events(12, 10))
        spool.set_aside([event.event_id for event in spool.claim(3, 60)], "unknown_action")
    with closing(sqlite3.connect(database(tmp_path), isolation_level=None)) as connection:
        connection.execute("drop table holds")
    with spool_in(tmp_path) as spool:
        assert drain(spool) == events(12, 10)[3:]
        assert [event.reason for event in spool.aside()] == ["unknown_action"] * 3


@settings(max_examples=150)
@given(
    seed=st.integers(0, 2**32),
    wounds=st.lists(
        st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=300)), min_size=1, max_size=6
    ),
)
def test_any_damage_is_survived(seed: int, wounds: list[tuple[float, bytes]]) -> None:
    """Bytes overwritten anywhere: no event comes out changed, new ones are kept, what is lost is in the file aside."""
    with tempfile.TemporaryDirectory() as name:
        folder, made = Path(name), events(seed, 60)
        path = spooled(folder, seed, 60)
        for place, content in wounds:
            overwrite(path, int(place * path.stat().st_size), content)
        told = list[Damage]()
        with spool_in(folder, on_damage=told.append) as spool:
            spool.put(events(seed + 1, 10))
            found = drain(spool)
            assert set(events(seed + 1, 10)) <= set(found) <= {*made, *events(seed + 1, 10)}
            if len(set(found)) < 70:
                assert told
                assert spool.aside() or damaged(folder)
            spool.put(events(seed + 2, 10))
            assert drain(spool) == events(seed + 2, 10)
