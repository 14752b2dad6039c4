"""`bin/bench capture`: what capture costs, as ratios to an unaudited table, in one run on one machine.

What makes the comparison fair:

- Every rival has the same 10-column bookings table, in a database of its own that is cloned anew from its template for
  each round. So every log begins alike, with the same few thousand changes, and is never longer for one than for
  another; ours too, which nobody could empty.
- Rivals alternate: each does one operation before any does the next one, and every round begins with another rival.
  A ratio is made within a round; shown are its median over the rounds, its lowest and its highest.
- Same server, same settings, same login (a member of audit_app that owns nothing), same statements. Checkpoints and
  autovacuum never run during a measurement; VACUUM, ANALYZE and CHECKPOINT run before each one, for everybody. (That
  spares us the summarising of the log's BRIN index while rows come in: about a millisecond for each megabyte of log.)
- Peers are installed by their own packages' code and record all ten columns on insert, update and delete, with their
  context set as they set it. For statements in autocommit it is set once for each connection, where the peer has such a
  form; each client has its own.
- A rival whose log has not exactly one record for each change ends the run.
- Nothing is measured before caches are filled: bulk statements run once with one row, services answer once for each
  connection. pgbench's transactions include the first one of each client.

`bin/bench seal`: what sealing costs and how soon it is done; see tests/bench/seal.py.
`bin/bench read`: how fast the log is read, and how that grows with it; see tests/bench/read.py.
"""

import argparse
import json
from pathlib import Path

from tests.bench import read_report
from tests.bench.contest import contest
from tests.bench.publish import document, markdown, picture
from tests.bench.read import SIZES, ReadPlan, measure_reading
from tests.bench.rounds import Plan
from tests.bench.seal import SealPlan, as_table, measure_sealing


def main() -> None:
    """Measure, and print Markdown."""
    parser = argparse.ArgumentParser(
        prog="bin/bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("subject", choices=["capture", "seal", "read"])
    parser.add_argument("--pg", choices=["16", "18"], default="18", help="major version of the embedded server")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="tiny numbers: shows that it works, and measures nothing")
    parser.add_argument("--sizes", type=_sizes, default=SIZES, help="events of the logs that are read, by commas")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample there")
    parser.add_argument("--plot", type=Path, metavar="FILE.svg", help="write a picture of the ratios there")
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("there is at least one round")
    {"capture": capture, "seal": seal, "read": read}[options.subject](options)


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(sorted(map(int, text.split(","))))


def capture(options: argparse.Namespace) -> None:
    """Capture beside its peers."""
    with contest(options.pg, Plan.of(options.rounds, quick=options.quick), durable=not options.quick) as run:
        run.run()
        print(markdown(run))
        if options.json:
            options.json.write_text(json.dumps(document(run), indent=1) + "\n")
        if options.plot:
            options.plot.write_text(picture(run))


def seal(options: argparse.Namespace) -> None:
    """Sealing, and what writers pay for it."""
    plan = SealPlan.of(options.rounds, quick=options.quick)
    figures = measure_sealing(options.pg, plan, durable=not options.quick)
    print(as_table(figures))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n")


def read(options: argparse.Namespace) -> None:
    """Reading, at several sizes of the log."""
    plan = ReadPlan.of(options.rounds, options.sizes, quick=options.quick)
    found = measure_reading(options.pg, plan, durable=not options.quick)
    print(read_report.markdown(found))
    if options.json:
        options.json.write_text(json.dumps(read_report.document(found), indent=1) + "\n")


if __name__ == "__main__":
    main()
