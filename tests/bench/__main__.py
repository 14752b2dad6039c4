"""`bin/bench capture`: what capture costs, as ratios against an unaudited table in one run on one machine."""

import argparse
import statistics
import subprocess
import tempfile
from pathlib import Path

import psycopg

from indelible.db.migrate import migrate
from indelible.embedded import EmbeddedServer
from tests.bench.tables import BULK, RIVALS, SETUP, bulk_statements, single_statements


def main() -> None:
    """Measure and print Markdown: medians over the rounds, with the range of each."""
    parser = argparse.ArgumentParser(prog="bin/bench", description=__doc__)
    parser.add_argument("subject", choices=["capture"])
    parser.add_argument("--pg", choices=["16", "18"], default="18", help="major version of the embedded server")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--transactions", type=int, default=2500, help="per client and round")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="indelible-bench-") as folder:
        Path(folder).chmod(0o711)
        server = EmbeddedServer(Path(folder) / "data", version=options.pg)
        server.start()
        try:
            migrate(server.dsn)
            with psycopg.connect(server.dsn, autocommit=True) as connection:
                connection.execute(SETUP.encode())
                connection.execute("alter system set synchronous_commit = off")
                connection.execute("select pg_reload_conf()")
                print(_table(f"Single statements, {options.clients} clients", _singles(server, connection, options)))
                print(_table(f"Bulk, {BULK:,} rows a statement", _bulks(connection, options.rounds)))
        finally:
            server.stop()


def _singles(
    server: EmbeddedServer, connection: psycopg.Connection, options: argparse.Namespace
) -> dict[str, dict[str, list[float]]]:
    """operation → rival → transactions per second, a value for each round."""
    figures: dict[str, dict[str, list[float]]] = {}
    for _ in range(options.rounds):
        for rival in RIVALS:
            connection.execute(f"truncate bench.{rival} restart identity".encode())
            for operation, script in single_statements(rival, options.clients * options.transactions).items():
                rate = _pgbench(server, script, options)
                figures.setdefault(operation, {}).setdefault(rival, []).append(rate)
    return figures


def _pgbench(server: EmbeddedServer, script: str, options: argparse.Namespace) -> float:
    command = [
        str(server.binaries / "bin" / "pgbench"), "--no-vacuum", "--protocol=prepared", "--file=-",
        f"--client={options.clients}", f"--transactions={options.transactions}", server.dsn,
    ]  # fmt: skip
    done = subprocess.run(command, input=script, capture_output=True, text=True, check=True)
    return float(done.stdout.split("tps = ")[1].split()[0])


def _bulks(connection: psycopg.Connection, rounds: int) -> dict[str, dict[str, list[float]]]:
    """operation → rival → rows per second, a value for each round."""
    figures: dict[str, dict[str, list[float]]] = {}
    for _ in range(rounds):
        for rival in RIVALS:
            connection.execute(f"truncate bench.{rival} restart identity".encode())
            for operation, statement in bulk_statements(rival).items():
                (seconds,) = connection.execute("select bench.seconds(%s)", [statement]).fetchone() or (0.0,)
                figures.setdefault(operation, {}).setdefault(rival, []).append(BULK / float(seconds))
    return figures


def _table(title: str, figures: dict[str, dict[str, list[float]]]) -> str:
    """Each cell: the median of the ratios to the unaudited table of the same round, and their range."""
    lines = [f"\n{title}; throughput ÷ unaudited: median (lowest to highest)\n"]
    lines += [f"| table | {' | '.join(figures)} |", f"| --- |{' ---: |' * len(figures)}"]
    for rival, description in RIVALS.items():
        cells = []
        for rates in figures.values():
            ratios = [rate / base for rate, base in zip(rates[rival], rates["unaudited"], strict=True)]
            cells.append(f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")
        lines.append(f"| {description} | {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
