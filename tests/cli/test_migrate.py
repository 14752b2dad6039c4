"""Migrate: once or many times, by one or several deployers, after any failure, and never with a half-told error."""

import secrets
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from indelible.db.migrate import installed_digest_of_files, migrate
from indelible.db.session import migration_session
from indelible.db.sources import Sources
from indelible.embedded import EmbeddedServer
from indelible.errors import ConfigurationError, DatabaseUnreachable, MigrationError

from .conftest import MakeLogin


@pytest.fixture
def scratch(tmp_path: Path) -> Sources:
    """A copy of migrations/ and sql/ to spoil."""
    original = Sources.installed()
    shutil.copytree(original.migrations, tmp_path / "migrations")
    shutil.copytree(original.sql, tmp_path / "sql")
    return Sources(tmp_path / "migrations", tmp_path / "sql")


def rows(dsn: str, query: str) -> list[tuple[object, ...]]:
    """What the superuser sees."""
    with psycopg.connect(dsn) as connection:
        return connection.execute(query.encode()).fetchall()


def test_migrate_installs_and_remembers_the_digest(empty_database: str) -> None:
    """An empty database gets everything but the sample; the digest of the files is what the database then shows."""
    report = migrate(empty_database)
    assert report.applied == [path.stem for path in Sources.installed().migration_files()]
    assert rows(empty_database, "select digest from audit.installation") == [(installed_digest_of_files(),)]
    assert report.digest == installed_digest_of_files()
    assert rows(empty_database, "select to_regnamespace('ftms')::text") == [(None,)]


def test_migrate_twice_applies_nothing(empty_database: str) -> None:
    """Run again it finds nothing missing; the sample comes later, alone, when it is asked for."""
    migrate(empty_database)
    assert migrate(empty_database).applied == []
    assert migrate(empty_database, sample=True).applied == ["ftms/0001_bookings"]
    assert migrate(empty_database, sample=True).applied == []
    assert rows(empty_database, "select count(*) from audit_private.yoyo_lock") == [(0,)]


def test_what_earlier_states_left_behind_goes(empty_database: str, scratch: Sources) -> None:
    """A function that sql/ has no more, or makes with another result, is in nobody's way after migrate."""
    (scratch.migrations / "0013_left_behind.sql").unlink()
    migrate(empty_database, sources=scratch)
    former = "audit.watch(regclass, text, text, text[], text[], boolean)"
    with psycopg.connect(empty_database) as connection:
        connection.execute("set role audit_owner")
        connection.execute(f"create function {former} returns text language sql as 'select null'".encode())
        connection.execute("drop function audit.pending_capture")
        connection.execute("create function audit.pending_capture(target regclass) returns text[] return array['x']")
    migrate(empty_database)
    assert rows(empty_database, f"select to_regprocedure('{former}')") == [(None,)]
    with psycopg.connect(empty_database) as connection:
        connection.execute("create table public.things (id int primary key); select audit.watch('public.things')")


def test_ledger_belongs_to_the_owner(empty_database: str) -> None:
    """yoyo's tables live in the vault and belong to audit_owner, like everything else there."""
    migrate(empty_database, sample=True)
    strangers = """
        select relname from pg_class
        where relnamespace in ('audit'::regnamespace, 'audit_private'::regnamespace, 'iam'::regnamespace)
          and relowner <> 'audit_owner'::regrole
    """
    assert rows(empty_database, strangers) == []
    assert rows(empty_database, "select count(*) > 0 from audit_private._yoyo_migration") == [(True,)]
    assert rows(empty_database, "select tablename from pg_tables where schemaname = 'public'") == []


def test_several_deployers_at_once(empty_database: str) -> None:
    """Of four deployers at the same time one applies, the others find it done, none fails."""
    with ThreadPoolExecutor(4) as pool:
        reports = list(pool.map(lambda _: migrate(empty_database, sample=True), range(4)))
    assert sorted(len(report.applied) > 0 for report in reports) == [False, False, False, True]


@pytest.mark.parametrize("folder", ["migrations", "sql"])
def test_failing_file_is_named_and_leaves_nothing(empty_database: str, scratch: Sources, folder: str) -> None:
    """A file that fails is named with its line and SQLSTATE, undone whole, and a rerun after the repair finishes."""
    wrong = (scratch.migrations if folder == "migrations" else scratch.sql) / "0999_wrong.sql"
    wrong.write_text("-- wrong\ncreate table audit_private.half ();\nselect nothing_like_it();\n")
    with pytest.raises(MigrationError) as failure:
        migrate(empty_database, sources=scratch)
    assert str(failure.value) == (
        f"{folder}/0999_wrong.sql, line 3 failed with SQLSTATE 42883: function nothing_like_it() does not exist."
    )
    assert rows(empty_database, "select to_regclass('audit_private.half')::text") == [(None,)]
    wrong.write_text("-- right\ncreate table audit_private.half ();\n")
    report = migrate(empty_database, sources=scratch)
    assert report.applied == (["0999_wrong"] if folder == "migrations" else [])
    assert rows(empty_database, "select to_regclass('audit_private.half')::text") == [("audit_private.half",)]


def test_dead_deployers_lock_is_no_obstacle(empty_database: str) -> None:
    """The lock row that a killed deployer left in yoyo's table does not stop the next one."""
    migrate(empty_database)
    with psycopg.connect(empty_database) as connection:
        connection.execute("insert into audit_private.yoyo_lock (locked, ctime, pid) values (1, now(), 1)")
    assert migrate(empty_database).applied == []


def test_killed_deployer_is_followed_by_a_whole_migration(empty_database: str, scratch: Sources) -> None:
    """A deployer killed in the middle of a migration leaves no lock and no half; the next one does it all."""
    slow = scratch.migrations / "0999_slow.sql"
    slow.write_text("-- slow\ncreate table audit_private.slow ();\nselect pg_sleep(600);\n")
    script = """
import pathlib, sys
from indelible.db.migrate import migrate
from indelible.db.session import migration_session
from indelible.db.sources import Sources
migrate(sys.stdin.read(), sources=Sources(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])))
"""
    command = [sys.executable, "-c", script, str(scratch.migrations), str(scratch.sql)]
    with (
        subprocess.Popen(command, stdin=subprocess.PIPE, text=True) as process,
        psycopg.connect(empty_database, autocommit=True) as watcher,
    ):
        assert process.stdin is not None
        process.stdin.write(empty_database)
        process.stdin.close()
        asleep = "select pid from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'"
        while not (sleeping := watcher.execute(asleep).fetchall()):
            assert process.poll() is None
            watcher.execute("select pg_sleep(0.05)")
        process.kill()
        process.wait()
        # A server notices a client's death when it next talks to it; a sleeping one is woken here.
        watcher.execute("select pg_terminate_backend(%s)", sleeping[0])
    slow.write_text("-- slow no more\ncreate table audit_private.slow ();\n")
    assert migrate(empty_database, sources=scratch).applied == ["0999_slow"]


def test_waiting_deployer_gives_up_with_the_remedy(empty_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits too long for another deployer is told whose session it is."""
    monkeypatch.setattr("indelible.db.session.LONGEST_WAIT", "50ms")
    with migration_session(empty_database) as other:
        sentence = (
            rf"for 50ms: wait for it, or end its session with pg_terminate_backend\({other.info.backend_pid}\)\.$"
        )
        with pytest.raises(MigrationError, match=sentence):
            migrate(empty_database)
    assert migrate(empty_database).applied


def test_two_databases_of_a_new_cluster_at_once(folder: Path) -> None:
    """Deployers of several databases meet on the roles, which all databases share; none fails."""
    server = EmbeddedServer(folder / "data", durable=False)
    server.start()
    try:
        dsns = [make_conninfo(server.dsn, dbname=f"shop{number}") for number in range(3)]
        with psycopg.connect(server.dsn, autocommit=True) as connection:
            for number in range(3):
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(f"shop{number}")))
        with ThreadPoolExecutor(3) as pool:
            reports = list(pool.map(lambda dsn: migrate(dsn, sample=True), dsns))
        assert all(report.applied for report in reports)
    finally:
        server.stop()


def test_newer_database_is_refused(empty_database: str, scratch: Sources) -> None:
    """A database that has migrations which these files do not have is left alone, with the remedy."""
    (scratch.migrations / "0999_future.sql").write_text("-- future\nselect 1;\n")
    migrate(empty_database, sources=scratch)
    with pytest.raises(MigrationError, match=r"already has the migration 0999_future.*install the newer version\.$"):
        migrate(empty_database)


def test_login_without_superuser_is_enough(folder: Path, server_dsn: str) -> None:
    """In a cluster that knows nothing of us, CREATEROLE and CREATE on the database suffice, twice, sample and all."""
    with psycopg.connect(server_dsn) as connection:
        version = str(connection.info.server_version // 10000)
    server = EmbeddedServer(folder / "data", version=version, durable=False)
    server.start()
    try:
        with psycopg.connect(server.dsn, autocommit=True) as connection:
            connection.execute("create role deployer login createrole password 'p@:/?#[]%''\"\\ ü'")
            connection.execute("grant create on database postgres to deployer")
        dsn = make_conninfo(server.dsn, user="deployer", password="p@:/?#[]%'\"\\ ü")
        assert migrate(dsn, sample=True).applied
        assert migrate(dsn, sample=True).applied == []
        assert rows(server.dsn, "select digest from audit.installation") == [(installed_digest_of_files(),)]
        assert rows(server.dsn, "select pg_has_role('deployer', 'audit_owner', 'usage')") == [(False,)]
    finally:
        server.stop()


def test_hostile_settings_of_the_login_change_nothing(deployer: MakeLogin, empty_database: str) -> None:
    """Settings that a login brings along (search path, timeouts, read only) neither redirect nor stop migrate."""
    dsn = deployer("superuser")
    with psycopg.connect(empty_database, autocommit=True) as connection:
        login = sql.Identifier(str(psycopg.conninfo.conninfo_to_dict(dsn)["user"]))
        for setting in ("search_path to public", "default_transaction_read_only to on", "statement_timeout to '20ms'"):
            connection.execute(sql.SQL("alter role {} set ").format(login).as_bytes() + setting.encode())
    assert migrate(dsn).applied
    assert rows(empty_database, "select tablename from pg_tables where schemaname = 'public'") == []


def test_unreachable_database_is_one_sentence(server_dsn: str) -> None:
    """No server, no such database, wrong password: one sentence without the password."""
    for change in ({"port": 1}, {"dbname": "nowhere"}, {"password": "canary"}):
        with pytest.raises(DatabaseUnreachable, match=r"^The database cannot be reached: .*[^.]\.$") as failure:
            migrate(make_conninfo(server_dsn, **change))
        assert "canary" not in str(failure.value)
        assert "\n" not in str(failure.value)


@pytest.mark.parametrize(
    "dsn", ["host=x canary", "postgresql://u:canary@[x/db", "postgresql://h/db?canary=1", "canary"]
)
def test_unreadable_url_is_not_repeated(dsn: str) -> None:
    """A connection string that cannot be read is not shown: somebody's password is in it."""
    with pytest.raises(ConfigurationError, match="cannot be read") as failure:
        migrate(dsn)
    assert "canary" not in str(failure.value)
    assert failure.value.__cause__ is None


def test_unsupported_servers_are_refused(server_dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is too old, and a database that is not UTF8, are one sentence each."""
    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(server_dsn, autocommit=True) as connection:
        options = b" template template0 encoding 'SQL_ASCII' locale_provider libc locale 'C'"
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)).as_bytes() + options)
        try:
            with pytest.raises(ConfigurationError, match=r"^This database is encoded in SQL_ASCII; .* needs UTF8\.$"):
                migrate(make_conninfo(server_dsn, dbname=name))
        finally:
            connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
    monkeypatch.setattr("indelible.db.session.OLDEST_VERSION", 99)
    with pytest.raises(ConfigurationError, match=r"^This is PostgreSQL 1\d; indelible needs PostgreSQL 99 or newer\.$"):
        migrate(server_dsn)


def test_digest_follows_names_and_contents(scratch: Sources) -> None:
    """Any change of a name or a byte changes the digest; the sample is not part of it."""
    before = scratch.digest()
    (scratch.sql / "ftms" / "99_more.sql").write_text("-- more\n")
    assert scratch.digest() == before
    first = scratch.behaviour_files()[0]
    renamed = first.rename(first.with_name("98_renamed.sql"))
    changed = scratch.digest()
    assert changed != before
    renamed.write_text(renamed.read_text() + "\n")
    assert scratch.digest() not in (before, changed)
