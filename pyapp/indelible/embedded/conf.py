"""The whole configuration of an embedded server, in one place; initdb's own file is not used."""

from pathlib import Path

# Longest path of a unix socket that every system accepts, without the terminating zero.
SOCKET_PATH_BYTES = 103


def configuration(cluster: Path, port: int, *, durable: bool) -> str:
    """The text of postgresql.conf for the server of `cluster` on 127.0.0.1:`port`.

    Not `durable` trades crash safety for speed: for tests only.
    """
    settings: dict[str, str | int] = {
        "data_directory": str(cluster),
        "hba_file": str(cluster / "pg_hba.conf"),
        "ident_file": str(cluster / "pg_ident.conf"),
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": socket_folder(cluster, port),
        "max_connections": 200,
        "password_encryption": "scram-sha-256",
        # Logical decoding carries verdicts out of rolled back transactions; an abandoned slot must not fill the disk.
        "wal_level": "logical",
        "max_slot_wal_keep_size": "4GB",
        "max_prepared_transactions": 16,
        # No statement and no parameter in the log: they hold passwords and tokens. Messages without their DETAIL.
        "log_statement": "none",
        "log_min_duration_statement": -1,
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        "log_parameter_max_length": 0,
        "log_parameter_max_length_on_error": 0,
        "log_line_prefix": "%m [%p] %q%u@%d ",
        "log_timezone": "UTC",
        "timezone": "UTC",
        "datestyle": "ISO, MDY",
        "lc_messages": "C",
        "default_text_search_config": "pg_catalog.english",
    }
    if not durable:
        settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_wal_size": "4GB"}
    return "".join(f"{name} = {_quote(value)}\n" for name, value in settings.items())


def socket_folder(cluster: Path, port: int) -> str:
    """The folder of the unix socket: the cluster itself, or none where its path is too long or needs escaping."""
    path = cluster / f".s.PGSQL.{port}"
    fits = len(str(path).encode(errors="surrogateescape")) <= SOCKET_PATH_BYTES
    return str(cluster) if fits and not set('",') & set(str(cluster)) else ""


def _quote(value: str | int) -> str:
    return str(value) if isinstance(value, int) else "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
