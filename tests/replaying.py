"""The log as a way there and back: what it says of a table, applied to a copy of that table and undone again."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.types.json import Jsonb

from tests.support import last_id, one

Image = dict[str, str | None]

both_captures = pytest.mark.parametrize("capture", ["row", "statement"])

_numbers = itertools.count(1)

# What capture pins for itself; whoever reads values back does the same.
_SETTINGS = {
    "search_path": "pg_catalog, pg_temp",
    "timezone": "UTC",
    "datestyle": "ISO, YMD",
    "intervalstyle": "postgres",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "lc_monetary": "C",
    "quote_all_identifiers": "off",
}


@dataclass(frozen=True)
class Record:
    """One row change as the log has it; values as text, None where there is no image."""

    id: int
    action: str
    entity_id: str | None
    previous_entity_id: str | None
    old: Image | None
    new: Image | None


def records(connection: psycopg.Connection[Any], entity_type: str, after: int = 0) -> list[Record]:
    """Row changes of one entity type, in order of recording."""
    pairs = "select array[array_agg(key), array_agg(value)] from jsonb_each_text"
    query = f"""
        select id, action, entity_id, coalesce(metadata ->> 'previous_entity_id', entity_id),
          ({pairs}(changes -> 'old')), ({pairs}(changes -> 'new'))
        from audit.audit_logs
        where entity_type = %s and id > %s and action ~ '^(ROW|TABLE)_' order by id
    """
    rows = connection.execute(query.encode(), (entity_type, after)).fetchall()
    return [Record(row[0], row[1], row[2], row[3], _image(row[4]), _image(row[5])) for row in rows]


def _image(pairs: list[list[Any]] | None) -> Image | None:
    return dict(zip(*pairs, strict=True)) if pairs else None


@contextmanager
def _pinned(connection: psycopg.Connection[Any]) -> Iterator[None]:
    with connection.transaction():
        connection.execute(
            "select set_config(name, value, true) from jsonb_each_text(%s) as s (name, value)", (Jsonb(_SETTINGS),)
        )
        yield


class Follower:
    """A copy of a table that follows its log: `note()` after each statement, `check()` at the end.

    `table` is spelled as in SQL; what is in it at the beginning is in the copy, too.
    """

    def __init__(self, connection: psycopg.Connection[Any], table: str, entity_type: str) -> None:
        self.connection, self.entity_type = connection, entity_type
        query = """
            select target::oid::regclass::text, attribute.attname, format_type(atttypid, atttypmod),
              array_position((index.indkey::int2[])[0:indnkeyatts - 1], attribute.attnum)
            from (values (%s::text::regclass)) as named (target)
            join pg_attribute as attribute on attribute.attrelid = target and attnum > 0 and not attisdropped
            left join pg_index as index on index.indrelid = target and index.indisprimary
            where attribute.attgenerated <> 'v' order by attnum
        """
        with _pinned(connection):
            rows = connection.execute(query, (table,)).fetchall()
            self.table = sql.SQL(rows[0][0])
            self.types = {name: kind for _, name, kind, _ in rows}
            self.key = [
                name for place, name in sorted((place, name) for _, name, _, place in rows if place is not None)
            ]
            self.copy = sql.Identifier("public", f"copy_{next(_numbers)}")
            self._run("create table {copy} (like {table})")
            self._run("insert into {copy} ({columns}) select {columns} from {table}")
        self.marks = [last_id(connection)]
        self.states = [self.state(self.table)]

    def note(self) -> None:
        """Remember what the table is now, and how far the log is."""
        self.marks.append(last_id(self.connection))
        self.states.append(self.state(self.table))

    def play(self, *statements: str) -> None:
        """Execute each statement and note what it made of the table."""
        for statement in statements:
            self.connection.execute(statement.encode())
            self.note()

    def check(self, *, by_ids: bool = True) -> None:
        """Forwards from the beginning and backwards from the end, each noted state comes out of the log, to the bit.

        Not `by_ids`: between two states records may follow one another as their old and new values demand.
        """
        with _pinned(self.connection):
            kept = records(self.connection, self.entity_type, self.marks[0])
            for mark, state in zip(self.marks[1:], self.states[1:], strict=True):
                step, kept = [r for r in kept if r.id <= mark], [r for r in kept if r.id > mark]
                self._go(step, self.apply, by_ids=by_ids)
                assert self.state(self.copy) == state, f"forwards to {mark}"
            assert self.differences() == []
            kept = records(self.connection, self.entity_type, self.marks[0])[::-1]
            for mark, state in zip(self.marks[::-1], self.states[::-1], strict=True):
                step, kept = [r for r in kept if r.id > mark], [r for r in kept if r.id <= mark]
                self._go(step, self.undo, by_ids=by_ids)
                assert self.state(self.copy) == state, f"backwards to {mark}"

    def _go(self, step: list[Record], change: Callable[[Record], bool], *, by_ids: bool) -> None:
        while step:
            ready = (r for r in (step[:1] if by_ids else step) if by_ids or not self._is_taken(r, change))
            done = next((record for record in ready if change(record)), None)
            assert done is not None, f"of no row in the copy: {step}"
            step.remove(done)

    def _is_taken(self, record: Record, change: Callable[[Record], bool]) -> bool:
        """Whether the row that this change would make is there already, by its key."""
        before, after = (record.old, record.new) if change == self.apply else (record.new, record.old)
        if before is not None or after is None or not self.key:
            return False
        taken = self._is({name: after[name] for name in self.key})
        return bool(self._run("select from {copy} where {taken}", taken=taken).rowcount)

    def state(self, table: sql.Composable) -> list[str]:
        """Every row as text, in an order of its own: exact, as the settings are pinned."""
        with _pinned(self.connection):
            return sorted(row for (row,) in self._run("select format('%s', row({columns})) from {any}", any=table))

    def differences(self) -> list[Any]:
        """Rows that are not the same to the bit in table and copy."""
        # Ordered by their image, as no other order need exist; rows of the same image are the same row.
        query = """
            with one as (select row({columns}) as image from {table}),
              other as (select row({columns}) as image from {copy}),
              a as (select image, row_number() over (order by image using *<) as n from one),
              b as (select image, row_number() over (order by image using *<) as n from other)
            select a.image, b.image from a full join b using (n) where num_nulls(a.n, b.n) > 0 or a.image *<> b.image
        """
        with _pinned(self.connection):
            return self._run(query).fetchall()

    def apply(self, record: Record) -> bool:
        """Do to the copy what the record says; false if there is no such row."""
        if record.action == "TABLE_TRUNCATED":  # rows that TRUNCATE took have records of their own
            return True
        return self._change(record.old, record.new, record.previous_entity_id)

    def undo(self, record: Record) -> bool:
        """Take back from the copy what the record says; rows that TRUNCATE took have records of their own."""
        return record.action == "TABLE_TRUNCATED" or self._change(record.new, record.old, record.entity_id)

    def _change(self, before: Image | None, after: Image | None, entity_id: str | None) -> bool:
        if before is None:
            assert after is not None and set(after) == set(self.types), "an insert or delete holds the whole row"
            values = self._values({name: after[name] for name in self.types})
            changed = self._run("insert into {copy} ({columns}) values ({values})", values=values)
        else:
            found = self._run(
                "select ctid, format('%s', row({columns})) from {copy} where {row}", row=self._row(before, entity_id)
            )
            rows = found.fetchall()
            assert len({text for _, text in rows}) <= 1, f"which of {rows} is meant by {before}?"
            place = sql.Literal(rows[0][0] if rows else None)
            if after is None:
                assert set(before) == set(self.types), "an insert or delete holds the whole row"
                changed = self._run("delete from {copy} where ctid = {place}::tid", place=place)
            else:
                pairs = self._pairs(after)
                changed = self._run("update {copy} set {pairs} where ctid = {place}::tid", pairs=pairs, place=place)
        return changed.rowcount == 1

    def _row(self, image: Image, entity_id: str | None) -> sql.Composable:
        """The row that a record is about: it has the values that the record says, and its key unless they are whole."""
        if set(image) == set(self.types):
            return self._is(image)
        assert self.key and entity_id is not None, "without a key only a whole image says which row it is"
        if entity_id.startswith("sha256:"):
            digest = "'sha256:' || encode(sha256(convert_to({}, 'UTF8')), 'hex') = {}"
            is_it: sql.Composable = sql.SQL(digest).format(self._key_text(), sql.Literal(entity_id))
        else:
            is_it = self._is(self._key_image(entity_id))
        return sql.SQL("{} and {}").format(is_it, self._is(image))

    def _is(self, image: Image) -> sql.Composable:
        columns = sql.SQL(", ").join(map(sql.Identifier, image))
        return sql.SQL("record_image_eq(row({}), row({}))").format(columns, self._values(image))

    def _key_text(self) -> sql.Composable:
        query = "select audit_private.key_source(w, %s) from audit_private.watches as w where entity_type = %s"
        name = self.copy.as_string().rpartition(".")[2]
        (source,) = one(self.connection, f"{query} and stopped_at is null", name, self.entity_type)
        return sql.SQL(source)

    def _key_image(self, entity_id: str) -> Image:
        if len(self.key) == 1:
            return {self.key[0]: entity_id}
        query = "select key, value from jsonb_each_text(%s::jsonb)"
        return dict(self.connection.execute(query, (entity_id,)).fetchall())

    def _values(self, image: Image) -> sql.Composable:
        # A literal of unknown type goes through the input function; a cast from text could be somebody's.
        return sql.SQL(", ").join(
            sql.SQL("{}::{}").format(sql.Literal(value), sql.SQL(self.types[name])) for name, value in image.items()
        )

    def _pairs(self, image: Image) -> sql.Composable:
        one = sql.SQL("{} = {}")
        return sql.SQL(", ").join(one.format(sql.Identifier(name), self._values({name: image[name]})) for name in image)

    def _run(self, query: str, **parts: sql.Composable) -> psycopg.Cursor[Any]:
        columns = sql.SQL(", ").join(map(sql.Identifier, self.types))
        return self.connection.execute(
            sql.SQL(query).format(copy=self.copy, table=self.table, columns=columns, **parts)
        )


def followed(
    connection: psycopg.Connection[Any], capture: str, definition: str, table: str = "public.things"
) -> Follower:
    """Make what `definition` says, watch `table` as an entity type of its own, and follow its log."""
    entity_type = f"THING_{next(_numbers)}"
    connection.execute(definition.encode())
    connection.execute("select audit.watch(%s::text::regclass, %s, %s)", (table, entity_type, capture))
    return Follower(connection, table, entity_type)
