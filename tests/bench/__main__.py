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
"""

import argparse
import json
from pathlib import Path

from tests.bench.contest import contest
from tests.bench.publish import document, markdown, picture
from tests.bench.rounds import Plan
from tests.bench.seal import SealPlan, as_table, measure_sealing


def main() -> None:
    """Measure, and print Markdown."""
    parser = argparse.ArgumentParser(
        prog="bin/bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("subject", choices=["capture", "seal"])
    parser.add_argument("--pg", choices=["16", "18"], default="18", help="major version of the embedded server")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="tiny numbers: shows that it works, and measures nothing")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample there")
    parser.add_argument("--plot", type=Path, metavar="FILE.svg", help="write a picture of the ratios there")
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("there is at least one round")
    if options.subject == "seal":
        seal(options)
    else:
        capture(options)


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


if __name__ == "__main__":
    main()
