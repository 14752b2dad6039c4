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
