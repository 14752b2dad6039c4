"""The application: its subcommands, and the options that all of them share."""

import os
import sys
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

from cyclopts import App, Group, Parameter
from cyclopts.exceptions import CycloptsError

from indelible.cli.context import DEFAULT_DATA_DIR, Context
from indelible.cli.failure import USAGE, sentence_of

# One module per subcommand, with a function of its name that takes the shared options as `context`.
SUBCOMMANDS = (
    "demo",
    "up",
    "migrate",
    "watch",
    "unwatch",
    "doctor",
    "maintain",
    "seal",
    "verify",
    "prove",
    "witness",
    "tlog",
    "events",
    "tail",
    "history",
    "as-of",
    "blame",
    "export",
    "forward",
)

HELP = """Audit logging for PostgreSQL that cannot be erased.

Example: `DATABASE_URL=postgresql://… indelible migrate`. Without a database of yours, an embedded PostgreSQL in the
data directory is used.

Exit code: 0 fine, 1 a check found something or a step failed, 2 usage, 3 database unreachable.
"""

SHARED = Group("Shared options", sort_key=100)
FLAGS = Parameter(negative="")  # a flag is on or not there


def make_app() -> App:
    """The application with all subcommands; `app.meta` takes the shared options wherever they stand."""
    app = App(
        name="indelible", help=HELP, help_format="markdown", version=version("indelible"), default_parameter=FLAGS
    )
    for name in SUBCOMMANDS:
        module = import_module(f"indelible.cli.{name.replace('-', '_')}")
        app.command(getattr(module, name.replace("-", "_")), name=name)

    @app.meta.default
    def launch(
        *tokens: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)],
        database_url: Annotated[str | None, Parameter(group=SHARED)] = None,
        data_dir: Annotated[Path, Parameter(group=SHARED)] = DEFAULT_DATA_DIR,
        json: Annotated[bool, Parameter(group=SHARED, show_default=False)] = False,
    ) -> int:
        """Take the shared options, and run the subcommand with the rest.

        Args:
            tokens: The subcommand and its own arguments.
            database_url: PostgreSQL to use. Other users of this machine can read command lines: prefer the
                environment variable DATABASE_URL.
            data_dir: Folder of the embedded PostgreSQL, used when there is no database URL.
            json: Print JSON instead of tables.
        """
        context = Context(database_url or os.environ.get("DATABASE_URL") or None, data_dir, as_json=json)
        command, bound, ignored = app.parse_args(tokens, exit_on_error=False, print_error=False)
        result = command(*bound.args, **bound.kwargs, **({"context": context} if "context" in ignored else {}))
        return result if isinstance(result, int) else 0

    return app


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit; every failure is one sentence on stderr and an exit code, never a traceback."""
    try:
        code = make_app().meta(
            sys.argv[1:] if arguments is None else arguments,
            exit_on_error=False,
            print_error=False,
            result_action="return_value",
        )
        sys.stdout.flush()
    except CycloptsError as error:
        print(f"indelible: {' '.join(str(error).split())} (see --help)", file=sys.stderr)
        code = USAGE
    except BrokenPipeError:
        # Who reads our output has gone (`| head`): nothing more to say, and nothing to say it to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except KeyboardInterrupt:
        code = 130
    except Exception as error:  # noqa: BLE001 - the last place that can make it a sentence
        sentence, code = sentence_of(error)
        print(f"indelible: {sentence}", file=sys.stderr)
    sys.exit(code)
