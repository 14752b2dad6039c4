"""What SQL commits to is byte for byte what a verifier makes from the raw columns, whatever stands in the row."""

from pathlib import Path

import psycopg
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from tests.sealing import committed, published, seal
from tests.support import Login

words = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=12)
texts = st.none() | words
times = st.sampled_from(
    ["-infinity", "infinity", "4713-01-01 BC", "1970-01-01", "294276-12-31 23:59:59.999999+00"]
) | st.datetimes().map(str)
addresses = (
    st.none() | st.ip_addresses().map(str) | st.sampled_from(["10.0.0.0/8", "::/0", "2001:db8::1/64", "::ffff:1.2.3.4"])
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)
rows = st.tuples(
    times, times, words, st.sampled_from(["success", "failure", "denied", "attempted"]), texts,
    words, st.sampled_from(["sealed", "service", "client", "direct"]), texts, texts, texts, texts,
    addresses, texts, st.none() | values.map(Jsonb), st.none() | values.map(Jsonb),
    st.sampled_from(["database", "claimed", "clamped"]),
)  # fmt: skip
INSERT = """
insert into audit.audit_logs (
  created_at, recorded_at, action, outcome, user_id, db_user, actor_proof, entity_type, entity_id, description,
  permission, ip_address, request_id, changes, metadata, time_source
) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""

SETTINGS = [
    "timezone to 'Asia/Tokyo'", "datestyle to 'German'", "bytea_output to 'escape'", "extra_float_digits to -10",
    "intervalstyle to 'sql_standard'", "search_path to public", "default_transaction_read_only to on",
    "default_transaction_isolation to 'serializable'",
]  # fmt: skip


def test_any_row(postgresql: psycopg.Connection, login: Login, tmp_path: Path) -> None:
    """Texts, nulls, times out of Python's reach, networks, numbers and nested JSON: one leaf, the same by both."""
    dsn = login("audit_sealer")

    @settings(max_examples=40, deadline=None)
    @given(found=st.lists(rows, min_size=1, max_size=6))
    def check(found: list[tuple[object, ...]]) -> None:
        psycopg.Cursor(postgresql).executemany(INSERT, found)
        seal(dsn, tmp_path)
        expected = committed(postgresql)
        for entry in published(postgresql, tmp_path):
            row = expected[entry.id]
            assert (entry.xid, entry.created_at, entry.commitment) == (row.xid, row.created_at, row.commitment)

    check()


def test_a_session_s_settings_change_no_leaf(postgresql: psycopg.Connection, login: Login, tmp_path: Path) -> None:
    """The sealer's login may have any settings: what is hashed depends on none of them."""
    dsn = login("audit_sealer")
    name = psycopg.conninfo.conninfo_to_dict(dsn)["user"]
    for setting in SETTINGS:
        postgresql.execute(f"alter role {name} set {setting}".encode())
    postgresql.execute("select iam.create_user('ann', 'Ann')")
    seal(dsn, tmp_path)
    expected = committed(postgresql)
    entries = published(postgresql, tmp_path)
    assert len(entries) == len(expected)
    assert all(entry.commitment == expected[entry.id].commitment for entry in entries)
