"""Stories for property tests: a table of any shape, and statements that change it."""

import json
from dataclasses import dataclass, field

from hypothesis import strategies as st
from psycopg import sql

from tests.literals import FAMILIES, ODD

LITERALS = {kind: values for family in FAMILIES.values() for kind, values in family.items()}

plain = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
json_text = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | plain,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(plain, inner, max_size=3),
    max_leaves=5,
).map(json.dumps)

# Beside the literals of each type that are known to be difficult.
MORE: dict[str, st.SearchStrategy[str]] = {
    "bigint": st.integers(-(2**63), 2**63 - 1).map(str),
    "numeric": st.decimals(allow_nan=False, allow_infinity=False, places=4).map(str),
    "numeric(12,3)": st.integers(-(10**11), 10**11).map(lambda n: f"{n}e-3"),
    "real": st.floats(width=32).map(repr),
    "double precision": st.floats().map(repr),
    "text": plain,
    "varchar(3)": st.text("ab \\'\"é", max_size=3),
    "char(5)": st.text("ab \\'\"é", max_size=5),
    "bytea": st.binary(max_size=12).map(lambda value: "\\x" + value.hex()),
    "uuid": st.uuids().map(str),
    "json": json_text,
    "jsonb": json_text,
    "bit varying": st.text("01", max_size=8),
}
KINDS = sorted(LITERALS)
KEYS = [
    "integer", "bigint", "text", "numeric", "double precision", "timestamptz", "interval", "uuid", "bytea", "boolean",
    "date", "inet", "char(5)", '"char"', "text[]", "int4range", "jsonb", f"""{ODD}."Mood's\"""",
    f'{ODD}."pair ""of"" $$"', f"{ODD}.ci", f"{ODD}.posint",
]  # fmt: skip

hostile = st.sampled_from(
    ["new", "old", "place", "begin", "v_old", "tg_op", "$capture$", '"', "'", "\\", "%s", "A", "a", "É"]
)
name = (hostile | st.text("aB\"'\\%${}; \n\té😀:.-", min_size=1, max_size=15)).filter(
    lambda text: len(text.encode()) < 64
)
OFTEN = ["insert", "update"]
VERBS = [*OFTEN, *OFTEN, "upsert", "update-one", "touch", "rekey", "delete", "merge", "move", "truncate"]


@dataclass
class Table:
    """What is made: name, columns with their types, how many of them are the key, and the way of capture."""

    name: str
    columns: dict[str, str]
    key: int
    capture: str
    spelled: str = field(init=False)

    def __post_init__(self) -> None:
        self.spelled = sql.Identifier("public", self.name).as_string()

    def create(self) -> str:
        """CREATE TABLE; the key stands first and is declared the other way round."""
        columns = [f"{quoted(column)} {kind}" for column, kind in self.columns.items()]
        key = ", ".join(map(quoted, list(self.columns)[: self.key][::-1]))
        return f"create table {self.spelled} ({', '.join(columns)}{f', primary key ({key})' * bool(key)})"


Row = list[str | None]


@dataclass
class Step:
    """One statement: a verb, the rows that it brings, and whether it is undone."""

    verb: str
    rows: list[Row]
    undone: bool


def quoted(column: str) -> str:
    return sql.Identifier(column).as_string()


@st.composite
def stories(draw: st.DrawFn) -> tuple[Table, list[Step]]:
    """A table of up to seven columns, none, one or two of them its key, and up to ten statements."""
    key = draw(st.sampled_from([0, 1, 1, 2]))
    kinds = [draw(st.sampled_from(KEYS)) for _ in range(key)]
    kinds += draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=5))
    names = draw(st.lists(name, min_size=len(kinds), max_size=len(kinds), unique=True))
    capture = draw(st.sampled_from(["row", "statement"]))
    table = Table(draw(name), dict(zip(names, kinds, strict=True)), key, capture)

    def values(kind: str) -> st.SearchStrategy[str]:
        known = st.sampled_from(LITERALS[kind])
        return known | MORE[kind] if kind in MORE else known

    row = st.tuples(*(values(kind) if n < key else st.none() | values(kind) for n, kind in enumerate(kinds))).map(list)
    step = st.builds(
        Step, st.sampled_from(VERBS), st.lists(row, min_size=1, max_size=3), st.sampled_from([False] * 6 + [True])
    )
    return table, draw(st.lists(step, min_size=1, max_size=10))


def statement(table: Table, step: Step) -> str:
    """The SQL of one step."""
    spelled, kinds = table.spelled, table.columns.values()
    rows = [[f"{sql.Literal(v).as_string()}::{kind}" for v, kind in zip(row, kinds, strict=True)] for row in step.rows]
    columns = [quoted(column) for column in table.columns]
    key, others = columns[: table.key], columns[table.key :]
    pairs = [f"{column} = {value}" for column, value in zip(columns, rows[0], strict=True)]
    excluded = ", ".join(f"{column} = excluded.{column}" for column in others)
    one_row = f"where ctid = (select ctid from {spelled} order by ctid offset {len(rows) - 1} limit 1)"
    insert = f"insert into {spelled} values " + ", ".join(f"({', '.join(row)})" for row in rows)
    return {
        "insert": insert + (" on conflict do nothing" if key else ""),
        "upsert": insert + (f" on conflict ({', '.join(key)}) do update set {excluded}" if key else ""),
        "update": f"update {spelled} set {', '.join(pairs[table.key :][: len(rows)])}",
        "update-one": f"update {spelled} set {', '.join(pairs[table.key :])} {one_row}",
        "touch": f"update {spelled} set {columns[-1]} = {columns[-1]}",
        "rekey": f"update {spelled} set {pairs[0]} {one_row}",
        "delete": f"delete from {spelled} {one_row}",
        "merge": f"""
            merge into {spelled} as t using (
              select ctid as place, row_number() over (order by ctid) as n from {spelled} union all select null, 0
            ) as s on t.ctid = s.place
            when matched and s.n % 3 = 1 then delete
            when matched and s.n % 3 = 2 then update set {pairs[-1]}
            when not matched then insert values ({", ".join(rows[0])})
        """,
        "move": f"with gone as (delete from {spelled} returning *) insert into {spelled} select * from gone",
        "truncate": f"truncate {spelled}",
    }[step.verb]
