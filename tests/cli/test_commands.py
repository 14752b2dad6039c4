"""The command line: subcommands, shared options, output for people and programs, exit codes, one-sentence errors."""

import json
import re
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from indelible.cli.app import SUBCOMMANDS
from indelible.cli.failure import FOUND, UNREACHABLE, USAGE

from .conftest import MakeLogin, Outcome, Run

SENTENCE = re.compile(r"indelible: [^\n]+\n")


def refused(outcome: Outcome, code: int, words: str) -> None:
    """Check that the outcome is one sentence on stderr with these words, this code, and nothing else."""
    assert (outcome.code, outcome.out) == (code, "")
    assert SENTENCE.fullmatch(outcome.err), outcome.err
    assert re.search(words, outcome.err), outcome.err


@pytest.fixture
def shop(empty_database: str, run: Run) -> str:
    """A migrated database with a table of its owner's own."""
    assert run("migrate", database=empty_database).code == 0
    with psycopg.connect(empty_database) as connection:
        connection.execute("create schema shop")
        connection.execute("create table shop.orders (id bigint primary key, item text, card text, note text)")
    return empty_database


def recorded(dsn: str) -> list[tuple[object, ...]]:
    """Entity type, id and changes of all row changes."""
    with psycopg.connect(dsn) as connection:
        query = "select entity_type, entity_id, changes from audit.audit_logs where action like 'ROW_%' order by id"
        return connection.execute(query).fetchall()


def test_help_of_every_subcommand_has_an_example(run: Run) -> None:
    """--help works everywhere, exits 0, and shows how the subcommand is called."""
    assert "Example" in run("--help").out
    for name in SUBCOMMANDS:
        outcome = run(name, "--help")
        assert outcome.code == 0
        text = re.sub(r"\W+", " ", outcome.out)
        assert re.search(rf"Example.* indelible {name.replace('-', ' ')}", text), outcome.out


def test_shared_options_stand_anywhere(run: Run, empty_database: str) -> None:
    """--json and --database-url count before the subcommand, after it, and between its own options."""
    first = run("--json", "--database-url", empty_database, "migrate", "--sample")
    assert json.loads(first.out)["applied"][-1] == "ftms/0001_bookings"
    again = run("migrate", "--database-url", empty_database, "--sample", "--json")
    assert json.loads(again.out)["applied"] == []
    assert json.loads(again.out)["digest"] == json.loads(first.out)["digest"]


def test_database_url_on_the_command_line_wins(run: Run, empty_database: str) -> None:
    """The option is stronger than DATABASE_URL; an empty DATABASE_URL is none."""
    nowhere = make_conninfo(empty_database, port=1)
    assert run("migrate", "--database-url", empty_database, database=nowhere).code == 0
    assert run("migrate", "--database-url", empty_database, database="").code == 0


def test_without_a_database_the_embedded_one_is_used(run: Run, folder: Path) -> None:
    """Neither option nor variable: a server in .indelible/ under the current folder, or in --data-dir; gone after."""
    assert run("migrate").code == 0
    assert (folder / ".indelible" / "server.json").is_file()
    assert json.loads(run("migrate", "--json").out)["applied"] == []
    assert json.loads(run("migrate", "--data-dir", "other", "--json").out)["applied"] != []
    for data_dir in (".indelible", "other"):
        assert not (folder / data_dir / "postgresql" / "postmaster.pid").exists()


@pytest.mark.parametrize("command", [["maintain"], ["watch", "a.b"], ["unwatch", "a.b"], ["seal"]])
def test_only_some_commands_make_a_cluster(run: Run, folder: Path, command: list[str]) -> None:
    """Without a database of one's own and before any set-up: one sentence, exit code 3, and nothing is made."""
    refused(run(*command), UNREACHABLE, r"no embedded PostgreSQL in \.indelible: run `indelible up` or `migrate` first")
    (folder / "data").mkdir(mode=0o711)
    refused(run(*command, "--data-dir", "data"), UNREACHABLE, "no embedded PostgreSQL in data:")
    assert [path.name for path in folder.rglob("*")] == ["data"]


def test_watch_records_and_unwatch_stops(run: Run, shop: str) -> None:
    """watch starts capture with entity type, excluded and masked columns; unwatch stops it; twice is fine."""
    options = ("--entity-type", "ORDER", "--exclude", "note", "--mask", "card")
    for _ in range(2):
        assert run("watch", "shop.orders", *options, database=shop) == Outcome(0, "shop.orders is watched.\n", "")
    with psycopg.connect(shop) as connection:
        connection.execute("insert into shop.orders values (7, 'tea', '4111', 'canary')")
    ((entity_type, entity_id, changes),) = recorded(shop)
    assert (entity_type, entity_id) == ("ORDER", "7")
    assert isinstance(changes, dict)
    assert changes["new"]["item"] == "tea"
    assert "4111" not in str(changes)
    assert "canary" not in str(changes)
    assert run("unwatch", "shop.orders", database=shop).out == "shop.orders is no longer watched.\n"
    assert run("unwatch", "shop.orders", database=shop) == Outcome(0, "shop.orders was not watched.\n", "")
    with psycopg.connect(shop) as connection:
        connection.execute("delete from shop.orders")
    assert len(recorded(shop)) == 1


def test_watch_records_what_is_there(run: Run, shop: str) -> None:
    """--baseline records the rows that the table holds, once, and does nothing with --dry-run."""
    with psycopg.connect(shop) as connection:
        connection.execute("insert into shop.orders select n, 'book' from generate_series(1, 25000) as n")
    assert run("watch", "shop.orders", "--baseline", "--dry-run", database=shop).code == 0
    assert recorded(shop) == []
    outcome = run("watch", "shop.orders", "--baseline", database=shop)
    assert outcome.out == "shop.orders is watched; 25000 rows were recorded.\n"
    assert len(recorded(shop)) == 25000
    assert json.loads(run("watch", "shop.orders", "--baseline", "--json", database=shop).out)["baseline"] == 0


def test_watch_says_what_is_no_record(run: Run, shop: str) -> None:
    """--skip names columns whose change alone is no record, --operations what is recorded at all."""
    run("watch", "shop.orders", "--skip", "note", "--operations", "insert,update", database=shop)
    with psycopg.connect(shop) as connection:
        connection.execute("insert into shop.orders values (7, 'tea', '4111', 'noted')")
        connection.execute("update shop.orders set note = 'again'")
        connection.execute("update shop.orders set item = item")
        connection.execute("delete from shop.orders")
    assert len(recorded(shop)) == 1
    run("watch", "shop.orders", "--skip", "", "--operations", "update", "--record-unchanged", database=shop)
    with psycopg.connect(shop) as connection:
        connection.execute("insert into shop.orders values (8, 'tea', '4111', 'noted')")
        connection.execute("update shop.orders set item = item")
        connection.execute("update shop.orders set note = 'again'")
    assert len(recorded(shop)) == 3


def test_watch_keeps_what_it_is_not_told(run: Run, shop: str) -> None:
    """Columns once excluded or masked stay so until other ones, or none, are named."""
    run("watch", "shop.orders", "--exclude", "note", "--mask", "card", database=shop)
    run("watch", "shop.orders", "--entity-type", "ORDER", database=shop)
    run("watch", "shop.orders", "--exclude", "", database=shop)
    with psycopg.connect(shop) as connection:
        connection.execute("insert into shop.orders values (7, 'tea', '4111', 'noted')")
    ((_, _, changes),) = recorded(shop)
    assert "4111" not in str(changes) and "noted" in str(changes)


def test_watch_keeps_the_way_of_capture(run: Run, shop: str) -> None:
    """A table captured by statement stays so when it is watched again, for a baseline say."""
    run("watch", "shop.orders", "--capture", "statement", database=shop)
    run("watch", "shop.orders", "--baseline", database=shop)
    with psycopg.connect(shop) as connection:
        row = connection.execute("select capture from audit.v_coverage where table_name = 'shop.orders'").fetchone()
    assert row == ("statement",)


def test_dry_run_prints_the_sql_and_does_nothing(run: Run, shop: str) -> None:
    """--dry-run shows what would be run; several columns may stand in one option."""
    outcome = run("watch", "shop.orders", "--dry-run", "--exclude", "note,card", database=shop)
    assert "create or replace trigger" in outcome.out
    assert "'note'" not in outcome.out
    assert "'card'" not in outcome.out
    document = json.loads(run("watch", "shop.orders", "--dry-run", "--json", database=shop).out)
    assert document["dry_run"] is True
    assert 'new."card"' in document["sql"]
    with psycopg.connect(shop) as connection:
        connection.execute("insert into shop.orders values (1)")
    assert recorded(shop) == []


def test_maintain_is_idempotent(run: Run, shop: str) -> None:
    """maintain prints what it did, as a table or as JSON, and is done when called again."""
    first = run("maintain", "--json", database=shop)
    assert first.code == 0
    assert all(set(row) == {"task", "detail"} for row in json.loads(first.out))
    assert run("maintain", database=shop).code == 0


def test_the_migrating_login_needs_no_superuser(run: Run, empty_database: str, deployer: MakeLogin) -> None:
    """Member of audit_owner and of a table owner with SET alone: all works but migrating what a superuser guards."""
    dsn = deployer("createrole")
    login = str(psycopg.conninfo.conninfo_to_dict(dsn)["user"])
    with psycopg.connect(empty_database, autocommit=True) as connection:
        assert run("migrate", database=empty_database).code == 0
        connection.execute(f"create role {login}_owner; create schema shop authorization {login}_owner".encode())
        connection.execute("create table shop.orders (id bigint primary key)")
        connection.execute(f"alter table shop.orders owner to {login}_owner".encode())
        for owner in ("audit_owner", f"{login}_owner"):
            connection.execute(f"grant {owner} to {login} with inherit false, set true".encode())
        try:
            refused(run("migrate", database=dsn), FOUND, "only a superuser changes them")
            for command in (["maintain"], ["watch", "shop.orders"], ["unwatch", "shop.orders"]):
                assert run(*command, database=dsn).code == 0
        finally:
            connection.execute(f"drop schema shop cascade; drop owned by {login}_owner cascade".encode())
            connection.execute(f"drop role {login}_owner".encode())


def test_maintain_needs_a_right(run: Run, shop: str, deployer: MakeLogin) -> None:
    """A login that may neither maintain nor become the owner is refused."""
    refused(run("maintain", database=deployer("")), USAGE, "SQLSTATE 42501")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["frobnicate"], "frobnicate"),
        (["watch"], "TABLE"),
        (["watch", "a.b", "--capture", "sometimes"], "row.*statement"),
        (["watch", "a.b", "c.d"], "c.d"),
        (["migrate", "--nonsense"], "--nonsense"),
        (["migrate", "--database-url"], "database-url"),
        (["up", "--port", "99999"], "65535"),
        (["up", "--port", "-1"], "port"),
        (["up", "--port", "http"], "port"),
    ],
)
def test_wrong_usage(run: Run, arguments: list[str], words: str) -> None:
    """What cannot be understood is exit code 2 and one sentence that points to --help."""
    outcome = run(*arguments)
    refused(outcome, USAGE, words)
    assert outcome.err.endswith("(see --help)\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["watch", "shop.nothing"], r'relation "shop.nothing" does not exist \(SQLSTATE 42P01\)'),
        (["watch", "nothing.orders"], r"SQLSTATE 3F000"),
        (["watch", "shop.orders; drop table shop.orders"], r"SQLSTATE 42602"),
        (["watch", "pg_catalog.pg_class"], r"SQLSTATE (ID006|42501)"),
        (["watch", "shop.orders", "--mask", "nothing"], r"SQLSTATE ID007"),
        (["watch", "shop.orders", "--exclude", "id"], r"SQLSTATE ID007"),
        (["unwatch", "shop.nothing"], r"SQLSTATE 42P01"),
    ],
)
def test_wrong_names(run: Run, shop: str, arguments: list[str], words: str) -> None:
    """A table or a column that is not there, or cannot be watched, is exit code 2 with PostgreSQL's own reason."""
    refused(run(*arguments, database=shop), USAGE, words)


@pytest.mark.parametrize("arguments", [["watch", "pg_class"], ["unwatch", "pg_class"], ["maintain"]])
def test_database_without_indelible(run: Run, empty_database: str, arguments: list[str]) -> None:
    """Where nothing is installed the sentence says to migrate first."""
    refused(run(*arguments, database=empty_database), USAGE, r"run `indelible migrate` first")


def test_unreachable_database(run: Run, server_dsn: str) -> None:
    """No server, no database, wrong password: exit code 3, and the password is not repeated."""
    for change in ({"port": 1}, {"dbname": "nowhere"}, {"password": "canary"}):
        for command in (["migrate"], ["maintain"], ["watch", "a.b"]):
            outcome = run(*command, database=make_conninfo(server_dsn, **change))
            refused(outcome, UNREACHABLE, "The database cannot be reached: ")
            assert "canary" not in outcome.err


def test_unusable_database_url(run: Run) -> None:
    """A URL that is none is exit code 2 and is not repeated."""
    outcome = run("migrate", database="postgres//u:canary@host")
    refused(outcome, USAGE, "cannot be read")
    assert "canary" not in outcome.err


def test_server_too_old(run: Run, server_dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A PostgreSQL below the oldest supported version is exit code 2 with both versions."""
    monkeypatch.setattr("indelible.db.session.OLDEST_VERSION", 99)
    refused(run("migrate", database=server_dsn), USAGE, r"This is PostgreSQL 1\d; indelible needs PostgreSQL 99")


def test_failing_migration(run: Run, empty_database: str) -> None:
    """A migration that fails is exit code 1 and names the file."""
    with psycopg.connect(empty_database) as connection:
        connection.execute("create schema audit_private")
        connection.execute("grant all on schema audit_private to audit_owner")
        connection.execute("set role audit_owner")
        connection.execute("create table audit_private.installations ()")
    refused(run("migrate", database=empty_database), FOUND, r"(migrations|sql)/\d{4}_\w+\.sql.* SQLSTATE \w{5}: ")


def test_data_directory_that_cannot_be_used(run: Run, folder: Path) -> None:
    """An embedded server that cannot live where it should is exit code 3."""
    (folder / "file").write_text("")
    refused(run("migrate", "--data-dir", "file/data"), UNREACHABLE, "cannot be written")


def test_unexpected_error_is_a_sentence_too(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of ours is one sentence with its place, exit code 1, and no traceback."""

    def fail(dsn: str, *, sample: bool) -> None:
        raise RuntimeError(f"canary\n{sample}")

    monkeypatch.setattr("indelible.cli.migrate.migrate_database", fail)
    refused(run("migrate", database="postgresql://"), FOUND, r"Unexpected RuntimeError \(.*\.py:\d+\): .*report it")


def test_interrupt_is_quiet(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C ends with the exit code that shells expect, without a word."""

    def interrupt(dsn: str, *, sample: bool) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("indelible.cli.migrate.migrate_database", interrupt)
    assert run("migrate", database="postgresql://") == Outcome(130, "", "")


def test_module_and_closed_pipe() -> None:
    """`python -m indelible` is the same command, and a reader that leaves early is no error."""
    command = [sys.executable, "-P", "-m", "indelible", "--help"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
