"""Types of columns, built in and made by users with names to match, and literals of them that read differently."""

# Names are chosen to break what spells them without care.
ODD = '"Odd %s ""$$\\ schéma"'

USER_TYPES = f"""
create schema {ODD};
create type {ODD}."Mood's" as enum
  ('calm', 'it''s', '"q"', 'a,b', '(x)', E'\\\\', ' ', '{{}}', 'NULL', 'null', E'new\\nline');
create type {ODD}."pair ""of"" $$" as ("a b" int, "c""d" text);
create type {ODD}.nest as (
  p {ODD}."pair ""of"" $$", ps {ODD}."pair ""of"" $$"[], m {ODD}."Mood's", j json, f float8, t timestamptz,
  "select" text[]
);
create type {ODD}.nothing as ();
create domain {ODD}.posint as int check (value > 0);
create domain {ODD}."Post %I" as {ODD}.posint check (value <> 13);
create domain {ODD}.ints as int[] check (cardinality(value) < 9);
create domain {ODD}.pairs as {ODD}."pair ""of"" $$"[];
create domain {ODD}.apair as {ODD}."pair ""of"" $$" check ((value)."a b" is distinct from 13);
create domain {ODD}.some_json as json;
create domain {ODD}.some_jsonb as jsonb;
create domain {ODD}.must as text not null;
create type {ODD}.floats as range (subtype = float8, subtype_diff = float8mi, multirange_type_name = {ODD}.many_floats);
create type {ODD}."text range" as range (subtype = text, collation = "C");
create type {ODD}.moods as range (subtype = {ODD}."Mood's", multirange_type_name = {ODD}.many_moods);
create table {ODD}.rows (a int, gone int, "B" text, nested {ODD}.nest);
alter table {ODD}.rows drop column gone;

-- As the extension citext makes it: another type for which a equals A.
create type {ODD}.ci;
create function {ODD}.ci_in(cstring) returns {ODD}.ci language internal immutable strict as 'textin';
create function {ODD}.ci_out({ODD}.ci) returns cstring language internal immutable strict as 'textout';
create type {ODD}.ci (input = {ODD}.ci_in, output = {ODD}.ci_out, like = text, category = 'S');
create cast ({ODD}.ci as text) without function as implicit;
create cast (text as {ODD}.ci) without function as assignment;
create function {ODD}.ci_cmp({ODD}.ci, {ODD}.ci) returns int language sql immutable strict
  as 'select bttextcmp(lower($1::text) collate "C", lower($2::text) collate "C")';
""" + "".join(
    f"""
create function {ODD}.ci_{name}({ODD}.ci, {ODD}.ci) returns bool language sql immutable strict
  as 'select lower($1::text) collate "C" {symbol} lower($2::text) collate "C"';
create operator {ODD}.{symbol} (leftarg = {ODD}.ci, rightarg = {ODD}.ci, function = {ODD}.ci_{name}
  {", merges, hashes" if name == "eq" else ""});
"""
    for name, symbol in (("eq", "="), ("lt", "<"), ("le", "<="), ("gt", ">"), ("ge", ">="))
) + f"""
create operator class {ODD}.ci_ops default for type {ODD}.ci using btree as
  operator 1 {ODD}.<, operator 2 {ODD}.<=, operator 3 {ODD}.=, operator 4 {ODD}.>=, operator 5 {ODD}.>,
  function 1 {ODD}.ci_cmp({ODD}.ci, {ODD}.ci);
"""  # fmt: skip

NUMBERS = {
    "boolean": ["true", "false"],
    "smallint": ["-32768", "32767", "0"],
    "integer": ["-2147483648", "7"],
    "bigint": ["9223372036854775807", "-9223372036854775808", "9007199254740993"],
    "numeric": [
        "0", "0.0", "1", "1.0", "1.00", "-0.000", "NaN", "Infinity", "-Infinity", "1e-300", "1e300", "1e-16383",
        "12345678901234567890.123456789012345678901234567890",
    ],
    "numeric(12,3)": ["1", "-999999999.999", "NaN"],
    "numeric(3,-2)": ["12345"],
    "real": ["0", "-0", "NaN", "Infinity", "-Infinity", "1e-45", "3.4028235e38", "0.1", "16777216"],
    "double precision": [
        "0", "-0", "NaN", "Infinity", "-Infinity", "5e-324", "1.7976931348623157e308", "0.30000000000000004", "0.3",
        "1e23",
    ],
    "money": ["1.50", "-92233720368547758.08", "0"],
    "oid": ["0", "4294967295"],
    "xid": ["3", "4294967295"],
    "xid8": ["18446744073709551615"],
    "cid": ["0"],
}  # fmt: skip

TIMES = {
    "date": ["2026-02-28", "4713-01-01 BC", "5874897-12-31", "infinity", "-infinity", "0001-01-01"],
    "timestamp": [
        "2026-02-28 01:02:03.000001", "4714-11-24 00:00 BC", "294276-12-31 23:59:59.999999", "infinity", "-infinity",
    ],
    "timestamp(0)": ["2026-02-28 01:02:03.6"],
    "timestamptz": [
        "2026-02-28 01:02:03.4+09", "4714-11-24 00:00+00 BC", "294276-12-31 23:59:59.999999+00", "infinity",
        "-infinity", "1900-01-01 00:00-05:17:32", "0001-01-01 00:00+00",
    ],
    "time": ["00:00", "24:00", "12:34:56.789012"],
    "timetz": ["00:00+15:59:59", "24:00-15:59", "12:00+00", "13:00+01"],
    "interval": [
        "1 day", "24 hours", "1 mon", "30 days", "1 mon -1 day", "-3 years 00:00:00.000001", "0",
        "178956970 years 7 mons 2147483647 days 2562047788:00:54.775807",
    ],
    "interval second(2)": ["1.239"],
}  # fmt: skip

TEXTS = {
    "text": ["", "null", "NULL", "a", "A", "\u00e9", "e\u0301", "\\", "'\"$$", "\n\t\x01", "😀", "{}"],
    "varchar(3)": ["", "abc", "é  "],
    "char(5)": ["", "ab", "é"],
    "bpchar": ["a ", "a"],
    '"char"': ["", "x", "\\377", "\\001", '"', "\\"],
    "name": ["", "n" * 63, "Mixed Name"],
    "json": ['{"a":1,  "a":2}', ' "x" ', " null", '"\\u0000"', "1.0", "[ ]", "-0", "1e5", '"null"'],
    "jsonb": [
        '{"b": 1, "a": [null, {"c": ""}]}', "null", '"null"', '"\\"x\\""', "1.0", "1.00", "[]", "{}", "true", '""',
        "-0",
    ],
    "jsonpath": ["$.a[*] ? (@ > 1)", "strict $"],
    "bytea": ["\\x", "\\x00ff5c27", "\\x5c78"],
    "bit(3)": ["101", "000"],
    "bit varying": ["", "0", "00"],
    "tsvector": ["a:1 b:2A", "'it''s':3 '\\\\':1", ""],
    "tsquery": ["a & !b:*", "'it''s' <2> c"],
    "uuid": ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"],
    "refcursor": ["c"],
}  # fmt: skip

PLACES = {
    "inet": ["10.0.0.1", "10.0.0.1/8", "::1", "fe80::1/64", "::ffff:1.2.3.4"],
    "cidr": ["10.0.0.0/8", "2001:db8::/32"],
    "macaddr": ["08:00:2b:01:02:03"],
    "macaddr8": ["08:00:2b:01:02:03:04:05"],
    "point": ["(1,2)", "(-0,1e10)", "(0,1e10)", "(NaN,Infinity)", "(1.0000000001,2)"],
    "line": ["{1,2,3}"],
    "lseg": ["[(1,2),(3,4)]", "[(3,4),(1,2)]"],
    "box": ["(3,4),(1,2)", "(30,4),(10,2)"],
    "path": ["((1,2),(3,4))", "[(1,2),(3,4)]"],
    "polygon": ["((1,2),(3,4),(5,0))"],
    "circle": ["<(1,2),3>", "<(2,1),3>"],
    "pg_lsn": ["0/0", "16/B374D848"],
    "pg_snapshot": ["10:20:10,14"],
    "txid_snapshot": ["10:20:10,14"],
    "tid": ["(0,1)", "(4294967295,65535)"],
    "int2vector": ["1 2", ""],
    "oidvector": ["1 2"],
    "aclitem": ["=r/postgres"],
    "aclitem[]": ["{=r/postgres,postgres=arwdDxt/postgres}"],
}

NAMES = {
    "regclass": ["pg_class", "audit.audit_logs", f"{ODD}.rows", "-"],
    "regproc": ["pg_catalog.now", "0"],
    "regprocedure": ["pg_catalog.length(text)", f'{ODD}.ci_eq({ODD}.ci, {ODD}.ci)'],
    "regoper": ["pg_catalog.||/"],
    "regoperator": ["pg_catalog.+(int4,int4)", f"{ODD}.=({ODD}.ci, {ODD}.ci)"],
    "regtype": ["integer", f"{ODD}.ci", '"char"', "timestamptz[]"],
    "regrole": ["audit_owner"],
    "regnamespace": ["pg_catalog", ODD],
    "regconfig": ["english"],
    "regdictionary": ["simple"],
    "regcollation": ['"C"', '"default"'],
}  # fmt: skip

RANGES = {
    "int4range": ["[1,5)", "empty", "(,3]", "(,)"],
    "int8range": ["[1,9223372036854775807)"],
    "numrange": ["[1.0,2.00]", "[1.00,2.0]", "(NaN,]"],
    "tsrange": ['["2026-01-01 00:00","2026-01-01 00:00"]', "[-infinity,infinity]"],
    "tstzrange": ["[2026-01-01 00:00+09,)", "empty"],
    "daterange": ["[0044-03-15 BC,infinity)"],
    "datemultirange": ["{[2026-01-01,2026-02-01),[2027-01-01,)}", "{}"],
    "nummultirange": ["{[1.0,2.0],[3.00,4)}"],
    f"{ODD}.floats": ["[-0,0.30000000000000004)", "(-Infinity,NaN]"],
    f"{ODD}.many_floats": ["{[-0,1),[2,3)}"],
    f'{ODD}."text range"': ['["a,b","c\\"d"]', '["",)', "(,a]"],
    f"{ODD}.moods": ['["it\'s","a,b")', "empty"],
    f"{ODD}.many_moods": ['{["it\'s","a,b")}', "{}"],
}

ARRAYS = {
    "int[]": ["{}", "{1,NULL,3}", "[0:1]={7,8}", "[-2:-1][5:6]={{1,2},{3,4}}", "{{{1},{2}}}"],
    "text[]": ["{}", '{"a,b","NULL",NULL,"\\"q\\\\","",null}', '{"{x}"," "}'],
    "float8[]": ["{-0,NaN,0.30000000000000004,-Infinity}", "{0,NaN,0.30000000000000004,-Infinity}"],
    "timestamptz[]": ['{"2026-01-01 00:00+09",infinity}'],
    "interval[]": ['{"1 day"}', '{"24 hours"}'],
    "money[]": ["{1.50,-2}"],
    "bytea[]": ['{"\\\\x00ff"}'],
    "json[]": ['{"{\\"a\\":1,  \\"a\\":2}","null"}'],
    "numeric(5,2)[]": ["{1,2.5,NaN}"],
    "regclass[]": ["{pg_class}"],
    "int4range[]": ['{"[1,3)",empty}'],
    f"""{ODD}."Mood's"[]""": ["""{calm,"it's","a,b","NULL",NULL," "}""", "[3:3]={calm}"],
    f'{ODD}."pair ""of"" $$"[]': ['{"(1,\\"x,y\\")","(,)",NULL}'],
    f'{ODD}."Post %I"[]': ["{1,NULL,7}"],
    f"{ODD}.ci[]": ["{a,A}", "{A,a}"],
    f"{ODD}.apair[]": ['{"(1,x)"}'],
}

USER_MADE = {
    f"""{ODD}."Mood's\"""": ["calm", "it's", '"q"', "a,b", "(x)", "\\", " ", "{}", "NULL", "null", "new\nline"],
    f'{ODD}."pair ""of"" $$"': ['(1,"x,y")', "(,)", '(2,"""q""")', '(,"")', '(3,"null")', '(4,"(\\\\)")'],
    f"{ODD}.nest": [
        '("(1,a)","{""(2,b)"",NULL}",calm,"{""a"":1,  ""a"":2}",0.30000000000000004,"2026-01-01 00:00+09","{x,NULL}")',
        '("(,)",{},"it\'s",null,-0,infinity,)',
        "(,,,,,,)",
    ],
    f"{ODD}.nothing": ["()"],
    f"{ODD}.posint": ["1", "2147483647"],
    f'{ODD}."Post %I"': ["1", "14"],
    f"{ODD}.ints": ["{}", "[5:6]={1,NULL}"],
    f"{ODD}.pairs": ['{"(1,x)",NULL}'],
    f"{ODD}.apair": ["(1,x)", "(,)"],
    f"{ODD}.some_json": ['{"a":1,  "a":2}', "null"],
    f"{ODD}.some_jsonb": ['{"a": 1}', "null", '"null"', "1.00"],
    f"{ODD}.rows": ['(1,"x","(,,,,,,)")', "(,,)"],
    f"{ODD}.ci": ["a", "A", "é"],
    "pg_catalog.pg_enum": ["(1,2,0.1,label)", "(,,,)"],
    "information_schema.sql_identifier": ["x"],
    "information_schema.cardinal_number": ["0"],
}  # fmt: skip

FAMILIES: dict[str, dict[str, list[str]]] = {
    "numbers": NUMBERS, "times": TIMES, "texts": TEXTS, "places": PLACES, "names": NAMES, "ranges": RANGES,
    "arrays": ARRAYS, "user-made": USER_MADE,
}  # fmt: skip
